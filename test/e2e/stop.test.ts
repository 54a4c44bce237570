import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { openWire, post } from '../support/http/wire.ts';
import { freePort, listening, type RunningGateway, start, startGateway } from '../support/process/process.ts';

/** Sends a signal, waits for the process to exit, and returns the exit code and the seconds that it took. */
async function stop(gateway: RunningGateway, signal: NodeJS.Signals, to?: 'group') {
  const begin = performance.now();
  gateway.signal(signal, to);
  const { code, signal: killer, stderr } = await gateway.ended;
  return { code, killer, stderr, seconds: (performance.now() - begin) / 1_000 };
}

const clean = { code: 0, killer: null };

async function isListening(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    () => true,
    () => false,
  );
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('ends an idle gateway with exit code 0', async () => {
    const gateway = await startGateway();
    const end = await stop(gateway, signal);
    expect(end).toMatchObject({ ...clean, stderr: '' });
    expect(end.seconds).toBeLessThan(3);
    expect(await isListening(gateway.url)).toBe(false);
  });

  test('does not wait for idle connections', async () => {
    const gateway = await startGateway();
    for (let count = 0; count < 5; count++) {
      const connection = await openWire(gateway.url);
      await connection.send(post('{"query":"{ __typename }"}'));
      expect((await connection.answer()).status).toBe(200);
    }
    const end = await stop(gateway, signal);
    expect(end).toMatchObject(clean);
    expect(end.seconds).toBeLessThan(3);
  });

  test('finishes a request in flight', async () => {
    const gateway = await startGateway();
    const body = JSON.stringify({
      query: 'mutation { createExperiment(input: { experimentId: "last", name: "x" }) { __typename } }',
    });
    const connection = await openWire(gateway.url);
    const bytes = post(body, { authorization: `Bearer ${gateway.firstKey}` });
    await connection.send(bytes.slice(0, -30));
    // The gateway is working on it once a request that was sent later has been answered.
    await fetch(`${gateway.url}/health`);
    gateway.signal(signal);
    await gateway.until(/stopping/);
    await expect.poll(() => isListening(gateway.url)).toBe(false);
    await connection.send(bytes.slice(-30));
    expect(await connection.answer()).toMatchObject({
      status: 200,
      body: '{"data":{"createExperiment":{"__typename":"CreateExperimentSuccess"}}}',
    });
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });

    const again = await startGateway({ env: { DATABASE_URL: `file:${gateway.databasePath}` } });
    expect(await again.graphql('{ experiment(id: "last") { revision } }', {}, gateway.firstKey)).toEqual({
      data: { experiment: { revision: 1 } },
    });
  });
});

describe('a gateway exits within ten seconds', () => {
  test('although a body never arrives completely, and a connection never sends anything', async () => {
    const gateway = await startGateway();
    const [silent, slow] = [await openWire(gateway.url), await openWire(gateway.url)];
    await slow.send(post('{"query":', { 'content-length': '100' }));
    await fetch(`${gateway.url}/health`);
    const end = await stop(gateway, 'SIGTERM');
    expect(end).toMatchObject(clean);
    expect(end.seconds).toBeLessThan(10);
    await Promise.all([silent.closed, slow.closed]);
  });

  test('although it gets a second, different signal, and not before its work is done', async () => {
    const gateway = await startGateway();
    const slow = await openWire(gateway.url);
    const bytes = post('{"query":"{ __typename }"}');
    await slow.send(bytes.slice(0, -10));
    await fetch(`${gateway.url}/health`);
    gateway.signal('SIGINT');
    await gateway.until(/stopping/);
    gateway.signal('SIGINT');
    gateway.signal('SIGTERM');
    await slow.send(bytes.slice(-10));
    expect((await slow.answer()).status).toBe(200);
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });
  });

  test('in production too, and its log is complete', async () => {
    const gateway = await startGateway({ env: { NODE_ENV: 'production' } });
    await fetch(`${gateway.url}/nowhere`, { headers: { 'x-request-id': 'the-last-one' } });
    expect(await stop(gateway, 'SIGTERM')).toMatchObject({ ...clean, stderr: '' });
    expect(gateway.stdout()).toMatch(/"the-last-one"/);
    expect(gateway.stdout().trimEnd().split('\n').at(-1)).toMatch(/"SIGTERM"/);
  });
});

