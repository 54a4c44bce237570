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

/** Executes a document with both executors. Returns our result first. */
async function executeBoth(text: string, options: Case = {}): Promise<[ExecutionResult, ExecutionResult]> {
  const document = validDocument(text);
  return [await ours(document, options), await theirs(document, options)];
}

const listMessages = ({ errors = [] }: ExecutionResult) => errors.map(({ message }) => message);

describe('deliberate differences from graphql-js', () => {
  test('the error for a leaf without a value does not contain the value', async () => {
    const [own, other] = await executeBoth('{ box { odd } }', { root: () => ({ box: { kind: 'Box', odd: 2 } }) });
    expect(listMessages(own)).toEqual(['Expected `Odd.coerceOutputValue` of Box.odd to return a value.']);
    expect(listMessages(other)).toEqual([
      'Expected `Odd.coerceOutputValue(2)` to return non-nullable value, returned: undefined',
    ]);
  });

  test('the error for an object of another type does not contain the object', async () => {
    const [own, other] = await executeBoth('{ box { name } }', {
      root: () => ({ box: { kind: 'Cat', name: 'private' } }),
    });
    expect(listMessages(own)).toEqual(['Expected value of type "Box" for Query.box.']);
    expect(listMessages(other)).toEqual(['Expected value of type "Box" but got: { kind: "Cat", name: "private" }.']);
  });

  test('one message covers every failure to resolve an abstract type', async () => {
    const message = 'Abstract type "Being" of Query.being must resolve to one of its types.';
    for (const kind of [undefined, 7, 'Nobody', 'Being', 'Box']) {
      const [own, other] = await executeBoth('{ being { name } }', { root: () => ({ being: { kind } }) });
      expect(listMessages(own)).toEqual([message]);
      expect(listMessages(other)).toEqual([expect.stringMatching(/"Being"/)]);
      expect(listMessages(other)).not.toEqual([message]);
    }
  });

  test('asynchronous iterables are not accepted as lists', async () => {
    const root = (): Source => ({
      list: (async function* items() {
        yield 1;
      })(),
    });
    const [own, other] = await executeBoth('{ list }', { root });
    expect(listMessages(own)).toEqual(['Expected Iterable, but did not find one for field "Query.list".']);
    expect(other).toEqual({ data: { list: [1] } });
  });

  test('a mutation always returns a promise, even when every field is synchronous', async () => {
    const document = validDocument('mutation { value }');
    const contextValue = { root: { value: 1 } };
    const own = executeByUs(schema, document, contextValue);
    expect(own).toBeInstanceOf(Promise);
    expect(executeByGraphql({ schema, document, contextValue })).toEqual(await own);
  });

  test('result objects are plain unless one of their keys is __proto__', async () => {
    const [own, other] = await executeBoth('{ box { name } more: box { __proto__: name } }', {
      root: () => ({ box: { kind: 'Box', name: 'a' } }),
    });
    const listPrototypes = ({ data }: ExecutionResult) =>
      [data, data?.box, data?.more].map((value) => Object.getPrototypeOf(value) as unknown);
    expect(listPrototypes(own)).toEqual([Object.prototype, Object.prototype, null]);
    expect(listPrototypes(other)).toEqual([null, null, null]);
  });

  test('resolvers that declare one to three parameters receive no info', async () => {
    const [own, other] = await executeByBoth({
      none: (...given) => typeof given[3],
      one: (_source, ...rest) => typeof rest[2],
      two: (_source, _args, ...rest) => typeof rest[1],
      four: (_source, _args, _context, info) => typeof info,
    });
    expect(own.data).toEqual({ none: 'object', one: 'undefined', two: 'undefined', four: 'object' });
    expect(other.data).toEqual({ none: 'object', one: 'object', two: 'object', four: 'object' });
  });

  test('info is built lazily, so a copy of its own properties lacks most of it', async () => {
    const [own, other] = await executeByBoth({
      copy: (_source, _args, _context, info) => Object.keys({ ...info }).join(),
    });
    expect(own.data).toEqual({ copy: 'path,variableValues' });
    expect(other.data?.copy).toContain('fieldName,fieldNodes,returnType,parentType,path,schema');
  });

  test('executions cannot be cancelled, so there is no abort signal', async () => {
    const [own, other] = await executeByBoth({
      signal: (_source, _args, _context, info) => typeof info.getAbortSignal(),
    });
    expect(own.data).toEqual({ signal: 'undefined' });
    expect(other.data).toEqual({ signal: 'object' });
  });

  test('constant arguments are one deeply frozen object, shared by all executions', () => {
    const given: { int: number; lists: number[][] }[] = [];
    const small = buildSchemaFor({ field: (_source, args) => void given.push(args as (typeof given)[number]) });
    const document = parse('{ field(int: 1, lists: [[2]]) }');
    for (const each of [1, 2]) void executeByUs(small, document, { each });
    expect(given[0]).toBe(given[1]);
    expect(() => given[0]?.lists[0]?.push(3)).toThrow(TypeError);
    expect(() => Object.assign(given[0] ?? {}, { int: 2 })).toThrow(TypeError);
    for (const each of [1, 2]) void executeByGraphql({ schema: small, document, contextValue: { each } });
    expect(given[2]).not.toBe(given[3]);
    expect(given[2]).toEqual(given[0]);
    expect(Object.isFrozen(given[2])).toBe(false);
  });

  test('a document stays bound to the schema that it was first executed on', () => {
    const [one, two] = ['one', 'two'].map((name) => buildSchemaFor({ field: () => name })) as [
      GraphQLSchema,
      GraphQLSchema,
    ];
    const document = parse('{ field }');
    expect([one, two].map((each) => executeByUs(each, document))).toEqual([
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

function executeByUs(schema: GraphQLSchema, document: DocumentNode, contextValue: unknown = {}) {
  const operation = getOperationAST(document) as OperationDefinitionNode;
  return execute({ schema, document, operation, contextValue, variableValues: {}, hideSuggestions: false });
}

/** Executes a schema of the given resolvers with both executors. Returns our result first. */
async function executeByBoth(resolvers: Resolvers): Promise<[ExecutionResult, ExecutionResult]> {
  const small = buildSchemaFor(resolvers);
  const document = parse(`{ ${Object.keys(resolvers).join(' ')} }`);
  return [await executeByUs(small, document), await executeByGraphql({ schema: small, document })];
}
