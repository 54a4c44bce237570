import {
  type DocumentNode,
  type ExecutionResult,
  execute as executeByGraphql,
  type GraphQLFieldResolver,
  GraphQLInt,
  GraphQLList,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { execute } from '../../src/graphql-executor/execute.ts';
import { type Case, ours, theirs, validDocument } from '../support/executor/execution.ts';
import { type Source, executionSchema as schema } from '../support/executor/execution-schema.ts';

/** Both answers to one document, ours first. */
async function both(text: string, options: Case = {}): Promise<[ExecutionResult, ExecutionResult]> {
  const document = validDocument(text);
  return [await ours(document, options), await theirs(document, options)];
}

const messages = ({ errors = [] }: ExecutionResult) => errors.map(({ message }) => message);

describe('deliberately other than in graphql-js', () => {
  test('is how a leaf without a value is worded: the value is not told', async () => {
    const [own, other] = await both('{ box { odd } }', { root: () => ({ box: { kind: 'Box', odd: 2 } }) });
    expect(messages(own)).toEqual(['Expected `Odd.coerceOutputValue` of Box.odd to return a value.']);
    expect(messages(other)).toEqual([
      'Expected `Odd.coerceOutputValue(2)` to return non-nullable value, returned: undefined',
    ]);
  });

  test('is how an object of another type is worded: the object is not told', async () => {
    const [own, other] = await both('{ box { name } }', { root: () => ({ box: { kind: 'Cat', name: 'private' } }) });
    expect(messages(own)).toEqual(['Expected value of type "Box" for Query.box.']);
    expect(messages(other)).toEqual(['Expected value of type "Box" but got: { kind: "Cat", name: "private" }.']);
  });

  test('is that one message stands for every way in which an abstract type may be missed', async () => {
    const message = 'Abstract type "Being" of Query.being must resolve to one of its types.';
    for (const kind of [undefined, 7, 'Nobody', 'Being', 'Box']) {
      const [own, other] = await both('{ being { name } }', { root: () => ({ being: { kind } }) });
      expect(messages(own)).toEqual([message]);
      expect(messages(other)).toEqual([expect.stringMatching(/"Being"/)]);
      expect(messages(other)).not.toEqual([message]);
    }
  });

  test('is that lists are not made of asynchronous iterables', async () => {
    const root = (): Source => ({
      list: (async function* items() {
        yield 1;
      })(),
    });
    const [own, other] = await both('{ list }', { root });
    expect(messages(own)).toEqual(['Expected Iterable, but did not find one for field "Query.list".']);
    expect(other).toEqual({ data: { list: [1] } });
  });

  test('is that a mutation is answered later, also when all of it is there at once', async () => {
    const document = validDocument('mutation { value }');
    const contextValue = { root: { value: 1 } };
    const own = executed(schema, document, contextValue);
    expect(own).toBeInstanceOf(Promise);
    expect(executeByGraphql({ schema, document, contextValue })).toEqual(await own);
  });

  test('is that objects are plain, unless one of their keys is __proto__', async () => {
    const [own, other] = await both('{ box { name } more: box { __proto__: name } }', {
      root: () => ({ box: { kind: 'Box', name: 'a' } }),
    });
    const prototypes = ({ data }: ExecutionResult) =>
      [data, data?.box, data?.more].map((value) => Object.getPrototypeOf(value) as unknown);
    expect(prototypes(own)).toEqual([Object.prototype, Object.prototype, null]);
    expect(prototypes(other)).toEqual([null, null, null]);
  });

  test('is that resolvers which declare one to three parameters are given no info', async () => {
    const [own, other] = await executeByBoth({
      none: (...given) => typeof given[3],
      one: (_source, ...rest) => typeof rest[2],
      two: (_source, _args, ...rest) => typeof rest[1],
      four: (_source, _args, _context, info) => typeof info,
    });
    expect(own.data).toEqual({ none: 'object', one: 'undefined', two: 'undefined', four: 'object' });
    expect(other.data).toEqual({ none: 'object', one: 'object', two: 'object', four: 'object' });
  });

  test('is that info is made when it is looked at, so that a copy of its own properties lacks most of it', async () => {
    const [own, other] = await executeByBoth({
      copy: (_source, _args, _context, info) => Object.keys({ ...info }).join(),
    });
    expect(own.data).toEqual({ copy: 'path,variableValues' });
    expect(other.data?.copy).toContain('fieldName,fieldNodes,returnType,parentType,path,schema');
  });

  test('is that executions are not cancelled: there is no signal to hear of it', async () => {
    const [own, other] = await executeByBoth({
      signal: (_source, _args, _context, info) => typeof info.getAbortSignal(),
    });
    expect(own.data).toEqual({ signal: 'undefined' });
    expect(other.data).toEqual({ signal: 'object' });
  });

  test('is that arguments which are the same in every execution are one object, frozen with all that is in it', () => {
    const given: { int: number; lists: number[][] }[] = [];
    const small = buildSchemaFor({ field: (_source, args) => void given.push(args as (typeof given)[number]) });
    const document = parse('{ field(int: 1, lists: [[2]]) }');
    for (const each of [1, 2]) void executed(small, document, { each });
    expect(given[0]).toBe(given[1]);
    expect(() => given[0]?.lists[0]?.push(3)).toThrow(TypeError);
    expect(() => Object.assign(given[0] ?? {}, { int: 2 })).toThrow(TypeError);
    for (const each of [1, 2]) void executeByGraphql({ schema: small, document, contextValue: { each } });
    expect(given[2]).not.toBe(given[3]);
    expect(given[2]).toEqual(given[0]);
    expect(Object.isFrozen(given[2])).toBe(false);
  });

  test('is that a document belongs to the schema that it was first executed on', () => {
    const [one, two] = ['one', 'two'].map((name) => buildSchemaFor({ field: () => name })) as [
      GraphQLSchema,
      GraphQLSchema,
    ];
    const document = parse('{ field }');
    expect([one, two].map((each) => executed(each, document))).toEqual([
      { data: { field: 'one' } },
      { data: { field: 'one' } },
    ]);
    expect(executeByGraphql({ schema: two, document })).toEqual({ data: { field: 'two' } });
  });
});

type Resolvers = Readonly<Record<string, GraphQLFieldResolver<unknown, unknown>>>;

function buildSchemaFor(resolvers: Resolvers): GraphQLSchema {
  const args = { int: { type: GraphQLInt }, lists: { type: new GraphQLList(new GraphQLList(GraphQLInt)) } };
  const fields = Object.entries(resolvers).map(([name, resolve]) => [name, { type: GraphQLString, args, resolve }]);
  return new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields: Object.fromEntries(fields) }) });
}

function executed(schema: GraphQLSchema, document: DocumentNode, contextValue: unknown = {}) {
  const operation = getOperationAST(document) as OperationDefinitionNode;
  return execute({ schema, document, operation, contextValue, variableValues: {}, hideSuggestions: false });
}

/** Both answers, ours first, of fields that are only resolvers. */
async function executeByBoth(resolvers: Resolvers): Promise<[ExecutionResult, ExecutionResult]> {
  const small = buildSchemaFor(resolvers);
  const document = parse(`{ ${Object.keys(resolvers).join(' ')} }`);
  return [await executed(small, document), await executeByGraphql({ schema: small, document })];
}
