import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, later, otherConnection } from '../support/gateway/calls.ts';
import { experimentFields } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const list = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: ExperimentFilter, $orderBy: ExperimentOrder) {
  experiments(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    totalCount
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

/** Reads a page of a list. Returns the ids, and the rest of the connection unchanged. */
async function readPage(gateway: TestGateway, variables: Record<string, unknown> = {}, key = gateway.key) {
  const { experiments } = await gateway.data(list, variables, { key });
  return { ...experiments, ids: experiments.edges.map(({ node }: any) => node.id) as string[] };
}

describe('a single experiment', () => {
  test('experiment and node return the whole experiment by its id', async () => {
    const gateway = await createTestGateway();
    const experiment = await createCalls(gateway).created(fullInput);
    const query = `{
      experiment(id: "exp-full") { ${experimentFields} }
      node(id: "exp-full") { __typename id ... on Experiment { ${experimentFields} } }
      missing: experiment(id: "absent") { id }
      none: node(id: "absent") { id }
    }`;
    expect(await gateway.data(query)).toEqual({
      experiment,
      node: { __typename: 'Experiment', ...experiment },
      missing: null,
      none: null,
    });
  });

  test('experiment and node return null for an empty, overlong or unusual id', async () => {
    const gateway = await createTestGateway();
    const query = 'query ($id: ID!) { experiment(id: $id) { id } node(id: $id) { id } }';
    for (const id of ['', 'x'.repeat(256), 'a\n', '%', "' OR 1=1 --"]) {
      expect(await gateway.data(query, { id })).toEqual({ experiment: null, node: null });
    }
  });
});

describe('viewer', () => {
  test('viewer returns the identity of a key', async () => {
    const gateway = await createTestGateway();
    const { id: keyId, secret: key } = await gateway.issueKey({ organization: 'other', scopes: ['experiments:run'] });
    const query = '{ viewer { organization scopes keyId subject } }';
    expect(await gateway.data(query, {}, { key })).toEqual({
      viewer: { organization: 'other', scopes: ['experiments:run'], keyId, subject: null },
    });
  });

  test('viewer is null without a credential, and other fields of the document are answered', async () => {
    const gateway = await createTestGateway();
    const { status, body } = await gateway.graphql('{ viewer { organization } __typename }', {}, { key: null });
    expect({ status, body }).toEqual({ status: 200, body: { data: { viewer: null, __typename: 'Query' } } });
  });

  test.each(['Bearer sk_unknown', 'Bearer', 'Basic dXNlcjpwYXNz', 'x'])(
    'viewer is UNAUTHENTICATED for the refused credential %j, over a socket and without one',
    async (authorization) => {
      const gateway = await createTestGateway();
      const url = `${await gateway.app.listen()}/graphql`;
      const headers = { authorization, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: '{"query":"{ viewer { organization } }"}' };
      for (const response of [await gateway.fetch('/graphql', init), await fetch(url, init)]) {
        expect(await response.json()).toMatchObject({
          errors: [{ path: ['viewer'], extensions: { code: 'UNAUTHENTICATED', status: 401 } }],
          data: { viewer: null },
        });
      }
    },
  );

  test('viewer needs no scope', async () => {
    const gateway = await createTestGateway();
    const { secret: key } = await gateway.issueKey({ scopes: [] });
    expect(await gateway.data('{ viewer { scopes } }', {}, { key })).toEqual({ viewer: { scopes: [] } });
  });
});

describe('pages of experiments', () => {
  /** Creates a gateway with `count` experiments `e0`, `e1` and so on; lists return the last one first. */
  async function createGatewayWith(count: number) {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    for (let index = 0; index < count; index++) {
      const { createdAt } = await calls.created({ experimentId: `e${index}`, name: `Name ${index % 2}` });
      await later(createdAt);
    }
    return gateway;
  }

  test('an empty list has an empty page', async () => {
    const pageInfo = { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null };
    expect(await readPage(await createTestGateway())).toEqual({ totalCount: 0, edges: [], ids: [], pageInfo });
  });

  test('nodes returns the entries of edges, in the same order, for every list', async () => {
    const gateway = await createGatewayWith(3);
    for (const id of ['ds_2', 'ds_1'])
      await gateway.data(`mutation { registerDataset(input: { id: "${id}", name: "N" }) { __typename } }`);
    await createCalls(gateway).update({ id: 'e0', input: { name: 'New' } });
    const both = (selection: string) => `{ edges { node { ${selection} } } nodes { ${selection} } }`;
    const { experiments, datasets, last } = await gateway.data(`{
      experiments(first: 2) ${both('id name')}
      datasets ${both('id name')}
      last: experiments(last: 1) { nodes { revisions ${both('revision name')} } }
    }`);
    expect(experiments.nodes.map(({ id }: any) => id)).toEqual(['e2', 'e1']);
    expect(datasets.nodes.map(({ id }: any) => id)).toEqual(['dataset:ds_1', 'dataset:ds_2']);
    expect(last.nodes[0].revisions.nodes.map(({ name }: any) => name)).toEqual(['New', 'Name 0']);
    for (const { edges, nodes } of [experiments, datasets, last.nodes[0].revisions])
      expect(edges.map(({ node }: any) => node)).toEqual(nodes);
  });

  test('following cursors forwards returns every experiment once, newest first', async () => {
    const gateway = await createGatewayWith(5);
    const pages: string[][] = [];
    let after: string | null = null;
    do {
      const { ids, pageInfo, edges, totalCount } = await readPage(gateway, { first: 2, after });
      expect(totalCount).toBe(5);
      expect(pageInfo).toMatchObject({
        hasNextPage: pages.length < 2,
        startCursor: edges[0].cursor,
        endCursor: edges.at(-1).cursor,
      });
      pages.push(ids);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after);
    expect(pages).toEqual([['e4', 'e3'], ['e2', 'e1'], ['e0']]);
  });

  test('following cursors backwards returns every experiment once, in the same order', async () => {
    const gateway = await createGatewayWith(5);
    const pages: string[][] = [];
    let before: string | null = null;
    do {
      const { ids, pageInfo } = await readPage(gateway, { last: 2, before });
      expect(pageInfo.hasPreviousPage).toBe(pages.length < 2);
      pages.unshift(ids);
      before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
    } while (before);
    expect(pages).toEqual([['e4'], ['e3', 'e2'], ['e1', 'e0']]);
  });

  test('a page between two cursors contains the experiments between them', async () => {
    const gateway = await createGatewayWith(5);
    const { edges } = await readPage(gateway);
    const [after, before] = [edges[0].cursor, edges[4].cursor];
    expect((await readPage(gateway, { after, before })).ids).toEqual(['e3', 'e2', 'e1']);
    expect((await readPage(gateway, { after, before, first: 2 })).ids).toEqual(['e3', 'e2']);
    expect((await readPage(gateway, { after, before, last: 2 })).ids).toEqual(['e2', 'e1']);
    expect((await readPage(gateway, { after: before })).ids).toEqual([]);
  });

  test('a cursor keeps its place when its experiment is deleted and others are created', async () => {
    const gateway = await createGatewayWith(4);
    const { pageInfo } = await readPage(gateway, { first: 2 });
    await createCalls(gateway).delete({ id: 'e2' });
    await createCalls(gateway).created({ experimentId: 'new' });
    expect((await readPage(gateway, { after: pageInfo.endCursor })).ids).toEqual(['e1', 'e0']);
  });

  test.each([
    ['CREATED_AT', 'ASC', ['e0', 'e1', 'e2', 'e3', 'e4']],
    ['CREATED_AT', 'DESC', ['e4', 'e3', 'e2', 'e1', 'e0']],
    ['UPDATED_AT', 'ASC', ['e0', 'e2', 'e3', 'e4', 'e1']],
    ['UPDATED_AT', 'DESC', ['e1', 'e4', 'e3', 'e2', 'e0']],
    ['NAME', 'ASC', ['e0', 'e2', 'e4', 'e1', 'e3']],
    ['NAME', 'DESC', ['e3', 'e1', 'e4', 'e2', 'e0']],
    ['STATUS', 'ASC', ['e3', 'e0', 'e1', 'e2', 'e4']],
    ['STATUS', 'DESC', ['e4', 'e2', 'e1', 'e0', 'e3']],
  ])('a list by %s %s breaks ties by id, page by page', async (field, direction, expected) => {
    const gateway = await createGatewayWith(5);
    await createCalls(gateway).update({ id: 'e1', input: { description: 'changed last' } });
    otherConnection(gateway).exec("UPDATE experiments SET status = 'FAILED' WHERE id = 'e3'");
    const orderBy = { field, direction };
    expect((await readPage(gateway, { orderBy })).ids).toEqual(expected);
    const forwards = await readPage(gateway, { orderBy, first: 2 });
    const { ids } = await readPage(gateway, { orderBy, first: 3, after: forwards.pageInfo.endCursor });
    expect([...forwards.ids, ...ids]).toEqual(expected);
    const backwards = await readPage(gateway, { orderBy, last: 3 });
    expect(backwards.ids).toEqual(expected.slice(2));
    expect((await readPage(gateway, { orderBy, last: 5, before: backwards.pageInfo.startCursor })).ids).toEqual(
      expected.slice(0, 2),
    );
  });

  test('a page has 20 experiments by default and at most 100', async () => {
    const gateway = await createTestGateway();
    const writeCreates = (from: number) =>
      Array.from({ length: 20 }, (_, index) => `a${from + index}: createExperiment(input: {}) { __typename }`);
    for (let from = 0; from < 120; from += 20) await gateway.data(`mutation { ${writeCreates(from).join(' ')} }`);
    expect((await readPage(gateway)).ids).toHaveLength(20);
    expect((await readPage(gateway, { first: 100 })).ids).toHaveLength(100);
    expect(await readPage(gateway, { last: 100 })).toMatchObject({
      totalCount: 120,
      pageInfo: { hasPreviousPage: true },
    });
  });
});
