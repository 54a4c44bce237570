import { describe, expect, test } from 'vitest';
import { createCalls } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

/** Repeats a text, with the index of each repetition. */
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

describe('rows of a document', () => {
  const list = (first: number | string, selection: string) =>
    `experiments(first: ${first}) { edges { node { ${selection} } } }`;
  const revisions = (first: number | string) => `id revisions(first: ${first}) { edges { node { revision } } }`;
  const isRefused = async (gateway: TestGateway, query: string, variables?: Record<string, unknown>) => {
    const { status, body } = await gateway.graphql(query, variables);
    if (status === 200) return body.errors ?? false;
    expect(status).toBe(400);
    expect(body).toEqual({
      errors: [{ message: expect.stringMatching(/rows/), extensions: { code: 'BAD_USER_INPUT', status: 400 } }],
    });
    return true;
  };

  const batch = (first: number) =>
    `mutation { updateExperiments(ids: ["a"], input: {}) { ... on UpdateExperimentsSuccess {
      results { ... on UpdateExperimentSuccess { experiment { ${revisions(first)} } } }
    } } }`;

  // 99 experiments with 100 revisions each are 99 + 9,900 rows.
  test.each<[what: string, isBeyond: boolean, query: string, variables?: Record<string, unknown>]>([
    ['10,000', false, `{ a: ${list(99, revisions(100))} b: ${list(1, 'id')} }`],
    ['10,001', true, `{ a: ${list(99, revisions(100))} b: ${list(2, 'id')} }`],
    ['20,200 by two lists', true, `{ a: ${list(100, revisions(100))} b: ${list(100, revisions(100))} }`],
    ['9,999 by variables', false, `query ($n: Int, $m: Int = 100) { ${list('$n', revisions('$m'))} }`, { n: 99 }],
    [
      '10,100 by variables',
      true,
      `query ($n: Int, $m: Int = 1) { ${list('$n', revisions('$m'))} }`,
      { n: 100, m: 100 },
    ],
    [
      '10,100 by default values of variables',
      true,
      `query ($n: Int = 100, $m: Int = 100) { ${list('$n', revisions('$m'))} }`,
    ],
    [
      '10,100 from the end',
      true,
      `query ($n: Int) { experiments(last: $n) { edges { node { ${revisions(100)} } } } }`,
      { n: 100 },
    ],
    [
      '8,400 by pages of 20',
      false,
      `{ ${times(20, (i) => `a${i}: experiments { edges { node { revisions { totalCount } } } }`)} }`,
    ],
    [
      '12,120 through fragments',
      true,
      `{ ...A ...B } fragment A on Query { a: ${list(60, '...R')} } fragment B on Query { b: ${list(60, '... on Node { ...R }')} } fragment R on Experiment { ${revisions(100)} }`,
    ],
    [
      '10,100 through an interface',
      true,
      `{ ${list(100, `... on ExperimentContent { ... on Experiment { ${revisions(100)} } }`)} }`,
    ],
    ['9,999 through nodes', false, `{ experiments(first: 99) { nodes { revisions(first: 100) { nodes { name } } } } }`],
    [
      '10,100 through nodes',
      true,
      `{ experiments(first: 100) { nodes { revisions(first: 100) { nodes { name } } } } }`,
    ],
    [
      '9,999 where a page is selected as edges and as nodes, and read once',
      false,
      `{ experiments(first: 99) { edges { node { id } } nodes { revisions(first: 100) { edges { cursor } nodes { name } } } } }`,
    ],
    [
      '10,100 where edges and nodes have pages of their own',
      true,
      `{ experiments(first: 100) { edges { node { ${revisions(50)} } } nodes { ${revisions(50)} } } }`,
    ],
    [
      '2,000 in a mutation',
      false,
      `mutation { ${times(20, (i) => `a${i}: createExperiment(input: {}) { ... on CreateExperimentSuccess { experiment { ${revisions(100)} } } }`)} }`,
    ],
    // The ids are usually a variable, so a batch counts as 100 experiments.
    ['10,000 in a batch', false, batch(99)],
    ['10,100 in a batch', true, batch(100)],
  ])('a document may return at most 10,000 rows: %s, refused: %s', async (_what, isBeyond, query, variables) => {
    expect(await isRefused(await createTestGateway(), query, variables)).toBe(isBeyond);
  });

  test('a document that could return too many rows is not executed', async () => {
    const gateway = await createTestGateway();
    const create = `createExperiment(input: {}) { ... on CreateExperimentSuccess { experiment { ${times(20, (i) => `r${i}: revisions(first: 100) { totalCount }`)} } } }`;
    const more = times(6, (i) => `m${i}: createExperiment(input: {}) { ...F }`);
    const query = `mutation { ${create} ${more} } fragment F on CreateExperimentSuccess { experiment { ${'... { revisions(first: 100) { totalCount } } '.repeat(20)} } }`;
    expect(await isRefused(gateway, query)).toBe(true);
    expect((await createCalls(gateway).everything()).experiments.totalCount).toBe(0);
  });

  test('an invalid page size in one request does not affect the estimate of the next', async () => {
    const gateway = await createTestGateway();
    const query = `query ($n: Int = 1, $m: Int = 1) { ${list('$n', revisions('$m'))} }`;
    // None of these is a valid page size.
    for (const odd of ['100', [100], { n: 100 }, null, true]) {
      await gateway.graphql(query, { n: odd, m: odd });
      expect(await isRefused(gateway, query, { n: 100, m: 100 })).toBe(true);
      expect(await isRefused(gateway, query, { n: 50, m: 100 })).toBe(false);
      expect(await isRefused(gateway, query)).toBe(false);
    }
  });
});
