import { expect, test } from 'vitest';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const register = `mutation ($input: RegisterDatasetInput!) {
  result: registerDataset(input: $input) {
    __typename
    ... on RegisterDatasetSuccess { dataset { id name createdAt updatedAt } }
    ... on MutationError { code status }
    ... on ValidationError { issues { path code } }
    ... on PermissionError { requiredScope }
  }
}`;

async function registered({ data }: TestGateway, id: string, name: string) {
  return (await data(register, { input: { id, name } })).result.dataset;
}

test('a registered dataset lends its name to the experiments that name it, and to no others', async () => {
  const gateway = await createTestGateway();
  await registered(gateway, 'ds_1', ' Support QA ');
  await gateway.data(mutations.create, { input: { experimentId: 'exp_1', datasetId: 'ds_1' } });
  await gateway.data(mutations.create, { input: { experimentId: 'exp_2', datasetId: 'ds_2' } });
  await gateway.data(mutations.create, { input: { experimentId: 'exp_3' } });
  const { experiments } = await gateway.data(
    '{ experiments(orderBy: {field: CREATED_AT, direction: ASC}) { edges { node { datasetName } } } }',
  );
  expect(experiments.edges.map(({ node }: any) => node.datasetName)).toEqual(['Support QA', null, null]);
});

test('registering again renames; the same name again changes nothing', async () => {
  const gateway = await createTestGateway();
  const first = await registered(gateway, 'ds_1', 'One');
  expect(await registered(gateway, 'ds_1', 'One')).toEqual(first);
  const renamed = await registered(gateway, 'ds_1', 'Two');
  expect(renamed).toMatchObject({ id: 'ds_1', name: 'Two', createdAt: first.createdAt });
});

test('datasets are listed by id, page by page, each organization its own', async () => {
  const gateway = await createTestGateway();
  const { secret: stranger } = await gateway.issueKey({ organization: 'other' });
  await gateway.data(register, { input: { id: 'ds_9', name: 'Theirs' } }, { key: stranger });
  for (const id of ['ds_3', 'ds_1', 'ds_2']) await registered(gateway, id, `Dataset ${id}`);
  const page = '{ totalCount edges { node { id } } pageInfo { hasNextPage endCursor } }';
  const { datasets } = await gateway.data(`{ datasets(first: 2) ${page} }`);
  expect(datasets).toMatchObject({
    totalCount: 3,
    edges: [{ node: { id: 'ds_1' } }, { node: { id: 'ds_2' } }],
    pageInfo: { hasNextPage: true },
  });
  const rest = await gateway.data(`{ datasets(first: 2, after: "${datasets.pageInfo.endCursor}") ${page} }`);
  expect(rest.datasets).toMatchObject({ edges: [{ node: { id: 'ds_3' } }], pageInfo: { hasNextPage: false } });
  const last = await gateway.data(`{ datasets(last: 1) { edges { node { id } } pageInfo { hasPreviousPage } } }`);
  expect(last.datasets).toEqual({ edges: [{ node: { id: 'ds_3' } }], pageInfo: { hasPreviousPage: true } });
});

test('a registration out of bounds names every field, and one without key or scope is refused', async () => {
  const { data, issueKey } = await createTestGateway();
  const { result } = await data(register, { input: { id: '', name: ' ' } });
  expect(result.issues).toEqual([
    { path: ['input', 'id'], code: 'TOO_SHORT' },
    { path: ['input', 'name'], code: 'TOO_SHORT' },
  ]);
  const input = { id: 'ds_1', name: 'One' };
  const { secret: reader } = await issueKey({ scopes: ['experiments:read'] });
  expect((await data(register, { input }, { key: null })).result.code).toBe('UNAUTHENTICATED');
  expect((await data(register, { input }, { key: reader })).result.requiredScope).toBe('experiments:write');
  expect((await data('{ datasets { totalCount } }')).datasets.totalCount).toBe(0);
});
