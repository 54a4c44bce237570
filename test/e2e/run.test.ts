import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createOutput } from '../../src/cli/run/output.ts';
import { createTemporaryFolder, createTestGateway } from '../support/gateway/test-gateway.ts';
import { describeRunner } from '../support/process/describe-runner.ts';
import { repository, start } from '../support/process/process.ts';

/** A runner loads so little that it needs no prebuilt packages. */
const program = [process.execPath, join(repository, 'src/gateway.mjs'), 'run'];

/** A gateway with an experiment `exp`, and what a runner needs to reach it. */
async function createWorld() {
  const gateway = await createTestGateway();
  const env = { GATEWAY_URL: await gateway.app.listen(), GATEWAY_KEY: gateway.key };
  await gateway.data('mutation { createExperiment(input: { experimentId: "exp" }) { __typename } }');
  const read = async () => (await gateway.data('{ experiment(id: "exp") { status progress } }')).experiment;
  return { env, read };
}

describe('gateway run', () => {
  describeRunner(program, /^error: [^\n]+\n$/);

  test('who forgets the -- before the command is told where it belongs', async () => {
    expect(await start([...program, 'exp', 'python', 'run.py']).ended).toMatchObject({
      code: 2,
      stderr: "error: missing '--' before the command: run exp -- python ...\n",
    });
  });

  test('npm passes on the output and the exit code of the command, and SIGTERM', async () => {
    const { env, read } = await createWorld();
    const run = ['npm', 'run', '-s', 'gateway', '--', 'run', 'exp', '--', 'bash', '-c'];
    const script = 'trap "echo ended; exit 9" TERM; echo "PROGRESS 1"; sleep 60 & wait';
    const running = start([...run, script], { env, group: true });
    await running.until(/PROGRESS/);
    running.signal('SIGTERM');
    await running.until(/ended/);
    await running.ended;
    await expect.poll(read, { timeout: 10_000 }).toMatchObject({ status: 'FAILED' });
    expect(await start([...run, 'true'], { env }).ended).toMatchObject({ code: 1, stdout: '' });
  });

  test('neither a runner nor its command takes anything from .env', async () => {
    const { env, read } = await createWorld();
    const cwd = createTemporaryFolder();
    writeFileSync(join(cwd, '.env'), 'GATEWAY_KEY=wrong\nSECRET=secret\nGATEWAY_LEASE_SECONDS=x\n');
    const running = start([...program, 'exp', '--', 'sh', '-c', 'echo "<$SECRET>"'], { cwd, env });
    expect(await running.ended).toMatchObject({ code: 0, stdout: '<>\n' });
    expect(await read()).toMatchObject({ status: 'COMPLETED' });
  });

  test('a runner whose output nobody reads any more finishes its work', async () => {
    const { env, read } = await createWorld();
    const work = 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "line $i of many"; done';
    const script = `"$@" exp -- sh -c '${work}' | head -n 1`;
    const { stdout } = await start(['bash', '-c', script, 'bash', ...program], { env }).ended;
    expect(stdout).toBe('line 1 of many\n');
    expect(await read()).toMatchObject({ status: 'COMPLETED' });
  });

  test('the end of an output arrives at a slow reader', async () => {
    const { env, read } = await createWorld();
    const go = join(createTemporaryFolder(), 'go');
    // More than a pipe holds, and so little more that the command need not wait.
    const script = `"$@" exp -- sh -c 'head -c 70000 /dev/zero; exit 4' |
      { until [ -e '${go}' ]; do sleep 0.1; done; wc -c; }; exit \${PIPESTATUS[0]}`;
    const { ended } = start(['bash', '-c', script, 'bash', ...program], { env });
    await expect.poll(read, { timeout: 30_000 }).toMatchObject({ status: 'FAILED' });
    await sleep(500);
    writeFileSync(go, '');
    const { code, stdout } = await ended;
    expect([code, stdout]).toEqual([4, '70000\n']);
  });

  test('a process that the command leaves behind with its output does not hold up the end', async () => {
    const { env, read } = await createWorld();
    const running = start([...program, 'exp', '--', 'sh', '-c', 'sleep 55 & echo "PID $!"'], { env });
    const { code, stdout } = await running.ended;
    process.kill(Number(/PID (\d+)/.exec(stdout)?.[1]), 'SIGKILL');
    expect(code).toBe(0);
    expect(await read()).toMatchObject({ status: 'COMPLETED' });
  });

  test('a command that cannot be started fails the experiment, with a shell and without one', async () => {
    for (const [command, PATH] of [['/no/such/command'], ['true', '/no/such/folder']] as const) {
      const { env, read } = await createWorld();
      const running = start([...program, 'exp', '--', command], { env: { ...env, ...(PATH && { PATH }) } });
      expect(await running.ended).toMatchObject({ code: 127 });
      expect(await read()).toMatchObject({ status: 'FAILED' });
    }
  });

  test('a runner loads nothing of the gateway, and so opens no database', async () => {
    const { env } = await createWorld();
    const cwd = createTemporaryFolder();
    const list = join(cwd, 'loaded.txt');
    writeFileSync(
      join(cwd, 'hook.mjs'),
      `import { registerHooks } from 'node:module';
       import { appendFileSync } from 'node:fs';
       registerHooks({
         load: (url, context, next) => (appendFileSync(${JSON.stringify(list)}, url + '\\n'), next(url, context)),
       });`,
    );
    const [node = '', ...args] = program;
    const running = start([node, '--import', join(cwd, 'hook.mjs'), ...args, 'exp', '--', 'true'], { cwd, env });
    expect(await running.ended).toMatchObject({ code: 0 });
    const files = readFileSync(list, 'utf8').matchAll(/^file:.*?\/((?:src|node_modules)\/.*)$/gm);
    const loaded = Array.from(files, ([, file = '']) => file);
    expect(loaded).toContain('src/cli/run/work.ts');
    const own =
      /^src\/(cli\/(cli|failures|run|run\/[^/]+)|gateway|resolve-hook|env-file|run-config|domain\/faults)\.m?[jt]s$/;
    expect(loaded.filter((file) => !own.test(file) && !file.startsWith('node_modules/commander/'))).toEqual([]);
  });
});

