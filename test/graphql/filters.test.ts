import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../support/gateway/arbitraries.ts';
import { answerText, createCalls, later, otherConnection } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const list = `query ($filter: ExperimentFilter, $first: Int) {
  experiments(filter: $filter, first: $first, orderBy: { field: CREATED_AT, direction: ASC }) {
    totalCount edges { node { id createdAt updatedAt } }
  }
}`;

/** Returns the ids that match a filter, and expects the total to agree. */
async function findMatches(gateway: TestGateway, filter: unknown): Promise<string[]> {
  const { experiments } = await gateway.data(list, { filter });
  const ids = experiments.edges.map(({ node }: any) => node.id);
  expect(experiments.totalCount).toBe(ids.length);
  return ids;
}

/** Creates three experiments, one after the other. */
async function createThreeExperiments() {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  const inputs = [
    { experimentId: 'a', name: 'Alpha 100%', datasetId: 'd1', tags: [{ team: 'search', level: 1 }, { team: 'ads' }] },
    {
      experimentId: 'b',
      name: 'beta_É',
      datasetId: 'd2',
      evaluatorSlugs: ['quality'],
      tags: [{ team: 'search', level: 1.5, nested: { b: 1, a: [2] } }],
    },
    {
      experimentId: 'c',
      name: 'ALPHABET',
      evaluatorIds: ['tone', 'quality'],
      tags: [{ team: null }, { TEAM: 'search' }],
    },
  ];
  const moments: string[] = [];
  for (const input of inputs) {
    const { createdAt } = await calls.created(input);
    moments.push(createdAt);
    await later(createdAt);
  }
  otherConnection(gateway).exec("UPDATE experiments SET status = 'RUNNING' WHERE id = 'b'");
  return { gateway, moments };
}

const all = ['a', 'b', 'c'];

test.each<[filter: object, ids: string[]]>([
  [{}, all],
  [{ status: null, datasetId: null, nameContains: null, tag: null, and: null, or: null, not: null }, all],
  [{ status: ['PENDING'] }, ['a', 'c']],
  [{ status: ['RUNNING', 'PENDING', 'RUNNING'] }, all],
  [{ status: ['FAILED'] }, []],
  [{ status: [] }, []],
  [{ datasetId: 'd1' }, ['a']],
  [{ ids: ['c', 'nobody', 'a', 'c'] }, ['a', 'c']],
  [{ ids: [] }, []],
  [{ ids: ['a', 'b'], status: ['PENDING'] }, ['a']],
  [{ not: { ids: ['a'] } }, ['b', 'c']],
  [{ or: [{ ids: ['a'] }, { evaluatorId: 'tone' }] }, ['a', 'c']],
  [{ evaluatorId: 'quality' }, ['b', 'c']],
  [{ not: { evaluatorId: 'quality' } }, ['a']],
  [{ hasTags: true }, all],
  [{ hasTags: false }, []],
  [{ hasTags: null, ids: null, evaluatorId: null }, all],
  [{ datasetId: 'D1' }, []],
  [{ nameContains: 'alpha' }, ['a', 'c']],
  [{ nameContains: 'É' }, ['b']],
  [{ nameContains: 'e\u0301' }, ['b']],
  [{ nameContains: '%' }, ['a']],
  [{ nameContains: '_' }, ['b']],
  [{ nameContains: '' }, all],
  [{ tag: { key: 'team' } }, all],
  [{ tag: { key: 'TEAM' } }, ['c']],
  [{ tag: { key: 'team', value: 'search' } }, ['a', 'b']],
  [{ tag: { key: 'team', value: null } }, ['c']],
  [{ tag: { key: 'level', value: 1 } }, ['a']],
  [{ tag: { key: 'level', value: '1' } }, []],
  [{ tag: { key: 'nested', value: { b: 1, a: [2] } } }, ['b']],
  [{ tag: { key: "' OR 1=1 --" } }, []],
  [{ and: [] }, all],
  [{ or: [] }, []],
  [{ or: [{}] }, all],
  [{ not: {} }, []],
  [{ and: [{ tag: { key: 'team', value: 'search' } }, { nameContains: 'a' }, { datasetId: 'd2' }] }, ['b']],
  [{ or: [{ datasetId: 'd1' }, { nameContains: 'BET' }] }, all],
  [{ or: [{ datasetId: 'd1' }, { status: ['RUNNING'] }], nameContains: 'beta' }, ['b']],
  [{ not: { datasetId: 'd1' } }, ['b', 'c']],
  [{ not: { not: { datasetId: 'd1' } } }, ['a']],
  [{ not: { or: [{ status: ['RUNNING'] }, { tag: { key: 'level' } }] } }, ['c']],
])('the filter %j matches the expected experiments', async (filter, ids) => {
  const { gateway } = await createThreeExperiments();
  expect(await findMatches(gateway, filter)).toEqual(ids);
});

