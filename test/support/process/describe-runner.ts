import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createCalls, otherConnection } from '../gateway/calls.ts';
import { steps } from '../gateway/operations.ts';
import { createTemporaryFolder, createTestGateway } from '../gateway/test-gateway.ts';
import { start } from './process.ts';

/** A gateway that listens, with one experiment, and a runner of it. */
async function createWorld(program: readonly string[]) {
  const gateway = await createTestGateway();
  const url = await gateway.app.listen();
  const calls = createCalls(gateway);
  const id = 'exp "1" \\ é';
  await calls.created({ experimentId: id });
  return {
    ...calls,
    id,
    key: gateway.key,
    issueKey: gateway.issueKey,
    forward: () => startForwarding(Number(new URL(url).port)),
    expireLease: () => void otherConnection(gateway).exec('UPDATE experiments SET lease_expires_at = 7'),
    take: async (name: keyof typeof steps, variables: object = {}) =>
      (await gateway.data(steps[name], { id, ...variables })).result,
    read: () => calls.stored(id),
    run: (script: string | null, env: Record<string, string> = {}, experiment = id) =>
      start([...program, experiment, ...(script === null ? [] : ['--', 'bash', '-c', script])], {
        env: { GATEWAY_URL: url, GATEWAY_KEY: gateway.key, ...env },
      }),
  };
}

