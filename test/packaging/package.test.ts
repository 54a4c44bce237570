import { execFileSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readProductionLock } from '../../.ci/production.mjs';
import { mayInstall } from '../support/gateway/services.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { listening, repository, start } from '../support/process/process.ts';

/** The packages below a folder, at any depth, with their versions. */
function listPackages(folder: string, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const path of globSync(['node_modules/[!.@]*', 'node_modules/@*/*'], { cwd: folder })) {
    const { version } = JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8'));
    found[prefix + path] = version;
    Object.assign(found, listPackages(join(folder, path), `${prefix}${path}/`));
  }
  return found;
}

describe.runIf(mayInstall)('the npm package, installed from the registry into an empty prefix', () => {
  let folder = '';
  let prefix = '';
  let restored = false;
  /** A machine that has only Node. */
  const PATH = `${join(process.execPath, '..')}:/usr/bin:/bin`;
  const startIn = (args: readonly string[], env: Record<string, string> = {}) =>
    start([join(prefix, 'bin/experiment-gateway'), ...args], { cwd: folder, env: { PATH, ...env } });
  const run = (...args: string[]) => startIn(args).ended;

  beforeAll(() => {
    folder = createTemporaryFolder(afterAll);
    prefix = join(folder, 'prefix');
    // A copy, because packing changes package.json for a moment.
    const checkout = join(folder, 'checkout');
    for (const name of ['.ci', 'drizzle', 'src', 'LICENSE', 'README.md', 'package.json', 'package-lock.json'])
      cpSync(join(repository, name), join(checkout, name), { recursive: true });
    for (const name of ['tsconfig.json', 'tsconfig.package.json']) cpSync(join(repository, name), join(checkout, name));
    symlinkSync(join(repository, 'node_modules'), join(checkout, 'node_modules'));
    const manifest = readFileSync(join(checkout, 'package.json'), 'utf8');
    const script = `cd ${checkout} && npm pack --pack-destination .. && cd .. &&
      npm install --global --prefix ${prefix} --ignore-scripts ./experiment-gateway-*.tgz`;
    execFileSync('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit'] });
    restored = readFileSync(join(checkout, 'package.json'), 'utf8') === manifest;
  }, 600_000);

  test('has what a gateway needs, in the versions of the lock file, and nothing else', async () => {
    const installed = join(prefix, 'lib/node_modules/experiment-gateway');
    const { packages } = readProductionLock();
    const pinned = Object.entries<{ version: string }>(packages).filter(([path]) => path !== '');
    expect(listPackages(installed)).toEqual(Object.fromEntries(pinned.map(([path, { version }]) => [path, version])));
  });

  test('leaves package.json as it was', () => {
    expect(restored).toBe(true);
  });

  test('prints its version, and names itself in its messages', async () => {
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    expect(await run('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
    const { code, stderr } = await run('keys', 'list');
    expect([code, stderr]).toEqual([1, expect.stringContaining('(experiment-gateway migrate)')]);
    expect((await run('keys', 'create', '--help')).stdout).toContain('KEY=$(experiment-gateway keys create');
  });

  test('serves, becomes healthy, creates an experiment, and stops on SIGTERM', async () => {
    const path = join(folder, 'gateway.db');
    const gateway = await listening(startIn(['serve'], { PORT: '0', DATABASE_URL: `file:${path}` }), path);
    for (const probe of ['/health', '/ready', '/graphql']) {
      const response = await fetch(gateway.url + probe, { headers: { accept: 'text/html' } });
      expect([probe, response.status]).toEqual([probe, 200]);
    }
    const create = 'mutation { createExperiment(input: { name: "x" }) { __typename } }';
    expect(await gateway.graphql(create)).toEqual({
      data: { createExperiment: { __typename: 'CreateExperimentSuccess' } },
    });
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });
  });
});