test('similar filters are not confused, in any order of queries', async () => {
  const { gateway } = await createThreeExperiments();
  const pairs: [filter: object, ids: string[]][] = [
    [{ or: [] }, []],
    [{ or: [{}] }, all],
    [{ or: [{}, {}] }, all],
    [{ and: [] }, all],
    [{ and: [{ or: [] }] }, []],
    [{ and: [{ or: [{}] }] }, all],
    [{ not: { or: [] } }, all],
    [{ not: { or: [{}] } }, []],
    [{ status: [] }, []],
    [{ status: ['RUNNING'] }, ['b']],
    [{ status: ['RUNNING', 'RUNNING'] }, ['b']],
    [{ status: ['RUNNING', 'PENDING'] }, all],
    [{ datasetId: 'd1', nameContains: 'alpha' }, ['a']],
    [{ nameContains: 'd1', datasetId: 'alpha' }, []],
    [{ tag: { key: 'team' } }, all],
    [{ tag: { key: 'team', value: null } }, ['c']],
    [{ or: [{ datasetId: 'd1' }], and: [{ nameContains: 'alpha' }] }, ['a']],
    [{ or: [{ nameContains: 'alpha' }], and: [{ datasetId: 'd2' }] }, []],
  ];
  for (const [filter, ids] of [...pairs, ...pairs.toReversed()]) {
    expect({ filter, ids: await findMatches(gateway, filter) }).toEqual({ filter, ids });
  }
});

describe('filters by time', () => {
  test('a time range includes its start but not its end', async () => {
    const { gateway, moments } = await createThreeExperiments();
    expect(await findMatches(gateway, { createdFrom: moments[1] })).toEqual(['b', 'c']);
    expect(await findMatches(gateway, { createdBefore: moments[1] })).toEqual(['a']);
    expect(await findMatches(gateway, { createdFrom: moments[0], createdBefore: moments[2] })).toEqual(['a', 'b']);
    expect(await findMatches(gateway, { createdFrom: moments[1], createdBefore: moments[1] })).toEqual([]);
  });

  test('a moment in a filter may have another time zone', async () => {
    const { gateway, moments } = await createThreeExperiments();
    const inZone = new Date(Date.parse(moments[1] as string) + 2 * 3_600_000).toISOString().replace('Z', '+02:00');
    expect(await findMatches(gateway, { createdFrom: inZone })).toEqual(['b', 'c']);
  });

  test('updatedFrom matches the experiments written since then', async () => {
    const { gateway, moments } = await createThreeExperiments();
    await createCalls(gateway).update({ id: 'a', input: { description: 'new' } });
    await createCalls(gateway).update({ id: 'b', input: {} });
    expect(await findMatches(gateway, { updatedFrom: moments[2] })).toEqual(['a', 'c']);
    expect(await findMatches(gateway, { updatedBefore: moments[2] })).toEqual(['b']);
  });
});