describe('a gateway that is stopping', () => {
  test('serves requests that arrive on open connections within half a second, and announces that it closes them', async () => {
    const gateway = await startGateway();
    const connections = await Promise.all(Array.from({ length: 8 }, () => openWire(gateway.url)));
    const bytes = post('{"query":"{ __typename }"}');
    for (const connection of connections) {
      await connection.send(bytes);
      expect((await connection.answer()).headers.connection).toBe('keep-alive');
    }
    gateway.signal('SIGTERM');
    await gateway.until(/stopping/);
    for (const connection of connections) await connection.send(bytes);
    for (const connection of connections) {
      const answer = await connection.answer();
      expect(answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
      expect(await connection.closed).toBeUndefined();
    }
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });
  });

  test('serves requests on connections that it had not accepted yet', async () => {
    const gateway = await startGateway();
    // While the process is suspended, the system accepts the connections and queues them.
    gateway.signal('SIGSTOP');
    const connections = await Promise.all(Array.from({ length: 20 }, () => openWire(gateway.url)));
    for (const connection of connections) await connection.send(post('{"query":"{ __typename }"}'));
    gateway.signal('SIGTERM');
    gateway.signal('SIGCONT');
    const answers = await Promise.all(connections.map((connection) => connection.answer()));
    expect(answers.map(({ status }) => status)).toEqual(connections.map(() => 200));
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });
  });

  test('does not wait for connections that never sent anything', async () => {
    const gateway = await startGateway();
    const connections = await Promise.all(Array.from({ length: 3 }, () => openWire(gateway.url)));
    await fetch(`${gateway.url}/health`);
    const end = await stop(gateway, 'SIGTERM');
    expect(end).toMatchObject(clean);
    expect(end.seconds).toBeLessThan(5);
    await Promise.all(connections.map(({ closed }) => closed));
  });

  test('announces it in responses that have not begun, by each gate', async () => {
    const gateway = await startGateway();
    const bytes = post('{"query":"{ __typename }"}');
    const connections = [await openWire(gateway.url), await openWire(gateway.url)];
    await connections[0]?.send(bytes.slice(0, -10));
    await connections[1]?.send(bytes.replace('/graphql', '/graphql?').slice(0, -10));
    await fetch(`${gateway.url}/health`);
    gateway.signal('SIGTERM');
    await gateway.until(/stopping/);
    for (const connection of connections) {
      await connection.send(bytes.slice(-10));
      expect(await connection.answer()).toMatchObject({ status: 200, headers: { connection: 'close' } });
    }
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });
  });

  test('finishes a large response to a client that reads slowly', async () => {
    const gateway = await startGateway();
    const input = { experimentId: 'large', workflow: [{ text: 'x'.repeat(1_000_000) }] };
    const create = 'mutation ($input: CreateExperimentInput!) { createExperiment(input: $input) { __typename } }';
    await gateway.graphql(create, { input }, gateway.firstKey);
    const fields = Array.from({ length: 12 }, (_, index) => `a${index}: workflow`).join(' ');
    const body = JSON.stringify({ query: `{ experiment(id: "large") { ${fields} } }` });
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let received = 0;
    const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.write(post(body, { authorization: `Bearer ${gateway.firstKey}` }));
    await once(socket, 'readable');
    gateway.signal('SIGTERM');
    await gateway.until(/stopping/);
    await delay(1_000);
    socket.on('data', (chunk) => (received += chunk.length));
    await ended;
    expect(received).toBeGreaterThan(12_000_000);
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });
  });

  test('exits immediately on a second signal, a second or more after the first', async () => {
    const gateway = await startGateway();
    const slow = await openWire(gateway.url);
    await slow.send(post('{"query":', { 'content-length': '100' }));
    await fetch(`${gateway.url}/health`);
    gateway.signal('SIGINT');
    await gateway.until(/stopping/);
    await delay(1_100);
    gateway.signal('SIGINT');
    expect(await gateway.ended).toMatchObject({ code: 130, signal: null });
  });
});

describe('npm start', () => {
  async function npmStart(): Promise<RunningGateway> {
    const path = join(createTemporaryFolder(), 'gateway.db');
    const env = { DATABASE_URL: `file:${path}`, PORT: String(await freePort()) };
    return listening(start(['npm', 'start'], { env, group: true }), path);
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('passes %s to the gateway and exits with its exit code', async (signal) => {
    const gateway = await npmStart();
    const end = await stop(gateway, signal);
    expect(end).toMatchObject(clean);
    expect(end.seconds).toBeLessThan(10);
    expect(gateway.stdout()).toMatch(/stopping/);
    expect(await isListening(gateway.url)).toBe(false);
  });

  test('stops on Ctrl-C, which a terminal sends to both npm and the gateway', async () => {
    const gateway = await npmStart();
    expect(await stop(gateway, 'SIGINT', 'group')).toMatchObject(clean);
    expect(await isListening(gateway.url)).toBe(false);
  });

  test('waits for a request in flight', async () => {
    const gateway = await npmStart();
    const connection = await openWire(gateway.url);
    const bytes = post('{"query":"{ __typename }"}');
    await connection.send(bytes.slice(0, -10));
    await fetch(`${gateway.url}/health`);
    gateway.signal('SIGTERM');
    await gateway.until(/stopping/);
    await connection.send(bytes.slice(-10));
    expect((await connection.answer()).status).toBe(200);
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });
  });
});
