import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startDelayMeter } from '../../src/observability/event-loop-delay.ts';
import { readMetrics } from '../support/gateway/metrics.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';
import { openWire, post } from '../support/http/wire.ts';
import { countStatements } from '../support/storage/statements.ts';
import { connectionTo } from '../support/storage/storage.ts';

/** How often the load is measured, in milliseconds. */
const interval = 500;

/** A gateway whose event loop is as late as the test says, and whose clock only the test moves. */
async function startGateway() {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const loop = { delay: 0 };
  const gateway = await createTestGateway({}, onTestFinished, { measureDelay: () => loop.delay });
  const call = async () => (await gateway.graphql('{ viewer { keyId } }')).status;
  /** The statuses of as many calls, `calls` in each interval. */
  const run = async (intervals: number, calls = 1) => {
    const statuses = [];
    for (let count = 0; count < intervals * calls; count++) {
      if (count % calls === 0) vi.advanceTimersByTime(interval);
      statuses.push(await call());
    }
    return statuses;
  };
  /** Makes the gateway refuse nearly everything. */
  const overload = async () => {
    loop.delay = 5_000;
    await run(12);
  };
  return { gateway, loop, run, overload };
}

/** How many of the statuses are 200. */
const countAccepted = (statuses: readonly number[]) => statuses.filter((status) => status === 200).length;

describe('while the event loop is late for more than a second', () => {
  test('GraphQL and REST get 503 with SERVICE_UNAVAILABLE and Retry-After, and nothing is executed', async () => {
    const { gateway, overload, loop, run } = await startGateway();
    await overload();
    const create = () => gateway.graphql(mutations.create, { input: { experimentId: 'a' } });
    const { status, headers, body } = await create();
    const message = 'The gateway has too much to do: try again in a moment. Nothing was written.';
    expect([status, headers.get('retry-after'), body]).toEqual([
      503,
      '1',
      { errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE', status: 503 } }] },
    ]);
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const rest = await callRest(gateway, method, 'a/', method === 'PUT' ? {} : undefined);
      expect([rest.status, rest.headers.get('retry-after'), rest.body]).toEqual([503, '1', { detail: message }]);
    }
    loop.delay = 0;
    await run(20);
    expect((await callRest(gateway, 'GET', 'a/')).status).toBe(404);
  });

  test('requests are refused before their body is read and their key is looked up', async () => {
    const { gateway, overload } = await startGateway();
    const url = await gateway.app.listen();
    await overload();
    const wire = await openWire(url);
    const { texts } = countStatements();
    await wire.send(post('', { authorization: `Bearer sk_${'A'.repeat(43)}`, 'content-length': '1000' }));
    expect((await wire.answer()).status).toBe(503);
    expect(texts.filter((text) => text.includes('api_keys'))).toEqual([]);
  });

  test('/metrics counts each refusal, and the error codes of both gates', async () => {
    const { gateway, loop, run } = await startGateway();
    loop.delay = 5_000;
    const statuses = await run(12);
    const rest = await callRest(gateway, 'GET', 'a/');
    const refused = [...statuses, rest.status].filter((status) => status === 503).length;
    expect(refused).toBeGreaterThan(0);
    const { value } = await readMetrics(gateway);
    expect(value('gateway_overload_refusals_total')).toBe(refused);
    expect(value('gateway_errors_total{code="SERVICE_UNAVAILABLE"}')).toBe(refused);
  });

  test('/health, /ready and /metrics are served', async () => {
    const { gateway, overload } = await startGateway();
    await overload();
    for (let count = 0; count < 30; count++) expect((await gateway.fetch('/health')).status).toBe(200);
    for (const path of ['/ready', '/metrics']) expect((await gateway.fetch(path)).status).toBe(200);
  });

  test('fewer and fewer requests are admitted, but never none', async () => {
    const { loop, run } = await startGateway();
    loop.delay = 1_000;
    expect(countAccepted(await run(2, 100))).toBe(200);
    const shares = [];
    for (let count = 0; count < 8; count++) shares.push(countAccepted(await run(1, 100)));
    expect(shares).toEqual(
      [50, 25, 12, 7, 5, 5, 5, 5].map((share) => expect.toSatisfy((n) => Math.abs(n - share) <= 1)),
    );
  });

  test('a delay that is little too high refuses little', async () => {
    const { loop, run } = await startGateway();
    loop.delay = 275;
    expect(countAccepted(await run(2, 100))).toBe(200);
    expect(countAccepted(await run(1, 100))).toBeGreaterThanOrEqual(90);
  });
});

describe('nothing is refused', () => {
  test.each([
    ['when the loop is late for less than a second and a half', [5_000, 5_000, 0, 5_000, 5_000, 0]],
    ['when it is late by no more than 250 ms', [250, 250, 250, 250, 250, 250]],
  ])('%s', async (_name, delays) => {
    const { loop, run } = await startGateway();
    for (const delay of delays) {
      loop.delay = delay;
      expect(countAccepted(await run(1, 20))).toBe(20);
    }
  });

  test('five seconds after an overload, or at once after an idle time as long', async () => {
    const { loop, run, overload } = await startGateway();
    await overload();
    loop.delay = 0;
    await run(10, 5);
    expect(countAccepted(await run(1, 100))).toBe(100);
    await overload();
    loop.delay = 0;
    vi.advanceTimersByTime(10 * interval);
    expect(countAccepted(await run(1, 100))).toBe(100);
  });
});

test('a queue of storage that is nearly full counts as overload', async () => {
  const { gateway, run } = await startGateway();
  expect(countAccepted(await run(6))).toBe(6);
  const other = connectionTo(gateway.databasePath);
  other.exec('BEGIN IMMEDIATE');
  const waiting = Array.from({ length: 4_900 }, (_, n) =>
    gateway.graphql('mutation ($id: ID!) { registerDataset(input: { id: $id, name: "n" }) { __typename } }', {
      id: `d${n}`,
    }),
  );
  // Writes give up after four intervals.
  expect(countAccepted(await run(4, 20))).toBeLessThan(80);
  other.exec('ROLLBACK');
  await Promise.all(waiting);
  await run(20);
  expect(countAccepted(await run(1, 20))).toBe(20);
});

describe('the delay meter', () => {
  const block = (milliseconds: number) => {
    for (const end = Date.now() + milliseconds; Date.now() < end; );
  };
  /** Measures a loop of turns that each take 100 ms, in a process that uses a share of a core. */
  async function measureBusyLoop(share: number): Promise<number> {
    const meter = startDelayMeter(() => ({ user: performance.now() * 1000 * share, system: 0 }));
    onTestFinished(() => meter.stop());
    await sleep(1);
    meter.measure();
    for (let count = 0; count < 10; count++) {
      block(100);
      await sleep(1);
    }
    return meter.measure();
  }

  test('measures a loop that is always busy', async () => {
    expect(await measureBusyLoop(1)).toBeGreaterThan(50);
  });

  test('measures nothing when other processes take the core', async () => {
    expect(await measureBusyLoop(0.2)).toBe(0);
  });

  test('does not count one long turn', async () => {
    const meter = startDelayMeter(() => ({ user: performance.now() * 1000, system: 0 }));
    onTestFinished(() => meter.stop());
    block(300);
    for (let count = 0; count < 40; count++) await sleep(20);
    expect(meter.measure()).toBeLessThan(250);
  });
});