describe('what a runner remembers of the output of its command', () => {
  function read(...parts: string[]) {
    const output = createOutput();
    for (const part of parts) output.take(part);
    output.end();
    return { progress: output.progress(), lines: output.lastLines() };
  }

  test('does not depend on the parts that it arrives in', () => {
    const expected = { progress: 40, lines: ['PROGRESS 40', 'b', '', 'c'] };
    expect(read('PROG', 'RESS 4', '0\nb', '', '\n\nc')).toEqual(expected);
    expect(read('PROGRESS 40\nb\n\nc\n')).toEqual(expected);
    expect(read()).toEqual({ progress: 0, lines: [] });
  });

  test('is progress that grows, up to 100', () => {
    const lines = [
      'PROGRESS 5.25 ',
      'PROGRESS 5.5%\r',
      'PROGRESS 3',
      'PROGRESS 101',
      ' PROGRESS 50',
      'PROGRESS 50 done',
    ];
    expect(read(lines.join('\n')).progress).toBe(5.5);
  });

  test('is the last 20 lines, each of 400 characters, without what the gateway would refuse', () => {
    const { lines } = read(
      'first\n'.repeat(30),
      `${'x'.repeat(399)}😀\n`,
      'a\0b\tc\ud800\n',
      'y'.repeat(1_000),
      'y'.repeat(1_000),
    );
    expect(lines).toEqual([...Array.from({ length: 17 }, () => 'first'), 'x'.repeat(399), 'ab\tc', 'y'.repeat(400)]);
  });
});
