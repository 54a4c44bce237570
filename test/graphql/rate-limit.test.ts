import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../support/gateway/arbitraries.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { token, trusted } from '../support/http/jwt.ts';
import { readRemaining } from '../support/http/rate-limit.ts';
import { openStream } from '../support/http/stream.ts';

const read = '{ experiment(id: "none") { id } }';
const write = 'mutation { cancelExperiment(id: "none") { __typename } }';

/** What an operation costs, by the answer of a gateway whose limit it does not reach. */
async function measureCost(gateway: TestGateway, query: string, variables?: Record<string, unknown>): Promise<number> {
  const before = readRemaining(await gateway.graphql('{ viewer { keyId } }'));
  const after = readRemaining(await gateway.graphql(query, variables));
  return Number(before) - Number(after);
}

describe('the points of an operation', () => {
  test.each<[cost: number, query: string, variables?: Record<string, unknown>]>([
    [1, read],
    [1, '{ __typename }'],
    [5, write],
    [3, '{ a: experiment(id: "a") { id } b: experiment(id: "b") { id } viewer { keyId } }'],
    [15, `mutation { a: ${write.slice(11, -1)} b: ${write.slice(11, -1)} c: ${write.slice(11, -1)} }`],
    [1, '{ experiments { totalCount } }'],
    [1, '{ experiments(first: 99) { totalCount } }'],
    [2, '{ experiments(first: 100) { totalCount } }'],
    [2, '{ datasets(first: 100) { nodes { id } } }'],
    [2, '{ a: experiments(first: 60) { totalCount } b: experiments(first: 60) { totalCount } }'],
    [2, 'query ($n: Int) { experiments(last: $n) { totalCount } }', { n: 100 }],
    [1, 'query ($n: Int = 100) { experiments(first: $n) { totalCount } }', { n: 1 }],
    [2, 'query ($n: Int = 100) { experiments(first: $n) { totalCount } }', {}],
    [1 + 8, '{ experiments(first: 40) { nodes { revisions(first: 20) { totalCount } } } }'],
    [2, '{ experiment(id: "none") { revisions(first: 100) { totalCount } } }'],
    [
      1 + 50,
      'fragment F on Query { experiments(first: 50) { nodes { revisions(first: 100) { totalCount } } } } { ...F }',
    ],
    [
      6,
      'mutation { cancelExperiment(id: "none") { ... on CancelExperimentSuccess { experiment { revisions(first: 100) { totalCount } } } } }',
    ],
  ])('are %i for %s', async (cost, query, variables) => {
    const gateway = await createTestGateway({ RATE_LIMIT: '1000/60' });
    expect(await measureCost(gateway, query, variables)).toBe(cost);
  });

  test('are the sum over the root fields, each with a point for each 100 rows that it could return', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '1000000/86400' });
    const lists = fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 20 })), {
      minLength: 1,
      maxLength: 4,
    });
    const property = fc.asyncProperty(lists, async (sizes) => {
      const fields = sizes.map(([outer, inner], at) => {
        const below = inner === 0 ? '' : `nodes { revisions(first: ${inner}) { totalCount } }`;
        return `f${at}: experiments(first: ${outer}) { totalCount ${below} }`;
      });
      const costs = sizes.map(([outer, inner]) => 1 + Math.floor((outer * (1 + inner)) / 100));
      expect(await measureCost(gateway, `{ ${fields.join(' ')} }`)).toBe(costs.reduce((sum, cost) => sum + cost));
    });
    await fc.assert(property, runs(25));
  });

  test('are taken once for a subscription, when it starts', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '20/60' });
    await gateway.data(mutations.create, { input: { experimentId: 'a' } });
    const stream = await openStream(gateway, 'subscription { experimentChanged(id: "a") { id } }');
    expect(readRemaining({ headers: stream.response.headers })).toBe(14);
    await stream.next();
    expect(readRemaining(await gateway.graphql(read))).toBe(13);
  });

  test('are not taken for a request that is refused before execution', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '20/60' });
    const refused = [
      '{',
      '{ nonsense }',
      '{ experiments(first: 100) { nodes { revisions(first: 100) { totalCount } } } }',
      // This client accepts no stream.
      'subscription { experimentChanged(id: "a") { id } }',
    ];
    const headers = { accept: 'application/json' };
    for (const query of refused)
      expect(readRemaining(await gateway.graphql(query, undefined, { headers }))).toBeUndefined();
    expect(readRemaining(await gateway.graphql(read))).toBe(19);
  });
});

