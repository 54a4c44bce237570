import { expect, test } from 'vitest';
import { createCalls } from '../support/gateway/calls.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

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