describe('moments finer than the milliseconds that are stored', () => {
  const day = '2026-03-01T10:00:00';
  const at = (moment: string) => Date.parse(`${day}${moment}Z`);

  /** Creates experiments at 10:00:00.010, .011 and .012. */
  async function createAtThreeMoments() {
    const { gateway } = await createThreeExperiments();
    const set = otherConnection(gateway).prepare('UPDATE experiments SET created_at = ?, updated_at = ? WHERE id = ?');
    for (const [id, moment] of Object.entries({ a: '.010', b: '.011', c: '.012' })) set.run(at(moment), at(moment), id);
    return gateway;
  }

  const zeros = '0'.repeat(30);
  const nines = '9'.repeat(30);
  test.each([
    ['createdFrom', `${day}.011Z`, ['b', 'c']],
    ['createdFrom', `${day}.0110Z`, ['b', 'c']],
    ['createdFrom', `${day}.011${zeros}Z`, ['b', 'c']],
    ['createdFrom', `${day}.011${zeros}1Z`, ['c']],
    ['createdFrom', `${day}.011999Z`, ['c']],
    ['createdFrom', `${day}.0100000001Z`, ['b', 'c']],
    ['createdFrom', `${day}.0123456789012Z`, []],
    ['createdBefore', `${day}.011Z`, ['a']],
    ['createdBefore', `${day}.011000001Z`, ['a', 'b']],
    ['createdBefore', `${day}.0109999999Z`, ['a']],
    ['createdBefore', `${day}.00${nines}Z`, []],
    ['createdBefore', '2026-03-01t12:30:00.01100001+02:30', ['a', 'b']],
    ['updatedFrom', '2026-03-01T09:59:59.9999999Z', all],
    ['updatedFrom', `${day}.011000000001-00:00`, ['c']],
    ['updatedBefore', '2026-03-01T09:59:59.9999Z', []],
    ['updatedBefore', `${day}.012000000001z`, all],
    ['updatedBefore', '9999-12-31T23:59:59.9999999Z', all],
    ['updatedFrom', '0000-01-01T00:00:00.0000001+23:59', all],
  ] as const)('the filter %s with %s is compared exactly with stored milliseconds', async (bound, moment, ids) => {
    const gateway = await createAtThreeMoments();
    expect(await findMatches(gateway, { [bound]: moment })).toEqual(ids);
    const literal = `{ experiments(filter: { ${bound}: "${moment}" }) { edges { node { id } } } }`;
    const { experiments } = await gateway.data(literal);
    expect(experiments.edges.map(({ node }: any) => node.id).toSorted()).toEqual(ids);
  });

  test('random moments of any precision are compared exactly', async () => {
    const gateway = await createAtThreeMoments();
    const fractions = fc.stringMatching(/^0(0[9]|1[0-2])\d{0,20}$/);
    await fc.assert(
      fc.asyncProperty(fractions, async (fraction) => {
        const moment = `${day}.${fraction}Z`;
        const isBefore = (milliseconds: string) =>
          BigInt(milliseconds.padEnd(30, '0')) < BigInt(fraction.padEnd(30, '0'));
        const before = all.filter((_, index) => isBefore(`01${index}`));
        const query = `query ($moment: DateTime) {
          before: experiments(filter: { createdBefore: $moment }) { edges { node { id } } }
          from: experiments(filter: { createdFrom: $moment }) { edges { node { id } } }
        }`;
        const answer = await gateway.data(query, { moment });
        const listIds = (list: any) => list.edges.map(({ node }: any) => node.id).toSorted();
        expect(listIds(answer.before)).toEqual(before);
        expect(listIds(answer.from)).toEqual(all.filter((id) => !before.includes(id)));
      }),
      runs(30),
    );
  });

  test.each([
    '2026-12-31T23:59:60Z',
    '2026-12-31T23:59:60.5Z',
    '2026-02-29T00:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T10:00:00.Z',
    '2026-03-01T10:00:00.1',
    '2026-03-01',
    `${day}Z\n`,
  ])('the invalid moment %j is refused', async (moment) => {
    const gateway = await createAtThreeMoments();
    for (const bound of ['createdFrom', 'updatedBefore']) {
      const { body } = await gateway.graphql(list, { filter: { [bound]: moment } });
      const problem = `DateTime cannot represent ${JSON.stringify(moment)}, which is not a time such as 2026-`;
      const refusal = { message: expect.stringContaining(problem), extensions: { code: 'BAD_USER_INPUT' } };
      expect(body.errors).toMatchObject([refusal]);
      const literal = await gateway.graphql(
        `{ experiments(filter: { ${bound}: ${JSON.stringify(moment)} }) { totalCount } }`,
      );
      expect(literal.body.errors).toMatchObject([refusal]);
    }
  });
});

