import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { executor as gatewayExecutor } from '../../src/graphql-executor/executor.ts';
import { systemClocks } from '../../src/http/overload.ts';
import { testParts } from '../support/executor/executor.ts';
import { readMetrics } from '../support/gateway/metrics.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';
import { openWire, post, type Wire, type WireAnswer } from '../support/http/wire.ts';
import { countStatements } from '../support/storage/statements.ts';
import { connectionTo } from '../support/storage/storage.ts';

/** How long each operation holds the event loop, in milliseconds of the test's clock. */
const cost = 30;
/** How many operations begin in a turn of 80 ms. */
const perTurn = 3;
/** As many operations as take a second, and those that wait for another 0.4 s. */
const untilOverload = 48;
const message = 'The gateway has too much to do: try again in a moment. Nothing was written.';

/**
 * A gateway over sockets whose clock moves only while an operation is executed. `cpuShare` is the share of that time in
 * which the process has a core.
 */
async function startGateway({ cpuShare = 1 } = {}) {
  const clock = { at: 0 };
  /** The names of the executed operations, by the turn of the event loop in which they began. */
  const turns: string[][] = [[]];
  let counting = setImmediate(function count() {
    if (turns.at(-1)?.length !== 0) turns.push([]);
    counting = setImmediate(count);
  });
  onTestFinished(() => clearImmediate(counting));
  const executor = testParts.executor ?? gatewayExecutor;
  const gateway = await createTestGateway({}, onTestFinished, {
    clocks: { now: () => clock.at, readCpu: () => clock.at * cpuShare },
    executor: {
      ...executor,
      execute(execution) {
        turns.at(-1)?.push(execution.operation.name?.value ?? '');
        clock.at += cost;
        return executor.execute(execution);
      },
    },
  });
  const url = await gateway.app.listen();

  /** Opens connections, and waits until the gateway has accepted them. */
  async function openWires(count: number): Promise<Wire[]> {
    const wires = await Promise.all(Array.from({ length: count }, () => openWire(url)));
    await Promise.all(wires.map((wire) => ask(wire, 'GET /health HTTP/1.1\r\nhost: gateway.test\r\n\r\n')));
    return wires;
  }
  /** Sends a request over each of the connections at the same moment. */
  const askOverEach = (wires: readonly Wire[], request: string) => Promise.all(wires.map((wire) => ask(wire, request)));
  /** Sends requests over each of the connections, one after the other, until `work` is done; returns all answers. */
  async function flood<Result>(
    wires: readonly Wire[],
    toRequest: (wire: number) => string,
    work: () => Promise<Result>,
  ) {
    const answers: WireAnswer[] = [];
    const progress = { isOver: false };
    const flooding = wires.map(async (wire, index) => {
      while (!progress.isOver) answers.push(await ask(wire, toRequest(index)));
    });
    const result = await work().finally(() => (progress.isOver = true));
    await Promise.all(flooding);
    return { result, answers };
  }
  return { gateway, url, clock, turns, openWires, askOverEach, flood };
}

async function ask(wire: Wire, request: string): Promise<WireAnswer> {
  void wire.send(request);
  return wire.answer();
}

/** A query, as text, whose operation has a name. */
function query(name: string, key: string): string {
  return post(JSON.stringify({ query: `query ${name} { viewer { keyId } }` }), { authorization: `Bearer ${key}` });
}

const count = (answers: readonly WireAnswer[], status: number) =>
  answers.filter((answer) => answer.status === status).length;

describe('more requests than fit into a turn of the event loop', () => {
  test('begin in several turns, so that others are answered in between, and none is refused', async () => {
    const { gateway, turns, openWires, askOverEach } = await startGateway();
    const wires = await openWires(20);
    expect(count(await askOverEach(wires, query('burst', gateway.key)), 200)).toBe(20);
    expect(Math.max(...turns.map((names) => names.length))).toBe(perTurn);
  });

  test('are refused with 503 when there has been too much to do for a second and they have waited too long', async () => {
    const { gateway, turns, openWires, askOverEach } = await startGateway();
    const answers = await askOverEach(await openWires(2 * untilOverload), query('flood', gateway.key));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(count(answers, 200)).toBe(turns.flat().length);
    expect(count(answers, 200)).toBeLessThanOrEqual(untilOverload);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, headers, body } of refused) {
      expect([status, headers['retry-after'], JSON.parse(body)]).toEqual([
        503,
        '1',
        { errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE', status: 503 } }] },
      ]);
    }
  });

  test('are refused over REST as well', async () => {
    const { gateway, openWires, flood } = await startGateway();
    const put = `PUT /api/v2/experiments/a/ HTTP/1.1\r\nhost: gateway.test\r\nauthorization: Bearer ${gateway.key}\r\n`;
    const { answers } = await flood(
      await openWires(untilOverload),
      () => query('flood', gateway.key),
      async () => {
        const [wire] = await openWires(1);
        const seen: WireAnswer[] = [];
        while (count(seen, 503) === 0)
          seen.push(await ask(wire as Wire, `${put}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`));
        const refused = seen.at(-1) as WireAnswer;
        expect([refused.headers['retry-after'], JSON.parse(refused.body)]).toEqual(['1', { detail: message }]);
      },
    );
    expect(count(answers, 503)).toBeGreaterThan(0);
  });

  test('are refused before their body is read and their key is looked up', async () => {
    const { openWires, askOverEach } = await startGateway();
    const wires = await openWires(2 * untilOverload);
    const { texts } = countStatements();
    const unfinished = post('', { authorization: `Bearer sk_${'A'.repeat(43)}`, 'content-length': '1000' });
    const strangers = query('stranger', `sk_${'B'.repeat(43)}`);
    const late = wires.splice(-10);
    const [served, refused] = await Promise.all([askOverEach(wires, strangers), askOverEach(late, unfinished)]);
    expect(count(served, 503)).toBeGreaterThan(0);
    expect(count(refused, 503)).toBe(10);
    expect(texts.filter((text) => text.includes('api_keys')).length).toBe(1);
  });

  test('are counted in /metrics when they are refused, and their error code as well', async () => {
    const { gateway, openWires, askOverEach } = await startGateway();
    const answers = await askOverEach(await openWires(2 * untilOverload), query('flood', gateway.key));
    const { value } = await readMetrics(gateway);
    expect(value('gateway_overload_refusals_total')).toBe(count(answers, 503));
    expect(value('gateway_errors_total{code="SERVICE_UNAVAILABLE"}')).toBe(count(answers, 503));
  });

  test('wait as long as they have to while other processes use the CPU', async () => {
    const { gateway, openWires, askOverEach } = await startGateway({ cpuShare: 0.3 });
    const answers = await askOverEach(await openWires(2 * untilOverload), query('flood', gateway.key));
    expect(count(answers, 200)).toBe(2 * untilOverload);
  });
});

