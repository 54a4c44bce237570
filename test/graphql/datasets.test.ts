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

async function registerDataset({ data }: TestGateway, id: string, name: string) {
  return (await data(register, { input: { id, name } })).result.dataset;
}

test('a registered dataset gives its name to experiments with its id, and to no others', async () => {
  const gateway = await createTestGateway();
  await registerDataset(gateway, 'ds_1', ' Support QA ');
  await gateway.data(mutations.create, { input: { experimentId: 'exp_1', datasetId: 'ds_1' } });
  await gateway.data(mutations.create, { input: { experimentId: 'exp_2', datasetId: 'ds_2' } });
  await gateway.data(mutations.create, { input: { experimentId: 'exp_3' } });
  const { experiments } = await gateway.data(
    '{ experiments(orderBy: {field: CREATED_AT, direction: ASC}) { edges { node { datasetName } } } }',
  );
  expect(experiments.edges.map(({ node }: any) => node.datasetName)).toEqual(['Support QA', null, null]);
});

test('registering a dataset again renames it, or changes nothing if the name is the same', async () => {
  const gateway = await createTestGateway();
  const first = await registerDataset(gateway, 'ds_1', 'One');
  expect(await registerDataset(gateway, 'ds_1', 'One')).toEqual(first);
  const renamed = await registerDataset(gateway, 'ds_1', 'Two');
  expect(renamed).toMatchObject({ id: 'ds_1', name: 'Two', createdAt: first.createdAt });
});

test('each organization lists its own datasets by id, page by page', async () => {
  const gateway = await createTestGateway();
  const { secret: stranger } = await gateway.issueKey({ organization: 'other' });
  await gateway.data(register, { input: { id: 'ds_9', name: 'Theirs' } }, { key: stranger });
  for (const id of ['ds_3', 'ds_1', 'ds_2']) await registerDataset(gateway, id, `Dataset ${id}`);
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

test('an invalid registration names every field, and one without a key or scope is refused', async () => {
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