describe('a caller who has reached RATE_LIMIT', () => {
  test('gets 429 with RATE_LIMITED, Retry-After and both headers, and nothing is executed', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '9/60' });
    const answers = [];
    for (let call = 0; call < 3; call++)
      answers.push(await gateway.graphql(mutations.create, { input: { experimentId: `e${call}` } }));
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 429]);
    expect(answers[1]?.body).toEqual({
      errors: [
        {
          message: expect.stringMatching(
            /^This request costs 5 points, and you have 4 of 9 left: try again in \d+ s\.$/,
          ),
          extensions: { code: 'RATE_LIMITED', status: 429 },
        },
      ],
    });
    const { headers } = answers[1] as { headers: Headers };
    expect(headers.get('ratelimit-policy')).toBe('"default";q=9;w=60');
    expect(headers.get('ratelimit')).toMatch(/^"default";r=4;t=([1-9]|[1-5]\d|60)$/);
    expect(headers.get('retry-after')).toBe(/t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
    const { body } = await gateway.graphql('{ experiments { nodes { id } } }');
    expect(body).toEqual({ data: { experiments: { nodes: [{ id: 'e0' }] } } });
  });

  test('may still make cheaper calls with what is left, since a refused call takes no points', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '8/60' });
    expect((await gateway.graphql(write)).status).toBe(200);
    expect((await gateway.graphql(write)).status).toBe(429);
    for (const left of [2, 1, 0]) expect(readRemaining(await gateway.graphql(read))).toBe(left);
    const refused = await gateway.graphql(read);
    expect(refused.status).toBe(429);
    expect(refused.body.errors[0].message).toMatch(/^This request costs 1 point, and you have 0 of 8 left: /);
  });

  test('learns that a request can never be made when it costs more than the whole limit', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '4/60' });
    const { status, body } = await gateway.graphql(write);
    expect([status, body.errors[0].message]).toEqual([
      429,
      'This request costs 5 points, and you have 4 of 4 left: ask for less at once.',
    ]);
  });

  test('may call again when the period is over', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '1/1' });
    expect((await gateway.graphql(read)).status).toBe(200);
    await expect.poll(async () => (await gateway.graphql(read)).status, { timeout: 10_000, interval: 100 }).toBe(200);
  });

  test('gets 429 for a subscription as plain JSON', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '1/60' });
    await gateway.graphql(read);
    const { status, headers } = await gateway.graphql('subscription { experimentChanged(id: "a") { id } }', undefined, {
      headers: { accept: 'text/event-stream' },
    });
    expect([status, headers.get('content-type')]).toEqual([429, 'application/json; charset=utf-8']);
  });
});

describe('every caller has a quota of their own', () => {
  test('each API key, whichever organization it belongs to', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '1/60' });
    const keys = [await gateway.issueKey(), await gateway.issueKey({ organization: 'other' })];
    expect((await gateway.graphql(read)).status).toBe(200);
    for (const { secret: key } of keys) expect((await gateway.graphql(read, {}, { key })).status).toBe(200);
    for (const { secret: key } of keys) expect((await gateway.graphql(read, {}, { key })).status).toBe(429);
  });

  test('each subject within an organization, however many tokens they have', async () => {
    const secret = 'a secret of more than 32 characters, for tests';
    const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret, RATE_LIMIT: '1/60' });
    const call = async (claims: object) => {
      const key = await token('HS256', new TextEncoder().encode(secret), { claims: { ...claims } });
      return (await gateway.graphql(read, {}, { key })).status;
    };
    expect(await call({ sub: 'ann', jti: '1' })).toBe(200);
    expect(await call({ sub: 'ann', jti: '2' })).toBe(429);
    expect(await call({ sub: 'bob' })).toBe(200);
    expect(await call({ sub: 'ann', org_id: 'other' })).toBe(200);
  });

  test('calls of anonymous callers and of refused credentials are not counted', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '1/60' });
    for (const key of [null, null, `sk_${'A'.repeat(43)}`]) {
      const { status, headers } = await gateway.graphql('{ __typename }', {}, { key });
      expect([status, headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([200, null, null]);
    }
  });
});

describe('the query rateLimit', () => {
  const query = '{ rateLimit { limit cost remaining resetAt } experiments(first: 100) { totalCount } }';

  test('says what the request cost, what is left and when the period ends', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '30/90' });
    const before = Date.now();
    const { body, headers } = await gateway.graphql(query);
    const { resetAt, ...rateLimit } = body.data.rateLimit;
    expect(rateLimit).toEqual({ limit: 30, cost: 3, remaining: 27 });
    expect(new Date(resetAt).getTime()).toBeGreaterThan(before);
    expect(new Date(resetAt).getTime()).toBeLessThanOrEqual(Date.now() + 90_000);
    expect(headers.get('ratelimit')).toMatch(/^"default";r=27;t=(90|8\d)$/);
    expect((await gateway.data('{ rateLimit { remaining cost } }')).rateLimit).toEqual({ cost: 1, remaining: 26 });
  });

  test('is null while RATE_LIMIT is off, and no answer has the headers', async () => {
    const gateway = await createTestGateway();
    const { body, headers } = await gateway.graphql(query);
    expect(body.data.rateLimit).toBeNull();
    expect([headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([null, null]);
  });

  test('is null for anonymous callers, and an error for a refused credential', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '30/90' });
    expect((await gateway.data('{ rateLimit { limit } }', {}, { key: null })).rateLimit).toBeNull();
    const { body } = await gateway.graphql('{ rateLimit { limit } }', {}, { key: 'sk_no' });
    expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
  });
});

test('over a socket both gates count a caller together and send the same headers', async () => {
  const gateway = await createTestGateway({ RATE_LIMIT: '10/60' });
  const url = await gateway.app.listen();
  const post = (path: string) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}` },
      body: JSON.stringify({ query: write }),
    });
  const answers = [await post('/graphql'), await post('/graphql/'), await post('/graphql'), await post('/graphql/')];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
  expect(answers.map(readRemaining)).toEqual([5, 0, 0, 0]);
  expect(new Set(answers.map(({ headers }) => headers.get('ratelimit-policy')))).toEqual(
    new Set(['"default";q=10;w=60']),
  );
});
