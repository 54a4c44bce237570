import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mayInstall } from '../support/gateway/services.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { readImage } from '../support/process/dockerfile.ts';
import { canRunImage, toScript } from '../support/process/image.ts';
import { freePort, listening, start } from '../support/process/process.ts';

const key = 'a-key-of-more-than-thirty-two-characters';
const node = process.execPath;

describe.runIf(mayInstall && canRunImage)('the steps of the Dockerfile', () => {
  test('make a gateway that becomes healthy without privileges on a read-only root, and stops within 10 s', async () => {
    const { healthcheck, env, user } = readImage().config;
    const data = createTemporaryFolder();
    const PORT = String(await freePort());
    const isHealthy = async () => {
      const [program, ...check] = healthcheck;
      expect(program).toBe('node');
      return (await start([node, ...check], { env: { PORT } }).ended).code === 0;
    };
    expect(await isHealthy()).toBe(false);

    const given = { PORT, HOST: '127.0.0.1', BOOTSTRAP_API_KEY: key };
    const script = toScript({ folder: createTemporaryFolder(), node, data, env: given });
    const container = start(['unshare', '-m', 'bash', '-c', script]);
    const gateway = await listening(container, `${data}/gateway.db`);
    expect(await isHealthy()).toBe(true);
    expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);
    const create = 'mutation { createExperiment(input: { name: "x" }) { __typename } }';
    expect(await gateway.graphql(create, {}, key)).toMatchObject({ data: { createExperiment: expect.anything() } });
    expect(existsSync(`${data}/gateway.db`)).toBe(true);

    const pid = String(container.child.pid);
    const [uid = '', gid = ''] = user.split(':');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    for (const line of [
      `Uid:\t${uid}\t${uid}`,
      'CapEff:\t0000000000000000',
      'CapBnd:\t0000000000000000',
      'NoNewPrivs:\t1',
    ])
      expect(status).toContain(line);

    /** Runs a program in the container, as `docker exec` does. */
    const execute = (...command: string[]) => {
      const place = ['--target', pid, '--mount', '--root', '--setuid', uid, '--setgid', gid];
      const inContainer = { ...env, PATH: '/usr/local/bin:/usr/bin:/bin' };
      return start(['nsenter', ...place, '--', 'sh', '-c', 'cd /app && exec "$@"', 'sh', ...command], {
        env: inContainer,
      }).ended;
    };
    expect((await execute('experiment-gateway', 'keys', 'create')).stdout).toMatch(/^sk_\S+\n$/);
    expect((await execute('touch', '/app/written')).stderr).toContain('Read-only file system');
    const packages = (await execute('sh', '-c', 'ls node_modules node_modules/.bin')).stdout.split('\n');
    expect(packages).toContain('better-sqlite3');
    for (const name of ['typescript', 'vitest', 'esbuild', `node-linux-${process.arch}`])
      expect(packages).not.toContain(name);

    const begun = performance.now();
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(10_000);
  }, 600_000);
});
