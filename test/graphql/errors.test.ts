import { describe, expect, test } from 'vitest';
import { createCalls } from '../support/gateway/calls.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

type Request = [what: string, query: string, variables?: Record<string, unknown>];

/** Requests that cannot be executed. */
const notExecutable: Request[] = [
  ['a syntax error', '{ experiments('],
  ['an empty document', ''],
  ['a document of fragments alone', 'fragment F on Query { __typename }'],
  ['an unterminated string', '{ experiment(id: "x) { id } }'],
  ['an unknown field', '{ experimnts { totalCount } }'],
  ['an unknown field of an input', 'mutation { createExperiment(input: { nme: "x" }) { __typename } }'],
  ['an unknown type', 'query ($id: Nothing!) { experiment(id: $id) { id } }'],
  ['an unknown argument', '{ experiment(id: "x", nothing: 1) { id } }'],
  ['an unknown directive', '{ viewer @nothing { organization } }'],
  ['an unknown fragment', '{ viewer { ...Nothing } }'],
  ['a variable that is not defined', '{ experiment(id: $id) { id } }'],
  ['a missing argument', '{ experiment { id } }'],
  ['an object without a selection', '{ viewer }'],
  ['a selection on a string', '{ viewer { organization { name } } }'],
  ['a wrong literal', '{ experiments(first: "ten") { totalCount } }'],
  ['an Int beyond 32 bits', '{ experiments(first: 2147483648) { totalCount } }'],
  ['a literal that is not a moment', '{ experiments(filter: { createdFrom: "yesterday" }) { totalCount } }'],
  ['one field with different arguments', '{ experiment(id: "a") { id } experiment(id: "b") { id } }'],
  ['two operations without a name', '{ __typename } { __typename }'],
  ['a subscription to an unknown field', 'subscription { nothing }'],
];

/** Requests with invalid variables. */
const invalidVariables: Request[] = [
  ['a missing variable', 'query ($id: ID!) { experiment(id: $id) { id } }'],
  ['null for a variable', 'query ($id: ID!) { experiment(id: $id) { id } }', { id: null }],
  ['a string for an Int', 'query ($n: Int) { experiments(first: $n) { totalCount } }', { n: '10' }],
  ['a fraction for an Int', 'query ($n: Int) { experiments(first: $n) { totalCount } }', { n: 1.5 }],
  ['an object for an ID', 'query ($id: ID!) { experiment(id: $id) { id } }', { id: {} }],
  [
    'an unknown enum value',
    'query ($s: [ExperimentStatus!]) { experiments(filter: { status: $s }) { totalCount } }',
    { s: ['DONE'] },
  ],
  [
    'a string that is not a moment',
    'query ($t: DateTime) { experiments(filter: { createdFrom: $t }) { totalCount } }',
    { t: '2026-13-01' },
  ],
  [
    'a number for a moment',
    'query ($t: DateTime) { experiments(filter: { createdFrom: $t }) { totalCount } }',
    { t: 5 },
  ],
  ['a string for a Boolean', mutations.create, { input: { enableTracing: 'yes' } }],
  ['a list for a string', mutations.create, { input: { name: ['x'] } }],
  ['a task that is not an object', mutations.create, { input: { workflow: ['x'] } }],
  ['a tag that is a list', mutations.create, { input: { tags: [[]] } }],
  ['a task that is null', mutations.create, { input: { workflow: [null] } }],
  ['an unknown field of an input in a variable', mutations.replace, { id: 'a', input: { tags: [] } }],
  ['a missing input', mutations.replace, { id: 'a' }],
];

const badInput = { code: 'BAD_USER_INPUT', status: 400 };

