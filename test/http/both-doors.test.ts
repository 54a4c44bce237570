import { describe, expect, test } from 'vitest';
import { fullInput } from '../support/gateway/calls.ts';
import { experimentFields, mutations, steps } from '../support/gateway/operations.ts';
import { openDoors } from '../support/http/doors.ts';

type Operation = [what: string, query: string, variables?: Record<string, unknown>];

describe('both gates execute operations alike', () => {
  const { expectAlike } = openDoors();
  const id = 'exp-full';
  const input = { evaluatorIds: ['a', 'a'], batchSize: 9 };

  /** The order matters: each operation changes what the next one finds. */
  const operations: Operation[] = [
    ['a create', mutations.create, { input: fullInput }],
    ['the same create again', mutations.create, { input: fullInput }],
    ['a create with a taken id', mutations.create, { input: { experimentId: id } }],
    ['a dry run of a create', mutations.create, { input: { experimentId: 'dry' }, dryRun: true }],
    ['a create with several issues', mutations.create, { input: { name: ' ', batchSize: 0, tags: [{ a: '\0' }] } }],
    ['a create with defaults', mutations.create, { input: { experimentId: 'b' } }],
    [
      'a create without an id',
      'mutation { createExperiment(input: {}) { ... on CreateExperimentSuccess { experiment { id } } } }',
    ],
    ['a replace', mutations.replace, { id, input, ifRevision: 1 }],
    ['a stale replace', mutations.replace, { id, input, ifRevision: 1 }],
    ['a replace that changes nothing', mutations.replace, { id, input }],
    ['a replace of a missing experiment', mutations.replace, { id: 'none', input }],
    ['a replace whose experimentId is another id', mutations.replace, { id, input: { experimentId: 'other' } }],
    [
      'a replace with evaluators of both kinds',
      mutations.replace,
      { id, input: { evaluatorIds: ['a'], evaluatorWorkflowIds: ['b'] } },
    ],
    [
      'a replace with two lists of evaluators',
      mutations.replace,
      { id, input: { evaluatorIds: ['a'], evaluatorSlugs: ['b'] } },
    ],
    ['an update', mutations.update, { id, input: { description: null, tags: [{ x: [1] }] } }],
    ['an update with null for a field that cannot be null', mutations.update, { id, input: { name: null } }],
    ['a restore', mutations.restore, { id, revision: 1 }],
    ['a restore of a missing revision', mutations.restore, { id, revision: 99 }],
    ['a start', steps.start, { id }],
    ['a second start', steps.start, { id }],
    ['a progress report', steps.reportProgress, { id, progress: 12.5 }],
    ['a progress report out of bounds', steps.reportProgress, { id, progress: 101 }],
    ['a completion', steps.complete, { id }],
    ['a failure reported too late', steps.fail, { id, errorMessage: 'late' }],
    ['a reported failure', steps.fail, { id: 'b', errorMessage: 'É\u2028' }],
    ['a cancellation of a missing experiment', steps.cancel, { id: 'none' }],
    [
      'a registration of a dataset',
      'mutation { registerDataset(input: { id: "dataset-1", name: "Dätä" }) { __typename } }',
    ],
    ['a query for one experiment', `query ($id: ID!) { experiment(id: $id) { ${experimentFields} } }`, { id }],
    ['a query for a missing experiment', 'query ($id: ID!) { experiment(id: $id) { id } }', { id: 'none' }],
    ['a query for a node', `{ node(id: "${id}") { __typename id ... on Experiment { name } } }`],
    [
      'a query for a page',
      `{ experiments(filter: { nameContains: "Full" }) { totalCount pageInfo { hasNextPage startCursor endCursor } edges { cursor node { ${experimentFields} } } } }`,
    ],
    [
      'a query for revisions',
      `{ experiment(id: "${id}") { revisions(first: 3) { totalCount edges { node { revision createdAt authorKind authorId name tags } } } } }`,
    ],
    ['a query for the viewer', '{ viewer { __typename organization scopes } }'],
    [
      'an introspection query',
      '{ __schema { queryType { name } types { name kind } } __type(name: "Experiment") { fields { name } } }',
    ],
    [
      'a query with aliases that JavaScript objects inherit',
      '{ __proto__: viewer { constructor: organization __proto__: __typename } then: __typename }',
    ],
    [
      'a document of several writes',
      `mutation { a: startExperiment(id: "none") { __typename } b: updateExperiment(id: "${id}", input: { name: "B" }) { __typename } c: deleteExperiment(id: "b") { __typename } }`,
    ],
    ['a query for a page that is too large', '{ experiments(first: 101) { totalCount } }'],
    ['a query with both first and last', '{ experiments(first: 1, last: 1) { totalCount } viewer { organization } }'],
    ['a query with an invalid cursor', '{ experiments(after: "nonsense") { totalCount } }'],
    [
      'a query that returns several errors beside data',
      '{ a: experiments(first: 0) { totalCount } b: experiments(before: "x") { totalCount } viewer { organization } }',
    ],
    ['a delete', mutations.delete, { id }],
    ['a second delete', mutations.delete, { id }],
  ];

  test.each(operations)('both gates answer %s alike', async (_what, query, variables) => {
    const { status, body } = await expectAlike({ body: { query, variables } });
    expect([status, Object.keys(JSON.parse(body) as object)]).toEqual([200, expect.arrayContaining(['data'])]);
  });

  test('both gates return JSON exactly as it was sent', async () => {
    const task =
      '{"type":"x","n":1.0,"big":12345678901234567890,"10":1,"2":-0,"e":1E5,"s":"\\u00e9\\/","deep":[{"b":0.10}]}';
    const variables = `{"input":{"experimentId":"exact","workflow":[${task}],"tags":[{"10":1,"2":1}]}}`;
    const query = JSON.stringify(mutations.create);
    const { body } = await expectAlike({ body: `{"query":${query},"variables":${variables}}` });
    expect(body).toContain('"n":1.0,"big":12345678901234567890,"10":1,"2":-0,"e":1E5,');
    const found = await expectAlike({ body: { query: '{ experiment(id: "exact") { workflow tags } }' } });
    expect(found.body).toContain('"tags":[{"10":1,"2":1}]');
    const literal =
      'mutation { createExperiment(input: { experimentId: "literal", tags: [{ a: 1.0, b: 123456789012345678901 }] }) { ... on CreateExperimentSuccess { experiment { tags } } } }';
    await expectAlike({ body: { query: literal } });
  });

  const refusals: Operation[] = [
    ['an empty document', ''],
    ['a syntax error', '{ experiments('],
    ['an unknown field', '{ experimnts { totalCount } viewer { organisation } }'],
    ['an unknown field of an input', 'mutation { createExperiment(input: { nme: "x" }) { __typename } }'],
    ['an unterminated string', '{ experiment(id: "x) { id } }'],
    ['a document of fragments alone', 'fragment F on Query { __typename }'],
    ['a wrong literal', '{ experiments(first: "ten") { totalCount } }'],
    ['a document of many mistakes', `{ ${Array.from({ length: 15 }, (_, at) => `wrong${at}`).join(' ')} }`],
    ['a long mistake', `{ ${'x'.repeat(500)} }`],
    ['a document of too many tokens', `{ ${'__typename '.repeat(2_001)} }`],
    ['a document of too many levels', `${'{ a '.repeat(13)}${'}'.repeat(13)}`],
    ['a document of too many aliases', `{ ${Array.from({ length: 31 }, (_, at) => `a${at}: __typename`).join(' ')} }`],
    [
      'a document of too many rows',
      '{ experiments(first: 100) { edges { node { revisions(first: 100) { totalCount } } } } }',
    ],
    [
      'a variable that asks for too many rows',
      'query ($n: Int) { experiments(first: $n) { edges { node { revisions(first: $n) { totalCount } } } } }',
      { n: 100 },
    ],
    ['a nesting of 900 levels', '{a'.repeat(900)],
    ['two operations without an operation name', 'query A { __typename } query B { __typename }'],
    ['a subscription', 'subscription { experimentChanged(id: "a") { id } }'],
    ['a missing variable', 'query ($id: ID!) { experiment(id: $id) { id } }'],
    ['null for a variable', 'query ($id: ID!) { experiment(id: $id) { id } }', { id: null }],
    ['wrong variables', mutations.create, { input: { enableTracing: 'yes', name: ['x'], nme: 1, workflow: ['x'] } }],
    ['a variable with many mistakes', mutations.create, { input: { workflow: Array.from({ length: 20 }, () => 'x') } }],
    [
      'a variable that is not a moment',
      'query ($t: DateTime) { experiments(filter: { createdFrom: $t }) { totalCount } }',
      { t: 'x' },
    ],
    [
      'null for the variable of a @skip at the root',
      'query ($if: Boolean = true) { viewer @skip(if: $if) { organization } }',
      { if: null },
    ],
    [
      'null for the variable of a @skip below the root',
      'query ($if: Boolean = true) { viewer { organization @skip(if: $if) } }',
      { if: null },
    ],
    ['null for an argument that cannot be null', 'query ($id: ID = "a") { experiment(id: $id) { id } }', { id: null }],
  ];

  test.each(refusals)('both gates refuse %s alike', async (_what, query, variables) => {
    const { body } = await expectAlike({ body: { query, variables } });
    expect(JSON.parse(body)).toHaveProperty('errors');
  });

  test.each([null, 'application/json', 'application/graphql-response+json', '*/*'])(
    'both gates refuse a client that accepts %j alike, with and without a credential',
    async (accept) => {
      for (const query of ['{ experiments(', '{ experiments(first: 0) { totalCount } viewer { organization } }']) {
        for (const key of [undefined, null] as const)
          await expectAlike({ body: { query }, headers: { accept }, ...(key === null && { key }) });
      }
    },
  );

  const query =
    'query A($id: ID = "a") { experiment(id: $id) { id } } mutation B { startExperiment(id: "none") { __typename } }';

  test.each([undefined, null, '', 'A', 'B', 'C', '__proto__'])(
    'both gates select the operation named %j alike',
    async (operationName) => {
      await expectAlike({ body: { query, operationName } });
      await expectAlike({ body: { query: '{ __typename }', operationName, variables: null, extensions: null } });
    },
  );

  test('both gates answer one document with different variables alike', async () => {
    const query =
      'query ($n: Int, $yes: Boolean!) { experiments(first: $n) { totalCount @include(if: $yes) edges { node { id } } } }';
    for (const variables of [{ yes: true }, { yes: false, n: 1 }, { yes: true, n: 0 }, { n: 2 }, { yes: null }, {}])
      await expectAlike({ body: { query, variables } });
  });
});