describe('under overload', () => {
  test('new connections are accepted soon, and /health, /ready and /metrics are always served', async () => {
    const { gateway, url, turns, openWires, flood } = await startGateway();
    const { result, answers } = await flood(
      await openWires(untilOverload),
      () => query('flood', gateway.key),
      async () => {
        while (turns.length < 2 * untilOverload) await sleep(1);
        const before = turns.flat().length;
        const paths = ['/health', '/ready', '/metrics'].flatMap((path) => Array.from({ length: 10 }, () => path));
        const served = await Promise.all(paths.map(async (path) => (await fetch(url + path)).status));
        return { served, executed: turns.flat().length - before };
      },
    );
    expect(result.served).toEqual(Array.from({ length: 30 }, () => 200));
    // Each turn accepts one connection: with three operations a turn these would be 90.
    expect(result.executed).toBeLessThan(75);
    expect(count(answers, 503)).toBeGreaterThan(0);
  });

  test('an organization that needs less than its share is not refused, and waits for one turn of the others', async () => {
    const { gateway, turns, openWires, flood } = await startGateway();
    const { secret } = await gateway.issueKey({ organization: 'calm' });
    const { result, answers } = await flood(
      await openWires(untilOverload),
      () => query('flood', gateway.key),
      async () => {
        const [wire] = await openWires(1);
        const calm: WireAnswer[] = [];
        while (turns.length < 4 * untilOverload) calm.push(await ask(wire as Wire, query('calm', secret)));
        return calm;
      },
    );
    expect(count(answers, 503)).toBeGreaterThan(0);
    expect(result.length).toBeGreaterThan(untilOverload);
    expect(count(result, 200)).toBe(result.length);
    // What one does not use is left to the others.
    expect(turns.flat().filter((name) => name === 'flood').length).toBeGreaterThan(result.length);
  });

  test('callers without a valid credential do not take the share of an organization', async () => {
    const { gateway, turns, openWires, flood } = await startGateway();
    const [wire, ...wires] = await openWires(1 + untilOverload);
    const ownQuery = query('known', gateway.key);
    await ask(wire as Wire, ownQuery);
    const stranger = (index: number) => query('stranger', `sk_${String(index).padStart(43, '0')}`);
    const { result, answers } = await flood(wires, stranger, async () => {
      const known: WireAnswer[] = [];
      while (turns.length < 4 * untilOverload) known.push(await ask(wire as Wire, ownQuery));
      return known;
    });
    expect(count(answers, 503)).toBeGreaterThan(0);
    expect(count(result, 200)).toBe(result.length);
  });
});

test('requests are served again as soon as there is less to do', async () => {
  const { gateway, clock, openWires, askOverEach } = await startGateway();
  const wires = await openWires(2 * untilOverload);
  expect(count(await askOverEach(wires, query('flood', gateway.key)), 503)).toBeGreaterThan(0);
  await sleep(10);
  clock.at += 200;
  expect(count(await askOverEach(wires.slice(0, 20), query('after', gateway.key)), 200)).toBe(20);
  expect((await callRest(gateway, 'GET', 'a/')).status).toBe(404);
});

test('a queue of storage that is nearly full for a second counts as overload', async () => {
  const gateway = await createTestGateway({}, onTestFinished, { clocks: systemClocks });
  const read = async () => (await gateway.graphql('{ viewer { keyId } }')).status;
  expect(await read()).toBe(200);
  const other = connectionTo(gateway.databasePath);
  other.exec('BEGIN IMMEDIATE');
  const waiting = Array.from({ length: 4_900 }, (_, n) =>
    gateway.graphql('mutation ($id: ID!) { registerDataset(input: { id: $id, name: "n" }) { __typename } }', {
      id: `d${n}`,
    }),
  );
  // Writes give up after two seconds.
  const statuses: number[] = [];
  for (const end = performance.now() + 2_000; !statuses.includes(503) && performance.now() < end; await sleep(20))
    statuses.push(await read());
  other.exec('ROLLBACK');
  await Promise.all(waiting);
  expect(statuses).toContain(503);
  await expect.poll(read).toBe(200);
});
