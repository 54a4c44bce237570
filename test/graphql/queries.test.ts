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

/** A page of a list: the ids, and the rest as it was answered. */
async function page(gateway: TestGateway, variables: Record<string, unknown> = {}, key = gateway.key) {
  const { experiments } = await gateway.data(list, variables, { key });
  return { ...experiments, ids: experiments.edges.map(({ node }: any) => node.id) as string[] };
}

describe('one experiment', () => {
  test('experiment and node answer it whole, by the id that it was given', async () => {
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

  test('an empty, too long or odd id is the id of no experiment', async () => {
    const gateway = await createTestGateway();
    const query = 'query ($id: ID!) { experiment(id: $id) { id } node(id: $id) { id } }';
    for (const id of ['', 'x'.repeat(256), 'a\n', '%', "' OR 1=1 --"]) {
      expect(await gateway.data(query, { id })).toEqual({ experiment: null, node: null });
    }
  });
});

describe('viewer', () => {
  test('tells a key who it is', async () => {
    const gateway = await createTestGateway();
    const { id: keyId, secret: key } = await gateway.issueKey({ organization: 'other', scopes: ['experiments:run'] });
    const query = '{ viewer { organization scopes keyId subject } }';
    expect(await gateway.data(query, {}, { key })).toEqual({
      viewer: { organization: 'other', scopes: ['experiments:run'], keyId, subject: null },
    });
  });

  test('answers a key without any scope', async () => {
    const gateway = await createTestGateway();
    const { secret: key } = await gateway.issueKey({ scopes: [] });
    expect(await gateway.data('{ viewer { scopes } }', {}, { key })).toEqual({ viewer: { scopes: [] } });
  });
});

describe('pages', () => {
  /** Experiments `e0` to `e<n>`, the last created first in a list. */
  async function withExperiments(count: number) {
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
    expect(await page(await createTestGateway())).toEqual({ totalCount: 0, edges: [], ids: [], pageInfo });
  });

  test('following the cursors forwards reads every experiment once, newest first', async () => {
    const gateway = await withExperiments(5);
    const pages: string[][] = [];
    let after: string | null = null;
    do {
      const { ids, pageInfo, edges, totalCount } = await page(gateway, { first: 2, after });
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

  test('following the cursors backwards reads every experiment once, in the same order', async () => {
    const gateway = await withExperiments(5);
    const pages: string[][] = [];
    let before: string | null = null;
    do {
      const { ids, pageInfo } = await page(gateway, { last: 2, before });
      expect(pageInfo.hasPreviousPage).toBe(pages.length < 2);
      pages.unshift(ids);
      before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
    } while (before);
    expect(pages).toEqual([['e4'], ['e3', 'e2'], ['e1', 'e0']]);
  });

  test('between two cursors are the experiments between them', async () => {
    const gateway = await withExperiments(5);
    const { edges } = await page(gateway);
    const [after, before] = [edges[0].cursor, edges[4].cursor];
    expect((await page(gateway, { after, before })).ids).toEqual(['e3', 'e2', 'e1']);
    expect((await page(gateway, { after, before, first: 2 })).ids).toEqual(['e3', 'e2']);
    expect((await page(gateway, { after, before, last: 2 })).ids).toEqual(['e2', 'e1']);
    expect((await page(gateway, { after: before })).ids).toEqual([]);
  });

  test('a cursor keeps its place when its experiment is deleted and others are created', async () => {
    const gateway = await withExperiments(4);
    const { pageInfo } = await page(gateway, { first: 2 });
    await createCalls(gateway).delete({ id: 'e2' });
    await createCalls(gateway).created({ experimentId: 'new' });
    expect((await page(gateway, { after: pageInfo.endCursor })).ids).toEqual(['e1', 'e0']);
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
  ])('by %s %s, ids break ties, page by page', async (field, direction, expected) => {
    const gateway = await withExperiments(5);
    await createCalls(gateway).update({ id: 'e1', input: { description: 'changed last' } });
    otherConnection(gateway).exec("UPDATE experiments SET status = 'FAILED' WHERE id = 'e3'");
    const orderBy = { field, direction };
    expect((await page(gateway, { orderBy })).ids).toEqual(expected);
    const forwards = await page(gateway, { orderBy, first: 2 });
    const { ids } = await page(gateway, { orderBy, first: 3, after: forwards.pageInfo.endCursor });
    expect([...forwards.ids, ...ids]).toEqual(expected);
    const backwards = await page(gateway, { orderBy, last: 3 });
    expect(backwards.ids).toEqual(expected.slice(2));
    expect((await page(gateway, { orderBy, last: 5, before: backwards.pageInfo.startCursor })).ids).toEqual(
      expected.slice(0, 2),
    );
  });

  test('a page holds 20 when nobody says, and up to 100', async () => {
    const gateway = await createTestGateway();
    const creates = (from: number) =>
      Array.from({ length: 20 }, (_, index) => `a${from + index}: createExperiment(input: {}) { __typename }`);
    for (let from = 0; from < 120; from += 20) await gateway.data(`mutation { ${creates(from).join(' ')} }`);
    expect((await page(gateway)).ids).toHaveLength(20);
    expect((await page(gateway, { first: 100 })).ids).toHaveLength(100);
    expect(await page(gateway, { last: 100 })).toMatchObject({ totalCount: 120, pageInfo: { hasPreviousPage: true } });
  });
});
