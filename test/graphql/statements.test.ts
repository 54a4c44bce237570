import { expect, test } from 'vitest';
import { createCalls } from '../support/gateway/calls.ts';
import { experimentFields } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { countStatements } from '../support/storage/statements.ts';

/** Creates a gateway with `count` experiments, each with two revisions and tags. */
async function createGatewayWith(count: number): Promise<TestGateway> {
  const gateway = await createTestGateway();
  for (let from = 0; from < count; from += 10) {
    const indexes = Array.from({ length: Math.min(10, count - from) }, (_, index) => from + index);
    const writes = indexes.map(
      (index) => `
        c${index}: createExperiment(input: { experimentId: "e${index}", tags: [{ a: 1 }, { b: 2 }] }) { __typename }
        u${index}: updateExperiment(id: "e${index}", input: { name: "New" }) { __typename }`,
    );
    await gateway.data(`mutation { ${writes.join('')} }`);
  }
  return gateway;
}

const page = (first: number, ofRevision = '') => `{
  experiments(first: ${first}) {
    edges { node { ${experimentFields} revisions(first: 10) { totalCount edges { node { revision name authorId ${ofRevision} } } } } }
    pageInfo { hasNextPage }
  }
}`;

const isOnExperiments = (text: string) => /experiment/.test(text);

test('a list of 100 experiments with their revisions runs no more statements than a list of two', async () => {
  const gateway = await createGatewayWith(100);
  const { texts } = countStatements();
  const small = await gateway.data(page(2));
  const few = texts.splice(0).filter(isOnExperiments);
  const large = await gateway.data(page(100));
  expect(small.experiments.edges).toHaveLength(2);
  expect(large.experiments.edges).toHaveLength(100);
  for (const { node } of large.experiments.edges) {
    expect(node.revisions.edges.map((edge: any) => edge.node.name)).toEqual(['New', 'Untitled experiment']);
  }
  // One statement for the page, one for the revisions of all its experiments.
  expect(texts.filter(isOnExperiments)).toEqual(few);
  expect(few).toHaveLength(2);
});

test('the changes and author names of all revisions of a list take one statement each', async () => {
  const gateway = await createGatewayWith(50);
  const { texts } = countStatements();
  const { experiments } = await gateway.data(page(50, 'authorName changes { field before after }'));
  const [, second] = experiments.edges[49].node.revisions.edges;
  expect(second.node).toMatchObject({ revision: 1, changes: [{ field: 'tags' }] });
  const reads = texts.filter((text) => !/ where "api_keys"."hash" = /.test(text) && /experiment|api_keys/.test(text));
  expect(reads.map((text) => /from "(\w+)"/.exec(text)?.[1] ?? text).toSorted()).toEqual([
    'api_keys',
    'experiment_revisions',
    'experiment_revisions',
    'experiments',
  ]);
});

test('the total is read only when it is selected', async () => {
  const gateway = await createGatewayWith(2);
  const { texts } = countStatements();
  await gateway.data('{ experiments { edges { node { id } } } }');
  expect(texts.splice(0).filter((text) => /experiment_counts|count\(/.test(text))).toEqual([]);
  await gateway.data('{ experiments { totalCount edges { node { id } } } }');
  expect(texts.filter((text) => /experiment_counts|count\(/.test(text))).toHaveLength(1);
});

test('the total of an organization is stored, not counted', async () => {
  const gateway = await createGatewayWith(3);
  const { texts } = countStatements();
  const { experiments } = await gateway.data('{ experiments { totalCount } }');
  expect(experiments.totalCount).toBe(3);
  expect(texts.filter((text) => /count\(/i.test(text))).toEqual([]);
});

test('a credential is looked up at most twice a second', async () => {
  const gateway = await createGatewayWith(1);
  const { texts } = countStatements();
  const start = performance.now();
  for (let count = 0; count < 50; count++) await gateway.data('{ viewer { organization } }');
  const most = 1 + Math.ceil((performance.now() - start) / 500);
  expect(texts.filter((text) => /api_keys/.test(text)).length).toBeLessThanOrEqual(most);
});

test('a refused document runs no statement except for its key', async () => {
  const gateway = await createGatewayWith(1);
  const { texts } = countStatements();
  await gateway.graphql(
    `{ ${Array.from({ length: 21 }, (_, index) => `a${index}: experiments { totalCount }`).join(' ')} }`,
  );
  expect(texts.filter((text) => /experiments/.test(text))).toEqual([]);
});

test('an invalid input, a missing scope or a missing key runs no statement on experiments', async () => {
  const gateway = await createGatewayWith(1);
  const { secret: reader } = await gateway.issueKey({ scopes: ['experiments:read'] });
  const { texts } = countStatements();
  await createCalls(gateway).replace({ id: 'e0', input: { batchSize: 0 } });
  await createCalls(gateway, { key: reader }).replace({ id: 'e0', input: {} });
  await createCalls(gateway, { key: null }).replace({ id: 'e0', input: {} });
  expect(texts.filter((text) => /experiment/.test(text))).toEqual([]);
});