describe('filters by exact numbers in tags', () => {
  const tags =
    '[{"bare":18446744073709551615,"huge":1e400,"none":null,"seed":[18446744073709551615],"10":{"9":1.0,"2":[1e400],"__proto__":-0}}]';
  async function createTaggedExperiment() {
    const gateway = await createTestGateway();
    const create = `mutation ($input: CreateExperimentInput!) { createExperiment(input: $input) { __typename } }`;
    const input = `{"experimentId":"a","tags":${tags}}`;
    await answerText(gateway, `{"query":${JSON.stringify(create)},"variables":{"input":${input}}}`);
    return gateway;
  }

  const count = (filter: string) => `experiments(filter: ${filter}) { totalCount }`;
  const found = (isFound: boolean) => `{"data":{"experiments":{"totalCount":${isFound ? 1 : 0}}}}`;

  test.each([
    ['bare', '18446744073709551615', true],
    ['bare', '1.8446744073709551615e19', true],
    ['bare', '18446744073709551614', false],
    ['bare', '"18446744073709551615"', false],
    ['huge', '1e400', true],
    ['huge', '10e399', true],
    ['huge', '1e401', false],
    ['huge', 'null', false],
    ['none', 'null', true],
    ['none', '1e400', false],
    ['seed', '[18446744073709551615]', true],
    ['seed', '[18446744073709551615.00]', true],
    ['seed', '[1844674407370955161.5e+1]', true],
    ['seed', '[18446744073709551614]', false],
    ['seed', '[18446744073709552000]', false],
    ['10', '{"2":[10e399],"9":1,"__proto__":0}', true],
    ['10', '{"__proto__":0.0,"9":10e-1,"2":[0.1e401]}', true],
    ['10', '{"2":[null],"9":1,"__proto__":0}', false],
    ['10', '{"2":[1e401],"9":1,"__proto__":0}', false],
    ['10', '{"2":[1e400],"9":1}', false],
    ['10', '{"2":[1e999999999999999999999],"9":1,"__proto__":0}', false],
  ])('a tag filter by variable compares exact numbers: %s with %s matches: %s', async (key, value, isFound) => {
    const gateway = await createTaggedExperiment();
    const filter = `{"tag":{"key":"${key}","value":${value}}}`;
    const whole = `query ($filter: ExperimentFilter) { ${count('$filter')} }`;
    const inVariable = `{"query":${JSON.stringify(whole)},"variables":{"filter":${filter}}}`;
    expect(await answerText(gateway, inVariable)).toBe(found(isFound));
    const part = `query ($value: JSON) { ${count(`{ tag: { key: "${key}", value: $value } }`)} }`;
    const byItself = `{"query":${JSON.stringify(part)},"variables":{"value":${value}}}`;
    expect(await answerText(gateway, byItself)).toBe(found(isFound));
  });

  test.each([
    ['seed', '[18446744073709551615]', true],
    ['seed', '[1844674407370955161.5e+1]', true],
    ['seed', '[18446744073709551614]', false],
    ['seed', '[18446744073709552000]', false],
    ['bare', '18446744073709551615', true],
    ['bare', '18446744073709551614', false],
    ['huge', '1e400', true],
    ['huge', 'null', false],
  ])('a tag filter by literal compares exact numbers: %s with %s matches: %s', async (key, value, isFound) => {
    const query = `{ ${count(`{ tag: { key: "${key}", value: ${value} } }`)} }`;
    expect(await answerText(await createTaggedExperiment(), { query })).toBe(found(isFound));
  });

  test('lists of one document whose tag filters differ only in the last digit are different lists (R11)', async () => {
    const lists = (value: (text: string) => string) =>
      ['4', '5'].map((digit) => `n${digit}: ${count(`{ tag: ${value(`1844674407370955161${digit}`)} }`)}`).join(' ');
    const answer = '{"data":{"n4":{"totalCount":0},"n5":{"totalCount":1}}}';
    const bare = `{ ${lists((value) => `{ key: "bare", value: ${value} }`)} }`;
    expect(await answerText(await createTaggedExperiment(), { query: bare })).toBe(answer);
    const inList = `{ ${lists((value) => `{ key: "seed", value: [${value}] }`)} }`;
    expect(await answerText(await createTaggedExperiment(), { query: inList })).toBe(answer);
  });
});

test('after an update only the new tags match a filter', async () => {
  const { gateway } = await createThreeExperiments();
  await createCalls(gateway).update({ id: 'a', input: { tags: [{ fresh: 1.0 }, { fresh: 1 }] } });
  expect(await findMatches(gateway, { tag: { key: 'fresh' } })).toEqual(['a']);
  expect(await findMatches(gateway, { tag: { key: 'level' } })).toEqual(['b']);
});

