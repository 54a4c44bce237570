import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createApolloClient } from '../support/clients/apollo.ts';
import type { CachingClient, CreateClient } from '../support/clients/caching-client.ts';
import { createGraphcacheClient } from '../support/clients/graphcache.ts';
import { createRelayClient } from '../support/clients/relay.ts';
import { createCalls } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const experimentQuery = `query One($id: ID!) {
  experiment(id: $id) { __typename id name description batchSize workflow revision updatedAt }
}`;
const listQuery = `query List {
  experiments(first: 10) { __typename totalCount nodes { __typename id name } }
  datasets(first: 10) { __typename nodes { __typename id datasetId name } }
}`;
const nodeQuery = `query Node($id: ID!) {
  node(id: $id) { __typename id ... on Experiment { name } ... on Dataset { datasetId name } }
}`;
const replaceMutation = `mutation Replace($id: ID!, $input: ReplaceExperimentInput!) {
  replaceExperiment(id: $id, input: $input) {
    __typename
    ... on ReplaceExperimentSuccess { experiment { __typename id name } }
    ... on NotFoundError { missingId }
    ... on MutationError { code message }
  }
}`;
const clients: [name: string, create: CreateClient][] = [
  ['Apollo Client', createApolloClient],
  ['urql with graphcache', createGraphcacheClient],
  ['Relay', createRelayClient],
];

// What caches do with a replace, a dry run, a delete and a subscription is tested in test/examples/clients.test.ts.
describe.each(clients)('the cache of %s', (_name, createClient) => {
  /** A client that shows the experiments `faq` and `tone`, and a dataset that is called `faq` too. */
  async function openScreen() {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    await calls.created({ experimentId: 'faq', name: 'First', batchSize: 7, workflow: [{ type: 'custom' }] });
    await calls.created({ experimentId: 'tone', name: 'Other' });
    await gateway.data('mutation { registerDataset(input: { id: "faq", name: "A dataset" }) { __typename } }');
    const client = createClient(gateway);
    const before = await readScreen(client, 'query');
    return { gateway, client, before };
  }

  async function readScreen(client: CachingClient, how: 'query' | 'peek') {
    return {
      faq: await client[how](experimentQuery, { id: 'faq' }),
      tone: await client[how](experimentQuery, { id: 'tone' }),
      list: await client[how](listQuery),
      dataset: await client[how](nodeQuery, { id: 'dataset:faq' }),
    };
  }

  const readStored = ({ data }: TestGateway, id: string) => data(experimentQuery, { id });

  test('shows what is stored, also where a dataset and an experiment are called the same', async () => {
    const { gateway, client, before } = await openScreen();
    expect(before.faq).toEqual(await readStored(gateway, 'faq'));
    expect(before.list).toEqual(await gateway.data(listQuery));
    expect(before.dataset).toEqual(await gateway.data(nodeQuery, { id: 'dataset:faq' }));
    expect(await client.query(nodeQuery, { id: 'faq' })).toEqual(await gateway.data(nodeQuery, { id: 'faq' }));
    // All of it came from the cache, and nothing was overwritten.
    expect(await readScreen(client, 'peek')).toEqual(before);
  });

  test('keeps the experiment that an error is about', async () => {
    const { gateway, client, before } = await openScreen();
    await createCalls(gateway).delete({ id: 'faq' });
    const { replaceExperiment } = await client.mutate(replaceMutation, { id: 'faq', input: {} });
    expect(replaceExperiment).toMatchObject({ __typename: 'NotFoundError', missingId: 'faq', code: 'NOT_FOUND' });
    expect(await readScreen(client, 'peek')).toEqual(before);
  });
});

test('Relay takes an error with a field `id` for the record, which is why it has `missingId` instead', async () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => complaints.mockRestore());
  const gateway = await createTestGateway();
  await createCalls(gateway).created({ experimentId: 'faq', name: 'First' });
  const client = createRelayClient(gateway);
  await client.query(experimentQuery, { id: 'faq' });
  await createCalls(gateway).delete({ id: 'faq' });
  const withId = replaceMutation.replace('{ missingId }', '{ id: missingId }');
  await client.mutate(withId, { id: 'faq', input: {} });
  expect((await client.peek(experimentQuery, { id: 'faq' })).experiment.__typename).toBe('NotFoundError');
});
