import { getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const production = { NODE_ENV: 'production' };
/** The query that GraphiQL sends when it opens. */
const graphiql = getIntrospectionQuery({
  inputValueDeprecation: true,
  specifiedByUrl: true,
  oneOf: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
});
const short = '{ __schema { queryType { name } } }';
const answered = { data: { __schema: { queryType: { name: 'Query' } } } };
const refused = {
  errors: expect.arrayContaining([expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT', status: 400 } })]),
};

const send = async (gateway: TestGateway, query: string, key: string | null) =>
  (await gateway.graphql(query, undefined, { key })).body;

describe('in development', () => {
  test("in development GraphiQL's introspection query needs no credential", async () => {
    const gateway = await createTestGateway();
    const body = await send(gateway, graphiql, null);
    expect(body.errors).toBeUndefined();
    const { types, mutationType } = body.data.__schema;
    expect(mutationType.name).toBe('Mutation');
    expect(types.map(({ name }: any) => name)).toEqual(
      expect.arrayContaining(['Experiment', 'ReplaceExperimentResult']),
    );
  });

  test('in development a misspelt field returns a suggestion', async () => {
    const body = await send(await createTestGateway(), '{ experimnts { totalCount } }', null);
    expect(body.errors[0].message).toContain('Did you mean "experiments"');
  });
});

describe('in production', () => {
  test.each([
    ["GraphiQL's own query", graphiql],
    ['a short query', short],
    ['a type', '{ __type(name: "Experiment") { fields { name } } }'],
    ['an alias', '{ a: __schema { types { name } } }'],
    ['a field inside a fragment', '{ ...A } fragment A on Query { ... { __schema { types { name } } } }'],
    ['a field beside others', '{ __typename viewer { organization } __schema { types { name } } }'],
    ['a field that is to be skipped', '{ __schema @skip(if: true) { types { name } } }'],
  ])('in production %s is refused without a credential, and reveals nothing of the schema', async (_what, query) => {
    const body = await send(await createTestGateway(production), query, null);
    expect(body).toEqual(refused);
    expect(Object.keys(body)).toEqual(['errors']);
  });

  test.each([graphiql, short])('in production a key with any scopes may introspect', async (query) => {
    const gateway = await createTestGateway(production);
    const { secret } = await gateway.issueKey({ scopes: [] });
    for (const key of [gateway.key, secret]) {
      expect(await send(gateway, query, key)).toMatchObject(answered);
    }
  });

  test('in production a refused key may not introspect', async () => {
    expect(await send(await createTestGateway(production), short, `sk_${'a'.repeat(43)}`)).toEqual(refused);
  });

  test.each([
    ['a caller with a key', ['key', 'none', 'key', 'none']],
    ['a caller without a key', ['none', 'key', 'none', 'key']],
  ])('introspection is decided for each caller, in any order: first %s', async (_first, callers) => {
    const gateway = await createTestGateway(production);
    for (const query of [short, '{ __schema { queryType { name } } viewer { organization } }']) {
      for (const caller of callers) {
        const [key, expected] = caller === 'key' ? [gateway.key, answered] : [null, refused];
        expect(await send(gateway, query, key)).toMatchObject(expected);
      }
    }
  });

  test.each([
    ['30 aliases', `{${Array.from({ length: 31 }, (_, n) => `a${n}:__typename`).join(' ')}}`],
    ['2,000 tokens', `{${'__typename '.repeat(2_100)}}`],
    [
      '12 levels',
      `{node(id:"a"){...${'on Experiment{revisions{edges{node{...'.repeat(4)}on Node{id}${'}}}}'.repeat(4)}}}`,
    ],
  ])(
    'in production an anonymous document beyond %s is 400 in any media type, and reveals nothing',
    async (_what, query) => {
      const gateway = await createTestGateway(production);
      for (const accept of ['application/json', 'application/graphql-response+json', 'text/event-stream']) {
        const headers = { accept, 'content-type': 'application/json' };
        const body = JSON.stringify({ query });
        const answer = await gateway.fetch('/graphql', { method: 'POST', headers, body });
        expect(answer.status).toBe(400);
        expect(await answer.json()).toEqual(refused);
      }
    },
  );

  test('introspection by GET follows the same policy', async () => {
    const gateway = await createTestGateway(production);
    const path = `/graphql?query=${encodeURIComponent(short)}`;
    const authorization = `Bearer ${gateway.key}`;
    expect(await (await gateway.fetch(path)).json()).toEqual(refused);
    expect(await (await gateway.fetch(path, { headers: { authorization } })).json()).toEqual(answered);
    expect(await (await gateway.fetch(path)).json()).toEqual(refused);
  });
});

describe('suggestions in production', () => {
  const create = 'mutation ($input: CreateExperimentInput!) { createExperiment(input: $input) { __typename } }';
  const list = 'query ($s: [ExperimentStatus!]) { experiments(filter: { status: $s }) { totalCount } }';

  test.each<[what: string, query: string, variables?: Record<string, unknown>]>([
    ['a field', '{ experimnts { totalCount } }'],
    ['a field of an object', '{ viewer { organisation } }'],
    ['an argument', '{ experiment(idd: "x") { id } }'],
    ['a type', 'query ($a: Experimen) { __typename }'],
    ['a fragment on a type', '{ ... on Querry { __typename } }'],
    ['an enum value', '{ experiments(filter: { status: [RUNING] }) { totalCount } }'],
    ['a field of an input', 'mutation { createExperiment(input: { nam: "x" }) { __typename } }'],
    ['a field of an input in a variable', create, { input: { nam: 'x' } }],
    ['an enum value in a variable', list, { s: ['RUNING'] }],
  ])('a misspelt name of %s returns a suggestion only to a caller with a key', async (_what, query, variables) => {
    const gateway = await createTestGateway(production);
    const messages = async (key: string | null) =>
      JSON.stringify((await gateway.graphql(query, variables, { key })).body.errors);
    expect(await messages(gateway.key)).toMatch(/Did you mean/);
    expect(await messages(null)).not.toMatch(/did you mean/i);
    expect(await messages(gateway.key)).toMatch(/Did you mean/);
  });
});

describe('__typename', () => {
  test.each([
    ['{ __typename }', { __typename: 'Query' }],
    ['mutation { __typename }', { __typename: 'Mutation' }],
    ['{ ...A } fragment A on Query { a: __typename }', { a: 'Query' }],
  ])('%s needs no credential, in development and production', async (query, data) => {
    for (const environment of [{}, production]) {
      const gateway = await createTestGateway(environment);
      for (const key of [null, gateway.key]) expect(await send(gateway, query, key)).toEqual({ data });
    }
  });
});
