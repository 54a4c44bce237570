import * as fc from 'fast-check';
import {
  type ExecutionResult,
  execute as executeByGraphql,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  getOperationAST,
  parse,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { parseJson, toJsonText } from '../../src/domain/json/exact-json.ts';
import { execute } from '../../src/graphql-executor/execute.ts';
import { schema as ownSchema } from '../../src/schema/index.ts';
import { numberTexts, runs } from '../support/gateway/arbitraries.ts';

const json = ownSchema.getType('JSON') as GraphQLScalarType;
const box: GraphQLInputObjectType = new GraphQLInputObjectType({
  name: 'Box',
  fields: () => ({
    value: { type: json },
    values: { type: new GraphQLList(json) },
    box: { type: box },
    boxes: { type: new GraphQLList(box) },
    float: { type: GraphQLFloat },
  }),
});
const isInput = (value: unknown) =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
/** Writes an argument as the domain sees it. */
const writeArgument = (value: unknown): string => {
  if (Array.isArray(value) && value.some(isInput)) return `[${value.map(writeArgument).join()}]`;
  if (!isInput(value)) return toJsonText(value);
  return `{${Object.entries(value as object)
    .map(([name, member]) => `${name}:${writeArgument(member)}`)
    .join()}}`;
};
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      echo: {
        type: GraphQLString,
        args: {
          any: { type: json },
          list: { type: new GraphQLList(json) },
          lists: { type: new GraphQLList(new GraphQLNonNull(new GraphQLList(json))) },
          box: { type: box },
          int: { type: GraphQLInt },
          float: { type: GraphQLFloat },
          id: { type: GraphQLID },
        },
        resolve: (_, args) =>
          Object.entries(args)
            .map(([name, value]) => `${name}=${writeArgument(value)}`)
            .join(),
      },
    },
  }),
});

function parseDocument(text: string) {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  return document;
}

async function run(text: string, variables = '{}'): Promise<ExecutionResult> {
  const document = parseDocument(text);
  const variableValues = parseJson(variables) as Record<string, unknown>;
  const operation = getOperationAST(document);
  if (!operation) throw new Error('No operation.');
  return execute({ schema, document, operation, variableValues, contextValue: {}, hideSuggestions: false });
}
const echo = async (text: string, variables?: string) => (await run(text, variables)).data?.echo;

const numbers = ['12345678901234567890', '1.0', '-0', '1e400', '-0.0', '0.10', '1E5', '5', '0.5'];

describe('R11: numbers keep their digits', () => {
  test.each(numbers)('R11: %s keeps its digits in an argument of type JSON', async (n) => {
    expect(await echo('query ($n: JSON) { echo(any: $n) }', `{"n":${n}}`)).toBe(`any=${n}`);
    expect(await echo('query ($n: JSON!) { echo(any: $n) }', `{"n":${n}}`)).toBe(`any=${n}`);
    expect(await echo(`query ($n: JSON = ${n}) { echo(any: $n) }`)).toBe(`any=${n}`);
    expect(await echo(`{ echo(any: ${n}) }`)).toBe(`any=${n}`);
  });

  test.each(numbers)('R11: %s keeps its digits in lists, and as a single value coerced to a list', async (n) => {
    const list = 'query ($l: [JSON]) { echo(list: $l) }';
    expect(await echo(list, `{"l":[${n},null,"x",[${n}],{"n":${n}}]}`)).toBe(`list=[${n},null,"x",[${n}],{"n":${n}}]`);
    expect(await echo(list, `{"l":${n}}`)).toBe(`list=[${n}]`);
    expect(await echo('query ($l: [[JSON]!]) { echo(lists: $l) }', `{"l":[[${n}],${n}]}`)).toBe(
      `lists=[[${n}],[${n}]]`,
    );
    expect(await echo('query ($n: JSON) { echo(list: [$n, 1.0]) }', `{"n":${n}}`)).toBe(`list=[${n},1.0]`);
    expect(await echo(`query ($l: [JSON] = [${n}]) { echo(list: $l) }`)).toBe(`list=[${n}]`);
    expect(await echo(`{ echo(list: ${n}) }`)).toBe(`list=[${n}]`);
  });

  test.each(numbers)('R11: %s keeps its digits in input objects', async (n) => {
    const query = 'query ($b: Box) { echo(box: $b) }';
    const variables = `{"b":{"float":1.0,"box":{"value":${n}},"boxes":[{"values":[${n}]},{"values":${n}}]}}`;
    expect(await echo(query, variables)).toBe(`box={box:{value:${n}},boxes:[{values:[${n}]},{values:[${n}]}],float:1}`);
    expect(await echo('query ($n: JSON) { echo(box: { value: $n }) }', `{"n":${n}}`)).toBe(`box={value:${n}}`);
  });

  test.each(numbers)(
    'R11: %s keeps its digits as a variable inside a JSON literal, whatever the type of the variable',
    async (n) => {
      const literal = '{ echo(any: { n: $n, l: [$n, { n: $n }] }) }';
      const expected = `any={"n":${n},"l":[${n},{"n":${n}}]}`;
      expect(await echo(`query ($n: JSON) ${literal}`, `{"n":${n}}`)).toBe(expected);
      expect(await echo(`query ($n: JSON = ${n}) ${literal}`)).toBe(expected);
      expect(await echo('query ($l: [JSON]) { echo(any: { l: $l }) }', `{"l":[${n}]}`)).toBe(`any={"l":[${n}]}`);
      if (!Number.isFinite(Number(n))) return;
      expect(await echo(`query ($n: Float) ${literal}`, `{"n":${n}}`)).toBe(expected);
      expect(await echo(`query ($n: Float! = ${n}) ${literal}`)).toBe(expected);
      expect(await echo('query ($l: [Float]) { echo(any: { l: $l }) }', `{"l":[${n}]}`)).toBe(`any={"l":[${n}]}`);
      expect(await echo('query ($b: Box) { echo(any: { b: $b }) }', `{"b":{"float":${n}}}`)).toBe(
        `any={"b":{"float":${n}}}`,
      );
    },
  );

  test('R11: random numbers keep their digits everywhere', async () => {
    await fc.assert(
      fc.asyncProperty(numberTexts, async (n) => {
        expect(await echo('query ($n: JSON) { echo(any: $n) }', `{"n": ${n} }`)).toBe(`any=${n}`);
        expect(await echo('query ($n: [JSON]) { echo(list: $n) }', `{"n":[{}, ${n},[1.0]]}`)).toBe(
          `list=[{},${n},[1.0]]`,
        );
        expect(await echo('query ($n: JSON) { echo(any: { n: $n }) }', `{"a":{"2":"\\"}"},"n":${n}}`)).toBe(
          `any={"n":${n}}`,
        );
        expect(await echo(`{ echo(any: { n: ${n} }) }`)).toBe(`any={"n":${n}}`);
      }),
      runs(300),
    );
  });
});

