import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { executor } from '../../src/graphql-executor/executor.ts';
import { readMetrics } from '../support/gateway/metrics.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';
import { openWire, post } from '../support/http/wire.ts';
import { connectionTo } from '../support/storage/storage.ts';

const viewer = '{ viewer { organization } }';
const message = 'The gateway has too much to do: try again in a moment. Nothing was written.';

/** A gateway each of whose operations takes a millisecond, by a clock that only they move. */
async function startGateway() {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  /** The organizations of the operations in the order of their execution. */
  const executed: string[] = [];
  const gateway = await createTestGateway({}, onTestFinished, {
    executor: {
      ...executor,
      async execute(execution) {
        vi.advanceTimersByTime(1);
        const answer = await executor.execute(execution);
        executed.push((answer as any).data?.viewer?.organization);
        return answer;
      },
    },
  });
  const { secret: other } = await gateway.issueKey({ organization: 'other' });
  const call = async (key = gateway.key) => (await gateway.graphql(viewer, {}, { key })).status;
  // Keys that are known already take no turn to be looked up.
  await Promise.all([call(), call(other)]);
  executed.length = 0;

  const state = { isOver: false, isRefused: false };
  const answers: Promise<number>[] = [];
  /** Sends more than the gateway can do, and resolves once the first of it is refused. Returns what ends it. */
  async function flood(): Promise<() => Promise<number[]>> {
    // Each sends in a callback of its own, as requests of separate connections come.
    const send = async () => {
      for (; !state.isOver; await nextTurn()) {
        const answer = call();
        answers.push(answer);
        void answer.then((status) => (state.isRefused ||= status === 503));
      }
    };
    const sending = Promise.all(Array.from({ length: 8 }, send));
    while (!state.isRefused) await nextTurn();
    return async () => {
      state.isOver = true;
      await sending;
      return Promise.all(answers);
    };
  }
  onTestFinished(() => {
    state.isOver = true;
  });
  return { gateway, executed, other, call, flood };
}

/** Repeats a call until it is refused: each turn of the event loop frees a few places. */
async function callUntilRefused<Answer extends { readonly status: number }>(
  call: () => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    const answers = await Promise.all(Array.from({ length: 5 }, call));
    const refused = answers.find(({ status }) => status === 503);
    if (refused) return refused;
  }
}

const count = <Value>(values: readonly Value[], value: Value) => values.filter((each) => each === value).length;

describe('of many requests at once', () => {
  test('each turn of the event loop starts those of a few milliseconds, and all are answered', async () => {
    const { call, executed } = await startGateway();
    const answers = Promise.all(Array.from({ length: 300 }, () => call()));
    const inTurns: number[] = [];
    for (let before = 0; executed.length < 300; before = executed.length) {
      await nextTurn();
      inTurns.push(executed.length - before);
    }
    expect(Math.max(...inTurns)).toBeLessThanOrEqual(64 + 3);
    expect(inTurns.length).toBeGreaterThan(70);
    expect(count(await answers, 200)).toBe(300);
  });

  test('those of another organization do not wait for all of them', async () => {
    const { call, executed, other } = await startGateway();
    const flood = Array.from({ length: 200 }, () => call());
    await Promise.all([...flood, call(other), call(other)]);
    const positions = executed.flatMap((organization, at) => (organization === 'other' ? at : []));
    // Up to 64 are started before any has to wait; then the organizations take turns.
    const [first = Number.POSITIVE_INFINITY, second] = positions;
    expect(first).toBeLessThanOrEqual(64 + 1);
    expect(second).toBe(first + 2);
  });
});

