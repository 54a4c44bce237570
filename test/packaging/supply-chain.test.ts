import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readProductionLock } from '../../.ci/production.mjs';
import { mayInstall } from '../support/gateway/services.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { prebuilt, repository, start, startGateway } from '../support/process/process.ts';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

const readJson = (path: string) => JSON.parse(readFileSync(join(repository, path), 'utf8'));
const withoutRoot = (packages: Record<string, Locked>) => Object.entries(packages).filter(([path]) => path !== '');

describe('every version is exact', () => {
  test.each(['package.json', 'bench/package.json'])('in %s', (path) => {
    const { dependencies, devDependencies, optionalDependencies } = readJson(path);
    const pins = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(pins.length).toBeGreaterThan(1);
    expect(pins.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test('in package-lock.json, each with its hash, but for the builds of tools for other platforms', () => {
    const { packages } = readJson('package-lock.json');
    const locked = withoutRoot(packages);
    expect(locked.length).toBeGreaterThan(100);
    expect(locked.filter(([, { integrity, optional }]) => !integrity?.startsWith('sha512-') && !optional)).toEqual([]);
    const production = withoutRoot(readProductionLock().packages);
    expect(production.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
  });
});

test('no package of an installation has an install script', () => {
  expect(withoutRoot(readProductionLock().packages).filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
});

describe('npm run licenses', () => {
  test('lists the packages of an installation, all with a permissive license', async () => {
    const { code, stdout, stderr } = await start([process.execPath, '.ci/list-licenses.mjs']).ended;
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(withoutRoot(readProductionLock().packages).length);
    expect(lines).toContain(`graphql ${readJson('package.json').dependencies.graphql} MIT`);
  });

  test.each(['GPL-3.0-only', undefined])('exits 1 and names a package with the license %s', async (license) => {
    const folder = createTemporaryFolder();
    cpSync(join(repository, '.ci'), join(folder, '.ci'), { recursive: true });
    cpSync(join(repository, 'package.json'), join(folder, 'package.json'));
    const lock = readJson('package-lock.json');
    const seeded = { ...lock.packages['node_modules/zod'], license };
    const packages = { ...lock.packages, 'node_modules/zod': seeded };
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...lock, packages }));
    const { code, stderr } = await start([process.execPath, '.ci/list-licenses.mjs'], { cwd: folder }).ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining(`zod ${seeded.version} ${license ?? 'none'}`)]);
  });
});

test.runIf(mayInstall)('npm run sbom lists the packages of an installation as CycloneDX', async () => {
  const { code, stdout } = await start(['npm', 'run', '-s', 'sbom']).ended;
  expect(code).toBe(0);
  const { bomFormat, components, metadata } = JSON.parse(stdout);
  expect([bomFormat, metadata.component.name]).toEqual(['CycloneDX', 'experiment-gateway']);
  const found = components.map(({ purl }: { purl: string }) => decodeURIComponent(purl.replace(/\?.*/, '')));
  const toUrl = ([path, { version }]: [string, Locked]) =>
    `pkg:npm/${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`;
  expect(new Set(found)).toEqual(new Set(withoutRoot(readProductionLock().packages).map(toUrl)));
});

/** A module that writes where a process connects to, and which names it looks up, one a line. */
const recorder = (file: string) => `
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import net from 'node:net';
import { syncBuiltinESMExports } from 'node:module';
const record = (object, name, describe) => {
  const original = object[name];
  object[name] = function (...args) {
    const line = describe(...args);
    if (line) appendFileSync(${JSON.stringify(file)}, line + '\\n');
    return original.apply(this, args);
  };
};
const describe = (first, ...others) => {
  const options = Array.isArray(first) ? first[0] : first;
  return typeof options === 'object' ? (options.path ?? options.host + ':' + options.port) : [options, ...others].join(' ');
};
record(net.Socket.prototype, 'connect', describe);
record(dgram.Socket.prototype, 'send', (...args) => 'UDP ' + args.slice(1).join(' '));
for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) record(dns, name, (host) => net.isIP(host) ? '' : 'name ' + host);
syncBuiltinESMExports();
`;

test('a gateway calls nobody but the servers of its settings', async () => {
  const keyServer = createServer((_, response) => response.end('{"keys":[]}')).listen(0, '127.0.0.1');
  onTestFinished(() => void keyServer.close());
  await once(keyServer, 'listening');
  const { port } = keyServer.address() as AddressInfo;

  const folder = createTemporaryFolder();
  const [list, module] = [join(folder, 'calls.txt'), join(folder, 'recorder.mjs')];
  writeFileSync(list, '');
  writeFileSync(module, recorder(list));
  const env = { JWT_ISSUER: 'a', JWT_AUDIENCE: 'b', JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` };
  const gateway = await startGateway({ env, flags: [...prebuilt, '--import', module] });
  const create = 'mutation { createExperiment(input: { name: "x" }) { __typename } }';
  expect(await gateway.graphql(create)).toMatchObject({ data: { createExperiment: expect.anything() } });
  const page = await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } });
  expect(page.status).toBe(200);
  expect(readFileSync(list, 'utf8')).toBe('');

  // That the recorder sees a call.
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'ES256', kid: 'k' })}.${part({ iss: 'a', aud: 'b', sub: 'c' })}.${part({})}`;
  await gateway.graphql('{ viewer { organization } }', {}, token);
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toMatchObject({ code: 0 });
  expect(new Set(readFileSync(list, 'utf8').trim().split('\n'))).toEqual(new Set([`127.0.0.1:${port}`]));
});