describe('variables inside JSON literals', () => {
  test('an unset variable inside a JSON literal omits its key, and is null in a list', async () => {
    const query = 'query ($n: JSON) { echo(any: { a: 1, n: $n, l: [$n] }) }';
    expect(await echo(query)).toBe('any={"a":1,"l":[null]}');
    expect(await echo(query, '{"n":null}')).toBe('any={"a":1,"n":null,"l":[null]}');
  });

  test('a variable inside a JSON literal is inserted as sent, with its key order and no defaults', async () => {
    const query = 'query ($b: Box) { echo(any: { b: $b }) }';
    expect(await echo(query, '{"b":{"float":1.50,"value":{"2":1,"1":2}}}')).toBe(
      'any={"b":{"float":1.50,"value":{"2":1,"1":2}}}',
    );
    expect(await echo('query ($id: ID) { echo(any: [$id]) }', '{"id":"a"}')).toBe('any=["a"]');
  });

  test('variables cannot expand a JSON literal beyond the size of a body', async () => {
    const uses = Array.from({ length: 300 }, (_, index) => `k${index}: $x`).join();
    const query = `query ($x: JSON) { echo(any: { ${uses} }) }`;
    const { data, errors } = await run(query, JSON.stringify({ x: 'x'.repeat(10_000) }));
    expect(data?.echo).toBeNull();
    expect(errors?.map(({ message }) => message)).toEqual([expect.stringContaining('is too large')]);
    const structure = await run(query, JSON.stringify({ x: Array.from({ length: 50 }, () => []) }));
    expect(structure.errors?.map(({ message }) => message)).toEqual([expect.stringContaining('too large')]);
  });
});

test('numbers for other scalars are coerced as in graphql-js', async () => {
  const query = `query ($i: Int, $f: Float, $id: ID, $n: JSON) { echo(int: $i, float: $f, id: $id, any: $n) }`;
  const all = fc.record({ i: numberTexts, f: numberTexts, id: numberTexts });
  await fc.assert(
    fc.asyncProperty(all, async ({ i, f, id }) => {
      const text = `{"i":${i},"f":${f},"id":${id}}`;
      const own = await run(query, text);
      const theirs = await executeByGraphql({
        schema,
        document: parseDocument(query),
        variableValues: JSON.parse(text) as Record<string, unknown>,
        contextValue: {},
      });
      expect(JSON.stringify(own)).toBe(JSON.stringify(theirs));
    }),
    runs(200),
  );
});
