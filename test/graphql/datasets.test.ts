import { describe, expect, test } from 'vitest';
import { otherConnection } from '../support/gateway/calls.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const register = `mutation ($input: RegisterDatasetInput!) {
  result: registerDataset(input: $input) {
    __typename
    ... on RegisterDatasetSuccess { dataset { id datasetId name createdAt updatedAt } }
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
  expect(renamed).toMatchObject({ datasetId: 'ds_1', name: 'Two', createdAt: first.createdAt });
});

test('each organization lists its own datasets by id, page by page', async () => {
  const gateway = await createTestGateway();
  const { secret: stranger } = await gateway.issueKey({ organization: 'other' });
  await gateway.data(register, { input: { id: 'ds_9', name: 'Theirs' } }, { key: stranger });
  for (const id of ['ds_3', 'ds_1', 'ds_2']) await registerDataset(gateway, id, `Dataset ${id}`);
  const page = '{ totalCount edges { node { datasetId } } pageInfo { hasNextPage endCursor } }';
  const { datasets } = await gateway.data(`{ datasets(first: 2) ${page} }`);
  expect(datasets).toMatchObject({
    totalCount: 3,
    edges: [{ node: { datasetId: 'ds_1' } }, { node: { datasetId: 'ds_2' } }],
    pageInfo: { hasNextPage: true },
  });
  const rest = await gateway.data(`{ datasets(first: 2, after: "${datasets.pageInfo.endCursor}") ${page} }`);
  expect(rest.datasets).toMatchObject({ edges: [{ node: { datasetId: 'ds_3' } }], pageInfo: { hasNextPage: false } });
  const last = await gateway.data(
    `{ datasets(last: 1) { edges { node { datasetId } } pageInfo { hasPreviousPage } } }`,
  );
  expect(last.datasets).toEqual({ edges: [{ node: { datasetId: 'ds_3' } }], pageInfo: { hasPreviousPage: true } });
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

describe('datasets as nodes', () => {
  const node =
    'query ($id: ID!) { node(id: $id) { __typename id ... on Dataset { datasetId name createdAt updatedAt } } }';
  const readNode = async ({ data }: TestGateway, id: string, options?: { key: string }) =>
    (await data(node, { id }, options)).node;

  test('the id of a dataset is `dataset:` and its datasetId, and node finds it by that id', async () => {
    const gateway = await createTestGateway();
    const dataset = await registerDataset(gateway, 'ds_1', 'Support QA');
    expect(dataset).toMatchObject({ id: 'dataset:ds_1', datasetId: 'ds_1' });
    expect(await readNode(gateway, 'dataset:ds_1')).toEqual({ __typename: 'Dataset', ...dataset });
    const { datasets } = await gateway.data('{ datasets { edges { node { id datasetId } } } }');
    expect(datasets.edges).toEqual([{ node: { id: 'dataset:ds_1', datasetId: 'ds_1' } }]);
  });

  test('an experiment and a dataset with the same name of their own have different ids, and node finds both', async () => {
    const gateway = await createTestGateway();
    await registerDataset(gateway, 'faq', 'A dataset');
    await gateway.data(mutations.create, { input: { experimentId: 'faq' } });
    expect(await readNode(gateway, 'faq')).toEqual({ __typename: 'Experiment', id: 'faq' });
    expect(await readNode(gateway, 'dataset:faq')).toMatchObject({ __typename: 'Dataset', name: 'A dataset' });
  });

  test.each([':', 'dataset:', 'a\u{1F600}', 'x'.repeat(255)])(
    'node finds the dataset whose datasetId is %j by the id that it has',
    async (datasetId) => {
      const gateway = await createTestGateway();
      const { id } = await registerDataset(gateway, datasetId, 'Unusual');
      expect(id).toBe(`dataset:${datasetId}`);
      expect(await readNode(gateway, id)).toMatchObject({ __typename: 'Dataset', id, datasetId });
    },
  );

  test.each(['dataset:', 'dataset:ds_2', 'dataset:dataset:ds_1', `dataset:${'x'.repeat(256)}`, 'Dataset:ds_1', 'ds_1'])(
    'node is null for %j when only ds_1 is registered',
    async (id) => {
      const gateway = await createTestGateway();
      await registerDataset(gateway, 'ds_1', 'One');
      expect(await readNode(gateway, id)).toBeNull();
    },
  );

  test("node does not find another organization's dataset", async () => {
    const gateway = await createTestGateway();
    await registerDataset(gateway, 'ds_1', 'One');
    const { secret: key } = await gateway.issueKey({ organization: 'other' });
    expect(await readNode(gateway, 'dataset:ds_1', { key })).toBeNull();
  });

  test('an old experiment whose id begins with `dataset:` is found by experiment, and node finds only datasets', async () => {
    const gateway = await createTestGateway();
    await gateway.data(mutations.create, { input: { experimentId: 'old' } });
    // Such ids could be created before they were reserved.
    otherConnection(gateway).exec("UPDATE experiments SET id = 'dataset:ds_1'");
    const query = '{ experiment(id: "dataset:ds_1") { id } node(id: "dataset:ds_1") { __typename } }';
    expect(await gateway.data(query)).toEqual({ experiment: { id: 'dataset:ds_1' }, node: null });
    await registerDataset(gateway, 'ds_1', 'One');
    expect(await gateway.data(query)).toEqual({
      experiment: { id: 'dataset:ds_1' },
      node: { __typename: 'Dataset' },
    });
  });
});