describe('while more and more requests wait', () => {
  test('GraphQL and REST get 503 with SERVICE_UNAVAILABLE and Retry-After, and nothing is executed', async () => {
    const { gateway, flood } = await startGateway();
    const end = await flood();
    const { status, headers, body } = await callUntilRefused(() => gateway.graphql(mutations.create, { input: {} }));
    expect([status, headers.get('retry-after'), body]).toEqual([
      503,
      '1',
      { errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE', status: 503 } }] },
    ]);
    for (const method of ['POST', 'GET']) {
      const rest = await callUntilRefused(() => callRest(gateway, method, '', method === 'POST' ? {} : undefined));
      expect([rest.status, rest.headers.get('retry-after'), rest.body]).toEqual([503, '1', { detail: message }]);
    }
    await end();
  });

  test('requests are refused before their body is read', async () => {
    const { gateway, flood } = await startGateway();
    const url = await gateway.app.listen();
    const wires = await Promise.all(Array.from({ length: 10 }, () => openWire(url)));
    await flood();
    const head = post('', { authorization: `Bearer ${gateway.key}`, 'content-length': '1000' });
    for (const wire of wires) await wire.send(head);
    // Those that are admitted wait for their body.
    expect((await Promise.race(wires.map((wire) => wire.answer()))).status).toBe(503);
    for (const wire of wires) wire.destroy();
  });

  test('those of another organization are served', async () => {
    const { call, flood, other } = await startGateway();
    await flood();
    for (let calls = 0; calls < 10; calls++) expect(await call(other)).toBe(200);
  });

  test('/health, /ready and /metrics are served, and /metrics counts each refusal', async () => {
    const { gateway, flood } = await startGateway();
    const end = await flood();
    for (const path of ['/health', '/ready', '/metrics']) expect((await gateway.fetch(path)).status).toBe(200);
    expect((await readMetrics(gateway)).value('gateway_waiting_requests')).toBeGreaterThan(50);
    const refused = count(await end(), 503);
    const { value } = await readMetrics(gateway);
    expect(value('gateway_waiting_requests')).toBe(0);
    expect(value('gateway_overload_refusals_total')).toBe(refused);
    expect(value('gateway_errors_total{code="SERVICE_UNAVAILABLE"}')).toBe(refused);
  });

  test('most requests that the gateway has time for are served, and all of them again afterwards', async () => {
    const { call, executed, flood } = await startGateway();
    const end = await flood();
    const before = executed.length;
    for (let turns = 0; turns < 100; turns++) await nextTurn();
    expect(executed.length - before).toBeGreaterThanOrEqual(290);
    await end();
    expect(count(await Promise.all(Array.from({ length: 300 }, () => call())), 200)).toBe(300);
  });

  test('a refusal is held back for half a second, since its sender may not heed Retry-After', async () => {
    const { call, flood } = await startGateway();
    await flood();
    const { took } = await callUntilRefused(async () => {
      const start = Date.now();
      const status = await call();
      return { status, took: Date.now() - start };
    });
    expect(took).toBeGreaterThanOrEqual(290);
  });
});

test('nothing is refused while as many callers as may wait send one request after the other', async () => {
  const { call, executed } = await startGateway();
  const send = async () => {
    const statuses = [];
    while (executed.length < 1_000) statuses.push(await call());
    return statuses;
  };
  const statuses = (await Promise.all(Array.from({ length: 100 }, send))).flat();
  expect(count(statuses, 200)).toBe(statuses.length);
});

test('a queue of storage that is nearly full counts as overload', async () => {
  // Writes wait for a lock as long as the clock stands still.
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const gateway = await createTestGateway();
  const other = connectionTo(gateway.databasePath);
  other.exec('BEGIN IMMEDIATE');
  const write = 'mutation ($id: ID!) { registerDataset(input: { id: $id, name: "n" }) { __typename } }';
  const writes = Array.from({ length: 4_001 }, (_, n) => gateway.graphql(write, { id: `d${n}` }));
  const countWaiting = async () => (await readMetrics(gateway)).value('gateway_storage_waiting_writes');
  while ((await countWaiting()) < 4_001) await sleep(50);
  const { status, body } = await gateway.graphql(viewer);
  expect([status, body.errors[0].message]).toEqual([503, message]);
  other.exec('ROLLBACK');
  expect(
    count(
      (await Promise.all(writes)).map((answer) => answer.status),
      200,
    ),
  ).toBe(4_001);
  expect((await gateway.graphql(viewer)).status).toBe(200);
});