describe('requests that cannot be executed', () => {
  test.each([...notExecutable, ...invalidVariables])(
    '%s fails with BAD_USER_INPUT',
    async (_what, query, variables) => {
      const gateway = await createTestGateway();
      const { body } = await gateway.graphql(query, variables);
      expect(Object.keys(body)).toEqual(['errors']);
      expect(body.errors.length).toBeGreaterThan(0);
      for (const { message, extensions } of body.errors) {
        expect(message).toMatch(/^[A-Z]/);
        expect(message).not.toMatch(/node_modules|file:|\.ts\b|Error:.*at /);
        expect(extensions).toEqual(badInput);
      }
      const headers = { accept: 'application/graphql-response+json' };
      expect((await gateway.graphql(query, variables, { headers })).status).toBe(400);
    },
  );

  test('a document of two operations needs an operation name', async () => {
    const gateway = await createTestGateway();
    const { status, body } = await gateway.graphql('query A { __typename } query B { __typename }');
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ extensions: badInput }]);
  });

  test('values nested too deeply are refused and are not an internal error', async () => {
    const gateway = await createTestGateway();
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const query = 'query ($value: JSON) { experiments(filter: { tag: { key: "a", value: $value } }) { totalCount } }';
    const response = await gateway.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}` },
      body: `{"query":${JSON.stringify(query)},"variables":{"value":${deep}}}`,
    });
    expect(await response.json()).toMatchObject({ errors: [{ extensions: badInput }] });
  });
});

describe('invalid arguments of queries', () => {
  const list = (args: string) => `{ experiments(${args}) { totalCount } }`;
  const issue = (argument: string, code: string) => ({ path: [argument], code, message: expect.any(String) });

  test.each([
    ['first: 0', [issue('first', 'TOO_SMALL')]],
    ['first: -1', [issue('first', 'TOO_SMALL')]],
    ['first: 101', [issue('first', 'TOO_BIG')]],
    ['last: 0', [issue('last', 'TOO_SMALL')]],
    ['last: 101', [issue('last', 'TOO_BIG')]],
    ['first: 1, last: 1', [issue('first', 'MUTUALLY_EXCLUSIVE'), issue('last', 'MUTUALLY_EXCLUSIVE')]],
    ['after: "nonsense"', [issue('after', 'INVALID_CURSOR')]],
    ['after: ""', [issue('after', 'INVALID_CURSOR')]],
    ['before: "bnVsbA"', [issue('before', 'INVALID_CURSOR')]],
    ['filter: { datasetId: "a\\u0000" }', [issue('filter', 'INVALID_TEXT')]],
    ['filter: { nameContains: "\\u0000" }', [issue('filter', 'INVALID_TEXT')]],
  ])('experiments(%s) fails with BAD_USER_INPUT and lists the issues', async (args, issues) => {
    const gateway = await createTestGateway();
    const { body } = await gateway.graphql(list(args));
    expect(body).toEqual({
      errors: [
        {
          message: expect.any(String),
          locations: [{ line: 1, column: 3 }],
          path: ['experiments'],
          extensions: { ...badInput, issues },
        },
      ],
      data: null,
    });
  });

  test('a cursor of a list in another order is invalid', async () => {
    const gateway = await createTestGateway();
    await createCalls(gateway).created();
    const { experiments } = await gateway.data('{ experiments { pageInfo { endCursor } } }');
    const { body } = await gateway.graphql(
      list(`orderBy: { field: NAME }, after: "${experiments.pageInfo.endCursor}"`),
    );
    expect(body.errors).toMatchObject([{ extensions: { ...badInput, issues: [issue('after', 'INVALID_CURSOR')] } }]);
  });
});

describe('queries without permission', () => {
  test('a query without a key fails with UNAUTHENTICATED, even when it is invalid too', async () => {
    const gateway = await createTestGateway();
    const query = '{ experiment(id: "x") { id } experiments(first: 0, after: "x") { totalCount } }';
    const { body } = await gateway.graphql(query, undefined, { key: null });
    const extensions = { code: 'UNAUTHENTICATED', status: 401 };
    expect(body.errors.map((error: any) => [error.path, error.extensions])).toEqual([
      [['experiment'], extensions],
      [['experiments'], extensions],
    ]);
  });

  test('a query without the scope fails with FORBIDDEN, even when it is invalid too', async () => {
    const gateway = await createTestGateway();
    const { secret: key } = await gateway.issueKey({ scopes: ['experiments:write'] });
    const { body } = await gateway.graphql('{ experiments(first: 0) { totalCount } }', undefined, { key });
    expect(body.errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN', status: 403, requiredScope: 'experiments:read' } },
    ]);
  });

  test('every refused credential gets the same answer as a missing one, byte for byte', async () => {
    const gateway = await createTestGateway();
    const credentials = [null, 'x', `sk_${'a'.repeat(43)}`, 'a.b.c', `${gateway.key}x`];
    const headers = { 'x-request-id': 'same' };
    const answers = await Promise.all(
      credentials.map(async (key) => {
        const answer = await gateway.graphql('{ experiments { totalCount } }', {}, { key, headers });
        return JSON.stringify({ ...answer, headers: [...answer.headers] });
      }),
    );
    expect(new Set(answers).size).toBe(1);
  });

  test('fields beside a failed one are still returned', async () => {
    const gateway = await createTestGateway();
    const { secret: key } = await gateway.issueKey({ scopes: ['experiments:write'] });
    const { status, body } = await gateway.graphql(
      '{ viewer { organization } experiment(id: "x") { id } }',
      {},
      { key },
    );
    expect(status).toBe(200);
    expect(body.data).toEqual({ viewer: { organization: 'acme' }, experiment: null });
    expect(body.errors).toHaveLength(1);
  });
});
