import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { issueApiKey } from '../../src/domain/api-key/api-key.ts';
import { openStorage } from '../../src/storage/open.ts';
import { anExperiment, author } from '../support/gateway/experiments.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { type RunningGateway, runGateway, startGateway } from '../support/process/process.ts';

const viewer = '{ viewer { organization scopes keyId } }';
const all = ['experiments:read', 'experiments:write', 'experiments:run'];
/** A migrated database without keys. */
async function createDatabase(): Promise<{ DATABASE_URL: string }> {
  const env = { DATABASE_URL: `file:${join(createTemporaryFolder(), 'gateway.db')}` };
  await (await openStorage(env.DATABASE_URL)).close();
  return env;
}

/** Runs a key command that must succeed. Returns its output; what it says on standard error is checked where it matters. */
async function keys(env: Record<string, string>, ...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await runGateway(['keys', ...command], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/sk_|rror/) });
  return stdout;
}

async function isKnown(gateway: RunningGateway, key: string): Promise<boolean> {
  const { errors } = await gateway.graphql(viewer, {}, key);
  return errors?.[0].extensions.code !== 'UNAUTHENTICATED';
}

describe('a running gateway', () => {
  test('accepts a key as soon as it is created, and refuses it within a second after its revocation', async () => {
    const gateway = await startGateway();
    const env = { DATABASE_URL: `file:${gateway.databasePath}` };
    const made = JSON.parse(
      await keys(env, 'create', '--organization', 'blue', '--scopes', 'experiments:read', '--json'),
    );
    expect(await gateway.graphql(viewer, {}, made.key)).toEqual({
      data: { viewer: { organization: 'blue', scopes: ['experiments:read'], keyId: made.id } },
    });

    expect(await keys(env, 'revoke', made.id)).toMatch(new RegExp(`^[^\\n]*${made.id}[^\\n]*\\n$`));
    await expect.poll(() => isKnown(gateway, made.key), { timeout: 1_000, interval: 20 }).toBe(false);
    expect(await isKnown(gateway, gateway.firstKey)).toBe(true);
  });

  test('records the last use of its keys, which the command line lists', async () => {
    const gateway = await startGateway();
    await gateway.graphql(viewer);
    gateway.signal('SIGTERM');
    await gateway.ended;
    const listed = await keys({ DATABASE_URL: `file:${gateway.databasePath}` }, 'list', '--json');
    expect(JSON.parse(listed)).toMatchObject([{ lastUsedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) }]);
  });
});

describe('keys create', () => {
  test('prints the secret alone on standard output, and everything else on standard error', async () => {
    const env = await createDatabase();
    const { code, stdout, stderr } = await runGateway(
      ['keys', 'create', '--organization', 'acme', '--name', 'nightly run', '--expires', '30'],
      { env },
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^sk_[\w-]{43}\n$/) });
    const [key] = JSON.parse(await keys(env, 'list', '--json'));
    expect(stderr).toMatch(
      new RegExp(`^Key ${key.id} of organization "acme" .*expires at ${key.expiresAt.slice(0, 16)}Z`, 'm'),
    );
    expect(stderr).not.toContain('sk_');
  });

  test('prints JSON with everything about the key', async () => {
    const printed = await keys(
      await createDatabase(),
      'create',
      '--organization',
      'ac me/ü',
      '--name',
      'it’s "x"',
      '--json',
    );
    expect(JSON.parse(printed)).toEqual({
      id: expect.stringMatching(/^key_/),
      organization: 'ac me/ü',
      name: 'it’s "x"',
      scopes: all,
      expiresAt: null,
      key: expect.stringMatching(/^sk_[\w-]{43}$/),
    });
  });

  test('accepts scopes in any order, with spaces, and keeps each once', async () => {
    const scopes = 'experiments:run, experiments:read,experiments:run';
    const printed = await keys(
      await createDatabase(),
      'create',
      '--organization',
      'acme',
      '--scopes',
      scopes,
      '--json',
    );
    expect(JSON.parse(printed)).toMatchObject({ name: null, scopes: ['experiments:run', 'experiments:read'] });
  });

  test('needs no gateway, and a gateway that starts later creates no first key', async () => {
    const env = await createDatabase();
    const { key } = JSON.parse(await keys(env, 'create', '--organization', 'acme', '--json'));
    const gateway = await startGateway({ env });
    expect(gateway.output()).not.toContain('sk_');
    expect(await isKnown(gateway, key)).toBe(true);
  });
});

