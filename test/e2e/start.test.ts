import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { scopes } from '../../src/domain/actor.ts';
import { type ApiKeyStore, issueApiKey } from '../../src/domain/api-key/api-key.ts';
import { openStorage } from '../../src/storage/open.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { gatewayProgram, start, startGateway } from '../support/process/process.ts';
import { createPostgresDatabase, hasServer } from '../support/storage/postgres.ts';

const browser = { accept: 'text/html' };

describe('the first start on a new database', () => {
  test('creates one key with all scopes, and prints it once, with a curl command that works as printed', async () => {
    const path = join(createTemporaryFolder(), 'not', 'yet', 'gateway.db');
    const gateway = await startGateway({ env: { DATABASE_URL: `file:${path}` } });
    const printed = gateway.stdout();
    expect(new Set(printed.match(/sk_[\w-]+/g)).size).toBe(1);
    expect(await gateway.graphql('{ viewer { organization scopes } }')).toEqual({
      data: {
        viewer: { organization: 'default', scopes: ['experiments:read', 'experiments:write', 'experiments:run'] },
      },
    });

    const [command = ''] = /^curl .*$/m.exec(printed) ?? [];
    expect(command).toContain(`${gateway.url}/graphql`);
    const { code, stdout, stderr } = await start(['sh', '-c', command]).ended;
    const experiment = expect.objectContaining({ id: expect.stringMatching(/^exp_/), revision: 1 });
    expect({ code, stderr, answer: JSON.parse(stdout) }).toEqual({
      code: 0,
      stderr: '',
      answer: { data: { createExperiment: { __typename: 'CreateExperimentSuccess', experiment } } },
    });
  });

  test('prints the addresses of the page and of GraphiQL, signed in by the key behind #, and a browser finds both there', async () => {
    const gateway = await startGateway();
    for (const [name, path, assets] of [
      ['Page', '/', '"/assets/'],
      ['GraphiQL', '/graphql', '"/graphql/assets/'],
    ]) {
      const [, address = ''] = new RegExp(`^${name} +(\\S+)$`, 'm').exec(gateway.stdout()) ?? [];
      expect(address).toBe(`${gateway.url}${path}#key=${gateway.firstKey}`);
      const response = await fetch(address, { headers: browser });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain(assets);
    }
  });
});

test('a later start prints no key, says which database it opened and how to create another key, and the first key still works', async () => {
  const first = await startGateway();
  first.signal('SIGTERM');
  await first.ended;
  const second = await startGateway({ env: { DATABASE_URL: `file:${first.databasePath}` } });
  expect(second.output()).not.toMatch(/sk_/);
  expect(second.stdout()).toMatch(new RegExp(`^Page +${second.url}/$`, 'm'));
  expect(second.stdout()).toMatch(new RegExp(`^GraphiQL +${second.url}/graphql$`, 'm'));
  expect(second.stdout()).toMatch(new RegExp(`^Database +file:${first.databasePath}$`, 'm'));
  const [, command = ''] = /^To create another API key: (npm run .*)$/m.exec(second.stdout()) ?? [];
  const env = { DATABASE_URL: `file:${first.databasePath}` };
  const another = await start(['sh', '-c', command], { env }).ended;
  expect(await second.graphql('{ viewer { organization } }', {}, another.stdout.trim())).toEqual({
    data: { viewer: { organization: 'default' } },
  });
  const answer = await second.graphql('{ viewer { organization } }', {}, first.firstKey);
  expect(answer).toEqual({ data: { viewer: { organization: 'default' } } });
});

test.runIf(hasServer)('a start on PostgreSQL says which database it opened, without user and password', async () => {
  const url = new URL(await createPostgresDatabase());
  const shown = `postgres://${url.host}${url.pathname}`;
  // The server trusts local connections, so any password does.
  url.password = 'S3cr%20t!';
  url.searchParams.set('application_name', 'S3cr');
  const named = new RegExp(`${shown}["\\s]`);
  const [development, production] = [await startOn(url.href), await startOn(url.href, { NODE_ENV: 'production' })];
  expect(development.stdout()).toMatch(new RegExp(`^Database +${shown}$`, 'm'));
  expect(production.stdout()).toMatch(named);
  for (const gateway of [development, production]) expect(gateway.output()).not.toMatch(/S3cr|postgres@/);
});

test.runIf(hasServer)('a start on PostgreSQL without REDIS_URL says that events stay inside this gateway', async () => {
  const gateway = await startOn(await createPostgresDatabase());
  expect(gateway.output()).toMatch(
    /WARN.*REDIS_URL is not set: subscribers of this gateway see only the changes made through it/,
  );
});

async function startOn(url: string, env: Record<string, string> = {}) {
  const gateway = start([...gatewayProgram, 'serve'], { env: { PORT: '0', DATABASE_URL: url, ...env } });
  await gateway.until(/(Database +\S+|"listening").*\n/);
  return gateway;
}

