import { describe, expect, test } from 'vitest';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openStream, type Stream } from '../support/http/stream.ts';

async function withExperiment(): Promise<TestGateway> {
  const gateway = await createTestGateway();
  await gateway.data(mutations.create, { input: { experimentId: 'exp_live' } });
  return gateway;
}

const watch = (selection = 'revision') => `subscription { experimentChanged(id: "exp_live") { ${selection} } }`;
const page = (first: number) => `revisions(first: ${first}) { edges { node { revision } } }`;

/** Expects that a stream is refused. */
async function expectRefused({ response }: Stream, status: number, code: string, message: RegExp) {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toContain('json');
  expect(await readBody(response)).toEqual({
    errors: [expect.objectContaining({ message: expect.stringMatching(message), extensions: { code, status } })],
  });
}

const bodies = new WeakMap<Response, unknown>();
async function readBody(response: Response): Promise<unknown> {
  if (!bodies.has(response)) bodies.set(response, JSON.parse(await response.clone().text()));
  return bodies.get(response);
}

describe('rows of an event', () => {
  const post = (gateway: TestGateway, query: string, variables = {}) =>
    gateway.fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${gateway.key}`,
      },
      body: JSON.stringify({ query, variables }),
    });
  const five = (first: string | number) =>
    `a: revisions(first: ${first}) { totalCount } ${[1, 2, 3, 4].map((i) => `a${i}: ${page(100)}`).join(' ')}`;

  test.each<[what: string, isRefused: boolean, query: string, variables?: Record<string, unknown>]>([
    ['500', false, watch(five(100))],
    ['520', true, watch(`${five(100)} b: revisions { totalCount }`)],
    [
      '501 by a variable',
      true,
      `subscription ($n: Int) { experimentChanged(id: "exp_live") { ${five('$n')} b: ${page(1)} } }`,
      { n: 100 },
    ],
    [
      '450 by a variable',
      false,
      `subscription ($n: Int) { experimentChanged(id: "exp_live") { ${five('$n')} } }`,
      { n: 50 },
    ],
    [
      '520 through fragments',
      true,
      `${watch('...A ...B')} fragment A on Experiment { ${five(100)} } fragment B on Experiment { c: revisions { totalCount } }`,
    ],
  ])('one event may return at most 500 rows: %s, refused: %s', async (_what, isRefused, query, variables) => {
    const response = await post(await withExperiment(), query, variables);
    const { status, headers } = response;
    const refused = {
      errors: [{ message: expect.stringMatching(/rows/), extensions: { code: 'BAD_USER_INPUT', status: 400 } }],
    };
    expect([status, headers.get('content-type')?.split(';')[0]]).toEqual(
      isRefused ? [400, 'application/json'] : [200, 'text/event-stream'],
    );
    const first = isRefused ? await response.json() : undefined;
    expect(first).toEqual(isRefused ? refused : undefined);
  });
});

describe('streams of a caller', () => {
  const open = (gateway: TestGateway, count: number, key?: string) =>
    Promise.all(Array.from({ length: count }, () => openStream(gateway, watch(), key === undefined ? {} : { key })));

  test('more than 100 streams of one key are refused with 429, while another key may still open one', async () => {
    const gateway = await withExperiment();
    const streams = await open(gateway, 100);
    for (const each of streams) expect(await each.next()).toEqual({ data: { experimentChanged: { revision: 1 } } });
    await expectRefused(await openStream(gateway, watch()), 429, 'RATE_LIMITED', /100 streams/);
    const { secret } = await gateway.issueKey();
    const other = await openStream(gateway, watch(), { key: secret });
    expect(await other.next()).toEqual({ data: { experimentChanged: { revision: 1 } } });
    // The open streams continue.
    await gateway.data(mutations.update, { id: 'exp_live', input: { batchSize: 2 } });
    for (const each of streams) expect(await each.next()).toEqual({ data: { experimentChanged: { revision: 2 } } });
  });

  test('a stream frees its place exactly once, however it ends', async () => {
    const gateway = await withExperiment();
    await gateway.data(mutations.create, { input: { experimentId: 'exp_gone' } });
    const gone = 'subscription { experimentChanged(id: "exp_gone") { revision } }';
    const left = await open(gateway, 40);
    const deleted = await Promise.all(Array.from({ length: 30 }, () => openStream(gateway, gone)));
    const kept = await open(gateway, 30);
    for (const each of [...left, ...deleted, ...kept]) await each.next();
    // A stream that never started holds no place.
    await expectRefused(await openStream(gateway, gone), 429, 'RATE_LIMITED', /streams/);
    for (const each of left) await each.leave();
    await gateway.data(mutations.delete, { id: 'exp_gone' });
    for (const each of deleted) {
      expect(await each.next()).toBe('complete');
      await each.leave();
    }
    for (let count = 0; count < 3; count++) {
      const none = await openStream(gateway, 'subscription { experimentChanged(id: "nobody") { revision } }');
      expect((await none.next()).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    }
    const again = await open(gateway, 70);
    for (const each of again) expect(await each.next()).toEqual({ data: { experimentChanged: { revision: 1 } } });
    await expectRefused(await openStream(gateway, watch()), 429, 'RATE_LIMITED', /streams/);
  });
});