describe('the organization of a new key', () => {
  const isNew = (organization: string) => new RegExp(`^Organization "${organization}" is new`, 'm');

  /** Creates a key, and returns its organization and what was said on standard error. */
  async function create(env: Record<string, string>, ...flags: string[]) {
    const { code, stdout, stderr } = await runGateway(['keys', 'create', '--json', ...flags], { env });
    return { code, stderr, organization: code === 0 ? JSON.parse(stdout).organization : stdout };
  }

  test('is default in a new database, then the only one there is', async () => {
    const env = await createDatabase();
    expect(await create(env)).toEqual({
      code: 0,
      organization: 'default',
      stderr: expect.stringMatching(isNew('default')),
    });
    expect(await create(env)).toEqual({ code: 0, organization: 'default', stderr: '' });
  });

  test('is the only one there is, even if that has no live key, and whatever its name is', async () => {
    const env = await createDatabase();
    const { id } = JSON.parse(await keys(env, 'create', '--organization', 'ac "me"', '--json'));
    await keys(env, 'revoke', id);
    expect(await create(env)).toEqual({ code: 0, organization: 'ac "me"', stderr: '' });
  });

  test('is the only one there is, if that only has experiments', async () => {
    const env = await createDatabase();
    const { experiments, close } = await openStorage(env.DATABASE_URL);
    await experiments.insert(anExperiment({ organization: 'of tokens' }), author);
    await close();
    expect(await create(env)).toEqual({ code: 0, organization: 'of tokens', stderr: '' });
    expect(await create(env, '--organization', 'of tokens')).toMatchObject({ stderr: '' });
  });

  test('must be given when there are several: exits 2 with one line that names at most ten', async () => {
    const env = await createDatabase();
    const { apiKeys, close } = await openStorage(env.DATABASE_URL);
    const add = (organization: string) => issueApiKey(apiKeys, { organization, name: null, scopes: [] });
    for (const organization of ['blue', 'ac, "me"']) await add(organization);
    const refused = await create(env);
    expect(refused).toMatchObject({ code: 2, organization: '' });
    expect(refused.stderr).toMatch(/^[^\n]*--organization <id>[^\n]*: "ac, \\"me\\"", "blue"\.\n$/);
    for (let number = 0; number < 20; number++) await add(`${number} ${'x'.repeat(250)}`);
    const { code, stderr } = await create(env);
    expect([code, stderr.match(/"\d+ x+"/g)?.length, stderr.includes(' and others.')]).toEqual([2, 10, true]);
    await close();
    expect(await create(env, '--organization', 'blue')).toEqual({ code: 0, organization: 'blue', stderr: '' });
  });

  test('is created when nobody has used it before, with a note that says so', async () => {
    const env = await createDatabase();
    await create(env);
    expect(await create(env, '--organization', 'acme')).toEqual({
      code: 0,
      organization: 'acme',
      stderr: expect.stringMatching(isNew('acme')),
    });
    expect(await create(env, '--organization', 'acme')).toMatchObject({ stderr: '' });
    // Ids are compared exactly.
    expect(await create(env, '--organization', 'ACME')).toMatchObject({ stderr: expect.stringMatching(isNew('ACME')) });
  });
});

describe('keys create --expires', () => {
  test.each(['1', '36500'])('%s sets the expiry that many days ahead', async (days) => {
    const env = await createDatabase();
    const before = Date.now();
    const { expiresAt } = JSON.parse(await keys(env, 'create', '--expires', days, '--json'));
    const time = new Date(expiresAt).getTime() - Number(days) * 86_400_000;
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
    expect(JSON.parse(await keys(env, 'list', '--json'))).toMatchObject([{ expiresAt }]);
  });

  test('a running gateway refuses a key from the moment it expires', async () => {
    const gateway = await startGateway();
    const env = { DATABASE_URL: `file:${gateway.databasePath}` };
    const made = JSON.parse(await keys(env, 'create', '--expires', '1', '--json'));
    expect(await isKnown(gateway, made.key)).toBe(true);
    // Tomorrow comes early.
    const database = new Database(gateway.databasePath);
    const end = Date.now() + 700;
    database.prepare('UPDATE api_keys SET expires_at = ? WHERE id = ?').run(end, made.id);
    database.close();
    let lastKnown = 0;
    for (let asked = Date.now(); await isKnown(gateway, made.key); asked = Date.now()) lastKnown = asked;
    expect(lastKnown).toBeLessThanOrEqual(end);
    expect(Date.now()).toBeGreaterThanOrEqual(end);
    expect(await keys(env, 'list')).toMatch(new RegExp(`^${made.id} .* expired `, 'm'));
  });
});