/** A port that leads to another one, until it is closed. */
async function startForwarding(target: number) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(target, '127.0.0.1');
    for (const each of [socket, onward]) sockets.add(each.on('error', () => undefined));
    socket.pipe(onward).pipe(socket);
  });
  const open = (port: number) => server.listen(port, '127.0.0.1');
  await once(open(0), 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${port}`, close, open: () => void open(port) };
}

async function waitFor(isThere: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isThere()); tries++) {
    if (tries > 200) throw new Error('It did not happen within 10 s.');
    await sleep(50);
  }
}

/** The behaviour that `examples/runner.sh` and `gateway run` share. `usage` is what they say to a wrong use. */
export function describeRunner(program: readonly string[], usage: RegExp): void {
  test('a runner passes the output on, reports progress while the command works, completes, and exits 0', async () => {
    const { run, read } = await createWorld(program);
    const go = join(createTemporaryFolder(), 'go');
    const running = run(
      'echo "PROGRESS 40"; echo working; until [ -e "$GO" ]; do sleep 0.1; done; printf "PROGRESS 60.5%%"',
      { GO: go },
    );
    await waitFor(async () => (await read()).progress === 40);
    const { leaseExpiresAt } = await read();
    expect(Math.abs(Date.parse(leaseExpiresAt) - Date.now() - 60_000)).toBeLessThan(5_000);
    writeFileSync(go, '');
    const { code, stdout } = await running.ended;
    expect([code, stdout]).toEqual([0, 'PROGRESS 40\nworking\nPROGRESS 60.5%']);
    expect(await read()).toMatchObject({ status: 'COMPLETED', progress: 100, attempt: 1, leaseExpiresAt: null });
  });

  test('without a command, a stand-in for the work runs', async () => {
    const { run, read } = await createWorld(program);
    const { code, stdout } = await run(null).ended;
    expect([code, stdout]).toEqual([0, 'PROGRESS 25\nPROGRESS 50\nPROGRESS 75\nPROGRESS 100\n']);
    expect(await read()).toMatchObject({ status: 'COMPLETED' });
  });

  test('a runner whose command fails exits with its code, and the experiment has the code and the last lines', async () => {
    const { run, read } = await createWorld(program);
    const script = String.raw`for n in {1..30}; do echo "line $n"; done; printf 'a "quoted" \\ \t\001\xff é' >&2; exit 7`;
    expect(await run(script).ended).toMatchObject({ code: 7 });
    const { status, errorMessage } = await read();
    const lines = Array.from({ length: 19 }, (_, index) => `line ${index + 12}`);
    expect([status, errorMessage]).toEqual([
      'FAILED',
      ['The command exited with 7. Its last output:', ...lines, 'a "quoted" \\ \t é'].join('\n'),
    ]);
  });

  test('a command that prints nothing, or does not exist, fails with its code', async () => {
    const { run, take, read } = await createWorld(program);
    expect(await run('exit 3').ended).toMatchObject({ code: 3 });
    expect(await read()).toMatchObject({ errorMessage: 'The command exited with 3. It printed nothing.' });
    await take('reset');
    expect(await run('exec /no/such/command').ended).toMatchObject({ code: 127 });
    expect(await read()).toMatchObject({ status: 'FAILED', attempt: 2 });
  });

  test('a runner renews its lease while the command is silent', async () => {
    const { run, read } = await createWorld(program);
    const running = run('sleep 30', { GATEWAY_LEASE_SECONDS: '10' });
    await waitFor(async () => (await read()).status === 'RUNNING');
    const { leaseExpiresAt: first } = await read();
    await waitFor(async () => (await read()).leaseExpiresAt !== first);
    expect(await read()).toMatchObject({ isStalled: false, progress: 0 });
    running.signal('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 143 });
    expect(await read()).toMatchObject({ status: 'FAILED', errorMessage: 'The runner was stopped by SIGTERM.' });
  });

  test.each([
    ['taken over', 'RUNNING', /The experiment is now at attempt 2\./],
    ['cancelled', 'CANCELLED', /The experiment is CANCELLED/],
  ])('a runner whose run was %s ends its command with all its children, and exits 1', async (_, how, message) => {
    const { run, read, take, expireLease } = await createWorld(program);
    const running = run('sleep 77.5 & echo "PID $!"; for n in {1..60}; do sleep 0.2; echo "PROGRESS $n"; done; wait');
    const [, pid] = await running.until(/PID (\d+)/);
    await waitFor(async () => (await read()).progress > 0);
    // The runner renews its lease every second here, so a take-over may need several tries.
    await waitFor(async () => {
      if (how === 'CANCELLED') return (await take('cancel')).experiment !== undefined;
      expireLease();
      return (await take('start')).experiment !== undefined;
    });
    const { code, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(() => process.kill(Number(pid), 0)).toThrow(/ESRCH/);
    expect(await read()).toMatchObject({ status: how, attempt: how === 'CANCELLED' ? 1 : 2 });
  });

  test('a runner that finds another at work says so and exits 0, with a lease and without one', async () => {
    const { run, take, expireLease } = await createWorld(program);
    await take('start', { leaseSeconds: 60 });
    const { code, stdout, stderr } = await run('echo never').ended;
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/another runner is at work on exp "1" .* already: The experiment is RUNNING/);
    expireLease();
    await take('start');
    expect(await run('echo never').ended).toMatchObject({ code: 0, stdout: '' });
  });

  test('a runner takes over a stalled run', async () => {
    const { run, read, take, expireLease } = await createWorld(program);
    await take('start', { leaseSeconds: 60 });
    expireLease();
    expect(await run('exit 0').ended).toMatchObject({ code: 0 });
    expect(await read()).toMatchObject({ status: 'COMPLETED', attempt: 2 });
  });

  test('a wrong key, a key that may not run, a missing or finished experiment and a bad lease each exit 1 with the message', async () => {
    const { run, take, issueKey } = await createWorld(program);
    const { secret } = await issueKey({ scopes: ['experiments:read'] });
    await take('cancel');
    const refusals: [Promise<{ code: number | null; stdout: string; stderr: string }>, RegExp][] = [
      [run('echo never', { GATEWAY_KEY: 'wrong' }).ended, /A valid API key or dashboard token is required\./],
      [run('echo never', { GATEWAY_KEY: '' }).ended, /[Ss]et GATEWAY_KEY/],
      [run('echo never', { GATEWAY_KEY: secret }).ended, /requires the scope experiments:run/],
      [run('echo never', {}, 'nobody').ended, /There is no experiment with this id\./],
      [run('echo never').ended, /The experiment is CANCELLED: .* To run it again, reset it first\./],
      [run('echo never', { GATEWAY_LEASE_SECONDS: '5' }).ended, /leaseSeconds/],
      [run('echo never', { GATEWAY_LEASE_SECONDS: 'x' }).ended, /GATEWAY_LEASE_SECONDS is not a number/],
      [run('echo never', { GATEWAY_URL: 'http://127.0.0.1:1' }).ended, /cannot reach http:\/\/127\.0\.0\.1:1: /],
    ];
    for (const [ended, message] of refusals) {
      const { code, stdout, stderr } = await ended;
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(message);
    }
  });

  test('a wrong use exits 2 with the usage', async () => {
    for (const args of [[], ['a', 'b'], ['a', '--'], ['a', 'b', 'c'], [''], ['a\nb']]) {
      const { code, stdout, stderr } = await start([...program, ...args]).ended;
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(usage);
    }
  });

  test('a runner tries its last step again while the gateway cannot be reached', async () => {
    const { run, read, forward } = await createWorld(program);
    const network = await forward();
    const go = join(createTemporaryFolder(), 'go');
    const env = { GATEWAY_URL: `${network.url}/` };
    const running = run(`echo started; until [ -e '${go}' ]; do sleep 0.1; done; echo ending`, env);
    await running.until(/started/);
    network.close();
    writeFileSync(go, '');
    await running.until(/ending/);
    await sleep(500);
    network.open();
    expect(await running.ended).toMatchObject({ code: 0, stdout: 'started\nending\n' });
    expect(await read()).toMatchObject({ status: 'COMPLETED', attempt: 1 });
  });

  test('the key is in no argument of a process, where others could read it', async () => {
    const { run, key, read } = await createWorld(program);
    const running = run('sleep 1; ps -eo args 2>/dev/null || cat /proc/[0-9]*/cmdline | tr "\\0" " "');
    await waitFor(async () => (await read()).status === 'RUNNING');
    const { stdout } = await running.ended;
    expect(stdout).toContain(program.at(-1));
    expect(stdout).not.toContain(key);
  });
}