describe('in production', () => {
  const production = { NODE_ENV: 'production' };
  const noCaller = /"level":40,.*no API key.*BOOTSTRAP_API_KEY.*JWT.*keys create/;

  test('the log is one JSON object per line, from the moment that the gateway listens', async () => {
    const gateway = await startGateway({ env: production });
    await fetch(`${gateway.url}/nowhere`, { headers: { 'x-request-id': 'seen' } });
    await gateway.until(/"seen".*\n/);
    gateway.signal('SIGTERM');
    const { stdout, stderr } = await gateway.ended;
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(Number),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        msg: expect.any(String),
      });
    }
  });

  test('no key is created or printed, and a warning says that there is none', async () => {
    const gateway = await startGateway({ env: production });
    gateway.signal('SIGTERM');
    await gateway.ended;
    expect(gateway.output()).not.toMatch(/sk_|curl/);
    expect(gateway.output()).toMatch(noCaller);
    const database = new Database(gateway.databasePath, { readonly: true });
    expect(database.prepare('SELECT count(*) AS keys FROM api_keys').get()).toEqual({ keys: 0 });
    database.close();
  });

  describe('a warning says that no caller can be accepted', () => {
    /** Whether a gateway warns whose database has a revoked and an expired key, and anything that a test adds. */
    async function isWarned(env: Record<string, string>, prepare?: (keys: ApiKeyStore) => Promise<unknown>) {
      const url = `file:${join(createTemporaryFolder(), 'gateway.db')}`;
      const { apiKeys, close } = await openStorage(url);
      const { key } = await issueApiKey(apiKeys, grant);
      await apiKeys.revoke(key.id, new Date());
      await issueApiKey(apiKeys, { ...grant, expiresAt: new Date() });
      await prepare?.(apiKeys);
      await close();
      const gateway = await startGateway({ env: { ...production, DATABASE_URL: url, ...env } });
      gateway.signal('SIGTERM');
      return noCaller.test((await gateway.ended).stdout);
    }
    const grant = { organization: 'acme', name: null, scopes };

    test('when every key is revoked or expired', async () => {
      expect(await isWarned({})).toBe(true);
    });

    test('but not when one key is live', async () => {
      expect(await isWarned({}, (keys) => issueApiKey(keys, grant))).toBe(false);
    });

    test.each<[string, Record<string, string>]>([
      ['BOOTSTRAP_API_KEY', { BOOTSTRAP_API_KEY: 'a-key-of-the-container-0123456789' }],
      ['JWT settings', { JWT_ISSUER: 'a', JWT_AUDIENCE: 'b', JWT_SECRET: 'a secret of more than 32 characters' }],
    ])('and not beside %s', async (_name, env) => {
      expect(await isWarned(env)).toBe(false);
    });
  });

  test('there is no GraphiQL, and only known callers get introspection and suggestions', async () => {
    const key = 'a-key-of-the-container-0123456789';
    const gateway = await startGateway({ env: { ...production, BOOTSTRAP_API_KEY: key } });
    const page = await fetch(`${gateway.url}/graphql`, { headers: browser });
    expect(page.headers.get('content-type') ?? '').not.toMatch(/html/);
    const query = '{ __schema { queryType { name } } }';
    const refused = await gateway.graphql(query, {}, 'sk_nobody');
    expect(refused).toEqual({ errors: expect.any(Array) });
    expect(refused.errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT', status: 400 });
    const { errors } = await gateway.graphql('{ experimentz { totalCount } }', {}, 'sk_nobody');
    expect(errors[0].message).not.toMatch(/Did you mean/);
    expect(await gateway.graphql(query, {}, key)).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } });
  });
});

test('ten gateways that start at once on one empty file all start, with one key and each migration applied once', async () => {
  const path = join(createTemporaryFolder(), 'gateway.db');
  const env = { DATABASE_URL: `file:${path}` };
  const gateways = await Promise.all(Array.from({ length: 10 }, () => startGateway({ env })));
  expect(new Set(gateways.map(({ url }) => url)).size).toBe(10);
  const [key, ...others] = gateways.map(({ firstKey }) => firstKey).filter((found) => found !== '');
  expect(others).toEqual([]);
  const answers = gateways.map(({ graphql }) => graphql('{ viewer { organization } }', {}, key));
  for (const answer of await Promise.all(answers))
    expect(answer).toEqual({ data: { viewer: { organization: 'default' } } });

  const database = new Database(path, { readonly: true });
  const applied = database.prepare('SELECT hash FROM __drizzle_migrations').pluck().all();
  expect(new Set(applied).size).toBe(applied.length);
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();

  for (const gateway of gateways) gateway.signal('SIGTERM');
  for (const gateway of gateways) expect((await gateway.ended).code).toBe(0);
}, 60_000);