describe('keys list', () => {
  test('without keys says how to create one', async () => {
    expect(await keys(await createDatabase(), 'list')).toMatch(/keys create$/m);
  });

  test('has a header and aligned columns, with the times of each key', async () => {
    const env = await createDatabase();
    const { apiKeys, close } = await openStorage(env.DATABASE_URL);
    const shared = { scopes: ['experiments:read'], prefix: 'sk_123456', lastUsedAt: null, revokedAt: null } as const;
    const at = (text: string) => new Date(`${text}:59.999Z`);
    await apiKeys.insert({
      ...shared,
      id: 'key_1',
      organization: 'acme',
      name: '鍵 "one"',
      hash: '1',
      createdAt: at('2026-01-02T03:04'),
      expiresAt: at('2126-01-02T03:04'),
      lastUsedAt: at('2026-02-03T04:05'),
    });
    await apiKeys.insert({
      ...shared,
      id: 'key_22',
      organization: 'a much longer one',
      name: null,
      hash: '2',
      createdAt: at('2026-01-01T00:00'),
      expiresAt: null,
      revokedAt: at('2026-03-04T05:06'),
    });
    await close();
    expect(await keys(env, 'list')).toBe(
      [
        'ID      KEY         ORGANIZATION       SCOPES            CREATED            EXPIRES            LAST USED          STATE                      NAME',
        'key_1   sk_123456…  acme               experiments:read  2026-01-02T03:04Z  2126-01-02T03:04Z  2026-02-03T04:05Z  live                       鍵 "one"',
        'key_22  sk_123456…  a much longer one  experiments:read  2026-01-01T00:00Z  never              never              revoked 2026-03-04T05:06Z  -',
        '',
      ].join('\n'),
    );
  });

  test('shows the id, prefix, organization and name of each key, and never a secret or its hash', async () => {
    const env = await createDatabase();
    const one = JSON.parse(await keys(env, 'create', '--organization', 'acme', '--name', 'one', '--json'));
    const two = JSON.parse(await keys(env, 'create', '--organization', 'blue', '--json'));
    await keys(env, 'revoke', one.id);

    const listed = JSON.parse(await keys(env, 'list', '--json'));
    const shared = { createdAt: expect.any(String), expiresAt: null, lastUsedAt: null, scopes: all };
    expect(listed).toHaveLength(2);
    expect(listed).toContainEqual({
      ...shared,
      id: one.id,
      organization: 'acme',
      name: 'one',
      prefix: one.key.slice(0, 9),
      revokedAt: expect.any(String),
    });
    expect(listed).toContainEqual({
      ...shared,
      id: two.id,
      organization: 'blue',
      name: null,
      prefix: two.key.slice(0, 9),
      revokedAt: null,
    });

    const table = await keys(env, 'list');
    for (const { id, organization } of [one, two]) expect(table).toMatch(new RegExp(`^${id}.*${organization}.*$`, 'm'));
    expect(table).toMatch(new RegExp(`^${one.id}.*revoked`, 'm'));
    for (const { key } of [one, two]) expect(table + JSON.stringify(listed)).not.toContain(key.slice(9));
  });
});

describe('keys revoke', () => {
  test('exits 1 with one line for a key that does not exist', async () => {
    const env = await createDatabase();
    for (const id of ['key_none', 'two\nlines']) {
      const { code, stdout, stderr } = await runGateway(['keys', 'revoke', id], { env });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^[^\n]+\n$/);
    }
  });

  test('needs the complete id, not the key', async () => {
    const env = await createDatabase();
    const { id, key } = JSON.parse(await keys(env, 'create', '--organization', 'acme', '--json'));
    for (const word of [key, id.slice(0, -1), `${id}%`])
      expect((await runGateway(['keys', 'revoke', word], { env })).code).toBe(1);
    expect(JSON.parse(await keys(env, 'list', '--json'))).toMatchObject([{ id, revokedAt: null }]);
  });

  test('may be repeated, and keeps the time of the first revocation', async () => {
    const env = await createDatabase();
    const { id } = JSON.parse(await keys(env, 'create', '--organization', 'acme', '--json'));
    await keys(env, 'revoke', id);
    const [first] = JSON.parse(await keys(env, 'list', '--json'));
    await keys(env, 'revoke', id);
    expect(JSON.parse(await keys(env, 'list', '--json'))).toEqual([first]);
  });
});
