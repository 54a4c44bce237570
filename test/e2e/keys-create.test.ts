import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { issueApiKey } from '../../src/domain/api-key/api-key.ts';
import { anExperiment, author } from '../support/gateway/experiments.ts';
import { all, createDatabase, isKnown, keys } from '../support/process/keys.ts';
import { runGateway, startGateway } from '../support/process/process.ts';

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
    const env = await createDatabase(async ({ apiKeys }) => {
      const { key } = await issueApiKey(apiKeys, { organization: 'ac "me"', name: null, scopes: [] });
      await apiKeys.revoke(key.id, new Date());
    });
    expect(await create(env)).toEqual({ code: 0, organization: 'ac "me"', stderr: '' });
  });

  test('is the only one there is, if that only has experiments', async () => {
    const env = await createDatabase(({ experiments }) =>
      experiments.insert(anExperiment({ organization: 'of tokens' }), author),
    );
    expect(await create(env)).toEqual({ code: 0, organization: 'of tokens', stderr: '' });
  });

  test('must be given when there are several: exits 2 with one line that names at most ten', async () => {
    const createOf = (...organizations: string[]) =>
      createDatabase(async ({ apiKeys }) => {
        for (const organization of organizations) await issueApiKey(apiKeys, { organization, name: null, scopes: [] });
      });
    const refused = await create(await createOf('blue', 'ac, "me"'));
    expect(refused).toMatchObject({ code: 2, organization: '' });
    expect(refused.stderr).toMatch(/^[^\n]*--organization <id>[^\n]*: "ac, \\"me\\"", "blue"\.\n$/);
    const many = Array.from({ length: 20 }, (_, number) => `${number} ${'x'.repeat(250)}`);
    const { code, stderr } = await create(await createOf(...many));
    expect([code, stderr.match(/"\d+ x+"/g)?.length, stderr.includes(' and others.')]).toEqual([2, 10, true]);
  });

  test('is created when nobody has used it before, with a note that says so', async () => {
    const env = await createDatabase(({ apiKeys }) =>
      issueApiKey(apiKeys, { organization: 'ACME', name: null, scopes: [] }),
    );
    expect(await create(env, '--organization', 'acme')).toEqual({
      code: 0,
      organization: 'acme',
      stderr: expect.stringMatching(isNew('acme')),
    });
    expect(await create(env, '--organization', 'ACME')).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('keys create --expires', () => {
  test.each(['1', '36500'])('%s sets the expiry that many days ahead', async (days) => {
    const before = Date.now();
    const { expiresAt } = JSON.parse(await keys(await createDatabase(), 'create', '--expires', days, '--json'));
    const time = new Date(expiresAt).getTime() - Number(days) * 86_400_000;
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
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
