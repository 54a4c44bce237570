import { expect, test } from 'vitest';
import { createCalls } from '../support/gateway/calls.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

const fields = '__typename ... on MutationError { code status message } ... on NotFoundError { missingId }';
const requests: [what: string, query: string, variables: object][] = [
  ['the query experiment', 'query ($id: ID!) { experiment(id: $id) { id name revisions { totalCount } } }', {}],
  ['the query node', 'query ($id: ID!) { node(id: $id) { __typename id } }', {}],
  ['a replace', mutations.replace, { input: { name: 'New' } }],
  ['a replace with ifRevision', mutations.replace, { input: {}, ifRevision: 1 }],
  ['a replace with a stale ifRevision', mutations.replace, { input: {}, ifRevision: 9 }],
  ['a dry run of a replace', mutations.replace, { input: {}, dryRun: true }],
  ['an update', mutations.update, { input: { name: 'New' } }],
  ['an empty update', mutations.update, { input: {} }],
  ['a stale update', mutations.update, { input: {}, ifRevision: 9 }],
  ['a dry run of an update', mutations.update, { input: {}, dryRun: true }],
  ['an update that conflicts with a stored field', mutations.update, { input: { evaluatorWorkflowIds: ['w'] } }],
  ['a delete', mutations.delete, {}],
  ['a stale delete', mutations.delete, { ifRevision: 9 }],
  ['a restore', mutations.restore, { revision: 1 }],
  ['a restore of a missing revision', mutations.restore, { revision: 9 }],
  ['a dry run of a restore', mutations.restore, { revision: 1, dryRun: true }],
  [
    'a document of several mutations',
    `mutation ($id: ID!) { a: replaceExperiment(id: $id, input: {}) { ${fields} } b: deleteExperiment(id: $id) { ${fields} } }`,
    {},
  ],
];

test.each(requests)(
  "%s returns the same for another organization's experiment as for a missing one",
  async (_what, query, variables) => {
    const gateway = await createTestGateway();
    const { secret: key } = await gateway.issueKey({ organization: 'other' });
    const owner = createCalls(gateway);
    await owner.created({ experimentId: 'exp-theirs', evaluatorIds: ['e'] });
    const answer = async (id: string) => {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'x-request-id': 'same' },
        body: JSON.stringify({ query, variables: { id, ...variables } }),
      };
      const response = await gateway.fetch('/graphql', init);
      const text = await response.text();
      return { status: response.status, headers: [...response.headers], text: text.replaceAll(id, 'ID') };
    };
    const [theirs, missing] = await owner.writingNothing(async () => [
      await answer('exp-theirs'),
      await answer('exp-absent'),
    ]);
    expect(theirs).toEqual(missing);
    expect(theirs.text).toMatch(/null|NOT_FOUND/);
  },
);

test('lists, totals, filters and cursors reveal nothing of another organization', async () => {
  const gateway = await createTestGateway();
  const { secret: key } = await gateway.issueKey({ organization: 'other' });
  const input = { name: 'Same', datasetId: 'd', tags: [{ team: 'x' }] };
  await createCalls(gateway).created({ experimentId: 'theirs', ...input });
  await createCalls(gateway, { key }).created({ experimentId: 'mine', ...input });
  const filters = [
    '{}',
    '{ nameContains: "same" }',
    '{ datasetId: "d" }',
    '{ tag: { key: "team" } }',
    '{ not: { status: [RUNNING] } }',
    '{ or: [{ status: [PENDING] }, { tag: { key: "team", value: "x" } }] }',
  ];
  for (const filter of filters) {
    const { experiments } = await gateway.data(
      `{ experiments(filter: ${filter}) { totalCount edges { node { id } } } }`,
      {},
      { key },
    );
    expect(experiments).toEqual({ totalCount: 1, edges: [{ node: { id: 'mine' } }] });
  }
  const page = '{ experiments(orderBy: { field: NAME, direction: DESC }) { pageInfo { endCursor } } }';
  const { endCursor } = (await gateway.data(page)).experiments.pageInfo;
  const behind =
    'query ($after: String) { experiments(orderBy: { field: NAME, direction: DESC }, after: $after) { edges { node { id } } } }';
  const { experiments } = await gateway.data(behind, { after: endCursor }, { key });
  expect(experiments.edges).toEqual([{ node: { id: 'mine' } }]);
});