describe('bounds of a filter', () => {
  const conditions = (count: number) => ({
    or: Array.from({ length: count / 2 }, (_, index) => ({ datasetId: `d${index}` })),
  });
  const levels = (count: number): object => (count === 1 ? { status: ['PENDING'] } : { not: levels(count - 1) });
  const refusal = {
    errors: [
      { extensions: { code: 'BAD_USER_INPUT', status: 400, issues: [{ path: ['filter'], code: 'TOO_LARGE' }] } },
    ],
  };

  test('a filter may have 50 conditions and 8 levels', async () => {
    const { gateway } = await createThreeExperiments();
    expect(await findMatches(gateway, conditions(50))).toEqual(['a', 'b']);
    expect(await findMatches(gateway, levels(8))).toEqual(['b']);
  });

  test.each([
    ['52 conditions', conditions(52)],
    ['9 levels', levels(9)],
    ['500 levels', levels(500)],
  ])('a filter of %s is refused', async (_what, filter) => {
    const { gateway } = await createThreeExperiments();
    expect((await gateway.graphql(list, { filter })).body).toMatchObject(refusal);
  });

  test('a filter may list many statuses', async () => {
    const { gateway } = await createThreeExperiments();
    expect(await findMatches(gateway, { status: Array(1_500).fill('RUNNING') })).toEqual(['b']);
  });
});

test('hasTags tells experiments with tags, even tags without keys, from those without', async () => {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  for (const [experimentId, tags] of Object.entries({
    some: [{ team: 'search' }],
    bare: [{}],
    none: [],
    omitted: null,
  }))
    await calls.created({ experimentId, tags });
  expect((await findMatches(gateway, { hasTags: true })).toSorted()).toEqual(['bare', 'some']);
  expect((await findMatches(gateway, { hasTags: false })).toSorted()).toEqual(['none', 'omitted']);
  expect((await findMatches(gateway, { not: { hasTags: true }, ids: ['none', 'some'] })).toSorted()).toEqual(['none']);
  await calls.update({ id: 'some', input: { tags: null } });
  await calls.update({ id: 'none', input: { tags: [{ team: 'ads' }] } });
  expect((await findMatches(gateway, { hasTags: true })).toSorted()).toEqual(['bare', 'none']);
});

test('a list of more than 100 ids is refused, and names what is too long', async () => {
  const gateway = await createTestGateway();
  const ids = Array.from({ length: 101 }, (_, index) => `exp_${index}`);
  const { status, body } = await gateway.graphql(list, { filter: { ids } });
  expect([status, body.errors]).toMatchObject([200, [{ extensions: { code: 'BAD_USER_INPUT' } }]]);
  expect(JSON.stringify(body.errors)).toContain('ids has 101 entries; at most 100 are accepted.');
  expect((await gateway.graphql(list, { filter: { ids: ids.slice(1) } })).body.errors).toBeUndefined();
});

test('experimentCounts counts each status at once, zeros included, only what matches and only of the own organization', async () => {
  const gateway = await createTestGateway();
  const { secret: other } = await gateway.issueKey({ organization: 'other' });
  const create = (id: string, key?: string) =>
    gateway.data(
      'mutation ($id: ID!, $tags: [JSONObject!]) { createExperiment(input: { experimentId: $id, tags: $tags }) { __typename } startExperiment(id: $id) { __typename } }',
      { id, tags: id === 'a' ? [{ team: 'search' }] : [] },
      key === undefined ? {} : { key },
    );
  await create('a');
  await create('b');
  await create('c', other);
  await gateway.data('mutation { cancelExperiment(id: "b") { __typename } deleteExperiment(id: "c") { __typename } }');
  const count = async (filter?: object) => {
    const { experimentCounts } = await gateway.data(
      'query ($filter: ExperimentFilter) { experimentCounts(filter: $filter) { status count } }',
      { filter },
    );
    return experimentCounts.map(({ status, count }: any) => [status, count]);
  };
  const expected = (running: number, cancelled: number) => [
    ['PENDING', 0],
    ['RUNNING', running],
    ['COMPLETED', 0],
    ['FAILED', 0],
    ['CANCELLED', cancelled],
  ];
  expect(await count()).toEqual(expected(1, 1));
  expect(await count({ tag: { key: 'team' } })).toEqual(expected(1, 0));
  expect(await count({ deleted: true })).toEqual(expected(0, 0));
});
