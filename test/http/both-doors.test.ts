import { describe, expect, test } from 'vitest';
import { fullInput } from '../support/gateway/calls.ts';
import { experimentFields, mutations, steps } from '../support/gateway/operations.ts';
import { openDoors } from '../support/http/doors.ts';

type Operation = [what: string, query: string, variables?: Record<string, unknown>];

describe('operations', () => {
  const { expectAlike } = openDoors();
  const id = 'exp-full';
  const input = { evaluatorIds: ['a', 'a'], batchSize: 9 };

  /** In this order: each changes what the next one finds. */
  const operations: Operation[] = [
    ['a create', mutations.create, { input: fullInput }],
    ['the same create again', mutations.create, { input: fullInput }],
    ['a create of a taken id', mutations.create, { input: { experimentId: id } }],
    ['a create that is tried out', mutations.create, { input: { experimentId: 'dry' }, dryRun: true }],
    [
      'a create that is wrong in several ways',
      mutations.create,
      { input: { name: ' ', batchSize: 0, tags: [{ a: '\0' }] } },
    ],
    ['a create with defaults', mutations.create, { input: { experimentId: 'b' } }],
    [
      'a create without an id',
      'mutation { createExperiment(input: {}) { ... on CreateExperimentSuccess { experiment { id } } } }',
    ],
    ['a replace', mutations.replace, { id, input, ifRevision: 1 }],
    ['a stale replace', mutations.replace, { id, input, ifRevision: 1 }],
    ['a replace that changes nothing', mutations.replace, { id, input }],
    ['a replace of nothing', mutations.replace, { id: 'none', input }],
    ['a replace with another id in it', mutations.replace, { id, input: { experimentId: 'other' } }],
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
    ['an update with null for what cannot be null', mutations.update, { id, input: { name: null } }],
    ['a restore', mutations.restore, { id, revision: 1 }],
    ['a restore of no revision', mutations.restore, { id, revision: 99 }],
    ['a start', steps.start, { id }],
    ['a second start', steps.start, { id }],
    ['progress', steps.reportProgress, { id, progress: 12.5 }],
    ['progress beyond all bounds', steps.reportProgress, { id, progress: 101 }],
    ['a completion', steps.complete, { id }],
    ['a failure that comes too late', steps.fail, { id, errorMessage: 'late' }],
    ['a failure', steps.fail, { id: 'b', errorMessage: 'É\u2028' }],
    ['a cancellation of nothing', steps.cancel, { id: 'none' }],
    ['a dataset', 'mutation { registerDataset(input: { id: "dataset-1", name: "Dätä" }) { __typename } }'],
    ['one experiment', `query ($id: ID!) { experiment(id: $id) { ${experimentFields} } }`, { id }],
    ['no experiment', 'query ($id: ID!) { experiment(id: $id) { id } }', { id: 'none' }],
    ['a node', `{ node(id: "${id}") { __typename id ... on Experiment { name } } }`],
    [
      'a page',
      `{ experiments(filter: { nameContains: "Full" }) { totalCount pageInfo { hasNextPage startCursor endCursor } edges { cursor node { ${experimentFields} } } } }`,
    ],
    [
      'revisions',
      `{ experiment(id: "${id}") { revisions(first: 3) { totalCount edges { node { revision createdAt authorKind authorId name tags } } } } }`,
    ],
    ['the viewer', '{ viewer { __typename organization scopes } }'],
    [
      'introspection',
      '{ __schema { queryType { name } types { name kind } } __type(name: "Experiment") { fields { name } } }',
    ],
    [
      'aliases that objects have',
      '{ __proto__: viewer { constructor: organization __proto__: __typename } then: __typename }',
    ],
    [
      'several writes',
      `mutation { a: startExperiment(id: "none") { __typename } b: updateExperiment(id: "${id}", input: { name: "B" }) { __typename } c: deleteExperiment(id: "b") { __typename } }`,
    ],
    ['a page that is too large', '{ experiments(first: 101) { totalCount } }'],
    ['pages of both ends', '{ experiments(first: 1, last: 1) { totalCount } viewer { organization } }'],
    ['a cursor that is none', '{ experiments(after: "nonsense") { totalCount } }'],
    [
      'several errors beside data',
      '{ a: experiments(first: 0) { totalCount } b: experiments(before: "x") { totalCount } viewer { organization } }',
    ],
    ['a delete', mutations.delete, { id }],
    ['a second delete', mutations.delete, { id }],
  ];

  test.each(operations)('%s', async (_what, query, variables) => {
    const { status, body } = await expectAlike({ body: { query, variables } });
    expect([status, Object.keys(JSON.parse(body) as object)]).toEqual([200, expect.arrayContaining(['data'])]);
  });

  test('JSON comes back as it was sent', async () => {
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
    ['no document', ''],
    ['a syntax error', '{ experiments('],
    ['an unknown field', '{ experimnts { totalCount } viewer { organisation } }'],
    ['an unknown field of an input', 'mutation { createExperiment(input: { nme: "x" }) { __typename } }'],
    ['a string without an end', '{ experiment(id: "x) { id } }'],
    ['fragments alone', 'fragment F on Query { __typename }'],
    ['a wrong literal', '{ experiments(first: "ten") { totalCount } }'],
    ['many mistakes', `{ ${Array.from({ length: 15 }, (_, at) => `wrong${at}`).join(' ')} }`],
    ['a long mistake', `{ ${'x'.repeat(500)} }`],
    ['too many tokens', `{ ${'__typename '.repeat(2_001)} }`],
    ['too many levels', `${'{ a '.repeat(13)}${'}'.repeat(13)}`],
    ['too many aliases', `{ ${Array.from({ length: 31 }, (_, at) => `a${at}: __typename`).join(' ')} }`],
    ['too many rows', '{ experiments(first: 100) { edges { node { revisions(first: 100) { totalCount } } } } }'],
    [
      'too many rows of a variable',
      'query ($n: Int) { experiments(first: $n) { edges { node { revisions(first: $n) { totalCount } } } } }',
      { n: 100 },
    ],
    ['a nesting without end', '{a'.repeat(900)],
    ['two operations', 'query A { __typename } query B { __typename }'],
    ['a subscription', 'subscription { experimentChanged(id: "a") { id } }'],
    ['a missing variable', 'query ($id: ID!) { experiment(id: $id) { id } }'],
    ['null for a variable', 'query ($id: ID!) { experiment(id: $id) { id } }', { id: null }],
    ['wrong variables', mutations.create, { input: { enableTracing: 'yes', name: ['x'], nme: 1, workflow: ['x'] } }],
    ['a variable of many mistakes', mutations.create, { input: { workflow: Array.from({ length: 20 }, () => 'x') } }],
    [
      'a variable that is no moment',
      'query ($t: DateTime) { experiments(filter: { createdFrom: $t }) { totalCount } }',
      { t: 'x' },
    ],
    [
      'null for what decides a selection',
      'query ($if: Boolean = true) { viewer @skip(if: $if) { organization } }',
      { if: null },
    ],
    [
      'null for what decides a selection below',
      'query ($if: Boolean = true) { viewer { organization @skip(if: $if) } }',
      { if: null },
    ],
    ['null for an argument that cannot be null', 'query ($id: ID = "a") { experiment(id: $id) { id } }', { id: null }],
  ];

  test.each(refusals)('refused: %s', async (_what, query, variables) => {
    const { body } = await expectAlike({ body: { query, variables } });
    expect(JSON.parse(body)).toHaveProperty('errors');
  });

  test.each([null, 'application/json', 'application/graphql-response+json', '*/*'])(
    'refused, for a client that accepts %j, with and without a credential',
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
    'the operation named %j of several',
    async (operationName) => {
      await expectAlike({ body: { query, operationName } });
      await expectAlike({ body: { query: '{ __typename }', operationName, variables: null, extensions: null } });
    },
  );

  test('the same document again, with other variables', async () => {
    const query =
      'query ($n: Int, $yes: Boolean!) { experiments(first: $n) { totalCount @include(if: $yes) edges { node { id } } } }';
    for (const variables of [{ yes: true }, { yes: false, n: 1 }, { yes: true, n: 0 }, { n: 2 }, { yes: null }, {}])
      await expectAlike({ body: { query, variables } });
  });
});
