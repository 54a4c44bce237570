import { readFileSync } from 'node:fs';
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLInputObjectType,
  type GraphQLInterfaceType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  print,
  visit,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { documentedDefaults } from '../src/domain/experiment/experiment.ts';
import { inputFieldsByOperation } from '../src/domain/experiment/input-shapes.ts';
import { printSdl, schema } from '../src/schema/index.ts';
import { declaredBreakingChanges } from './schema/declared-breaking-changes.ts';

const readText = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
/** The schema of the last release, from which clients generated their code. */
const released = readText('./schema/released.graphql');

function findUndeclared(from: string, to: string): string[] {
  const changes = findBreakingChanges(buildSchema(from), buildSchema(to)).map(({ description }) => description);
  return changes.filter((change) => !declaredBreakingChanges.includes(change));
}

describe('schema.graphql', () => {
  test('schema.graphql is up to date: run `npm run schema` and commit the result', () => {
    expect(readText('../schema.graphql')).toBe(printSdl());
  });

  test('schema.graphql has no undeclared breaking change since the last release', () => {
    expect(findUndeclared(released, printSdl())).toEqual([]);
  });

  test('a removed field and a field made required are detected as breaking changes', () => {
    const withoutRevision = printSdl().replace(/^ {2}keyId: ID$/m, '  key: ID');
    const withRequiredName = printSdl().replace(/^ {2}name: String$/gm, '  name: String!');
    expect(findUndeclared(released, withoutRevision)).not.toEqual([]);
    expect(findUndeclared(released, withRequiredName)).not.toEqual([]);
  });

  test('schema.graphql contains the whole public contract', () => {
    expect(findBreakingChanges(buildSchema(readText('./schema/contract.graphql')), buildSchema(printSdl()))).toEqual(
      [],
    );
  });

  test('every type, field, argument and enum value of the schema has a description', () => {
    const undescribed = Object.values(schema.getTypeMap())
      .filter(({ name }) => !name.startsWith('__'))
      .flatMap((type) => {
        const missing = type.description ? [] : [type.name];
        if (isEnumType(type)) missing.push(...findUndescribed(type.name, type.getValues()));
        if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
          for (const field of Object.values(type.getFields())) {
            missing.push(...findUndescribed(type.name, [field]));
            if ('args' in field) missing.push(...findUndescribed(`${type.name}.${field.name}`, field.args));
          }
        }
        return missing;
      });
    expect(undescribed).toEqual([]);
  });

  test('no type but a Node has a field `id`, by which client caches key records', () => {
    const node = schema.getType('Node') as GraphQLInterfaceType;
    const others = Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) || isInterfaceType(type))
      .filter((type) => type !== node && !type.getInterfaces().includes(node));
    expect(others.length).toBeGreaterThan(20);
    expect(others.filter((type) => 'id' in type.getFields()).map(({ name }) => name)).toEqual([]);
  });

  // GraphiQL's documentation does not show default values.
  test('the description of every argument and input field with a default value says it in words', () => {
    const silent: string[] = [];
    let found = 0;
    visit(parse(printSdl()), {
      InputValueDefinition({ name, description, defaultValue }) {
        if (!defaultValue) return;
        found++;
        if (!description?.value.endsWith(` Default: ${print(defaultValue)}.`)) silent.push(name.value);
      },
    });
    expect(silent).toEqual([]);
    expect(found).toBeGreaterThan(10);
  });

  test('the schema has a description that says what it is for, how to start and where errors are', () => {
    const text = schema.description ?? '';
    expect(text).toMatch(/^A gateway for LLM experiments/);
    for (const name of ['viewer', 'experiments', 'createExperiment', 'replaceExperiment', 'experimentChanged'])
      expect(text).toContain(`\`${name}\``);
    for (const part of ['Authorization: Bearer', '... on MutationError', '`errors`']) expect(text).toContain(part);
    expect(buildSchema(printSdl()).description).toBe(text);
  });

  test('the names that the description of the schema mentions exist', () => {
    const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}),
    );
    const words = [...(schema.description ?? '').matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
    const parts = ['errors', 'extensions', 'code', 'status'];
    expect(words.filter((word) => ![...fields, ...parts].includes(word))).toEqual([]);
  });

  test.each(['CreateExperimentInput', 'ReplaceExperimentInput'])('%s shows the documented defaults', (name) => {
    const fields = Object.values((schema.getType(name) as GraphQLInputObjectType).getFields());
    const shown = fields.filter(({ defaultValue }) => defaultValue !== undefined);
    expect(Object.fromEntries(shown.map((field) => [field.name, field.defaultValue]))).toEqual(documentedDefaults);
  });

  test('docs/using.md has a row for each field of a replace', () => {
    const rows = readText('../docs/using.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const missing = inputFieldsByOperation.replace.filter((field) => !rows.some((row) => row.includes(`\`${field}\``)));
    expect(missing).toEqual([]);
  });
});

function findUndescribed(
  owner: string,
  parts: readonly { name: string; description?: string | null | undefined }[],
): string[] {
  return parts.filter(({ description }) => !description).map(({ name }) => `${owner}.${name}`);
}

// The executor passes no info to resolvers of one to three parameters, so each must declare every parameter it reads.
describe('parameters of resolvers', () => {
  test('every resolver of the schema, wrapped by plugins or not, declares each parameter that it reads', () => {
    const resolvers = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .flatMap((type) => Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field.resolve]))
      .filter((entry): entry is [string, Resolver] => typeof entry[1] === 'function');
    expect(resolvers.length).toBeGreaterThan(80);
    // The schema has both kinds: resolvers that receive info and resolvers that do not.
    expect(resolvers.some(([, { length }]) => length === 4)).toBe(true);
    expect(resolvers.some(([, { length }]) => length === 3)).toBe(true);
    expect(resolvers.filter(([, resolve]) => findHidden(resolve) !== undefined).map(([name]) => name)).toEqual([]);
  });

  test.each<[Resolver, string | undefined]>([
    [() => 1, undefined],
    [({ id }) => id, undefined],
    [async (_root, { first = 20, list = [1, 2] }, _context, info) => [first, list, info], undefined],
    [(_root, args = {}) => args, 'a default'],
    [(_root, { id } = { id: '(,' }, _context, info) => [id, info], 'a default'],
    [(...given) => given[3], 'a rest'],
    [
      function resolve(_root) {
        return arguments[3];
      },
      'arguments',
    ],
    [parseInt.bind(null) as Resolver, 'no source'],
  ])('parameters that the length of a function does not count are found in %s', (resolve, hidden) => {
    expect(findHidden(resolve)).toBe(hidden);
  });
});

type Resolver = (root: any, args: any, context: any, info: any) => unknown;

/** How a resolver reads parameters that its length does not count, or undefined. */
function findHidden(resolve: Resolver): string | undefined {
  const source = resolve.toString();
  if (source.includes('[native code]')) return 'no source';
  const parameters = splitParameters(source);
  if (parameters.some((parameter) => parameter.startsWith('...'))) return 'a rest';
  if (parameters.length !== resolve.length) return 'a default';
  return /\barguments\b/.test(source) ? 'arguments' : undefined;
}

/** The parameters of a function as written in its source. */
function splitParameters(source: string): string[] {
  const text = source.replaceAll(/(['"`])(?:\\.|(?!\1)[^\\])*\1|\/\*[^]*?\*\/|\/\/.*/g, '');
  const bare = /^(?:async\s+)?([\w$]+)\s*=>/.exec(text);
  if (bare) return [bare[1] ?? ''];
  const parameters = [''];
  let depth = 0;
  for (const char of text.slice(text.indexOf('('))) {
    if (')]}'.includes(char)) depth -= 1;
    if (depth === 0 && char === ')') break;
    if (depth === 1 && char === ',') parameters.push('');
    else if (depth > 0) parameters.push(`${parameters.pop()}${char}`);
    if ('([{'.includes(char)) depth += 1;
  }
  return parameters.map((parameter) => parameter.trim()).filter(Boolean);
}
