import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStorage } from '../../src/storage/open.ts';
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

async function keys(env: Record<string, string>, ...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await runGateway(['keys', ...command], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
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
  test('shows the key first, on its own line', async () => {
    const env = await createDatabase();
    const [secret, ...rest] = (await keys(env, 'create', '--organization', 'acme', '--name', 'nightly run')).split(
      '\n',
    );
    expect(secret).toMatch(/^sk_[\w-]{43}$/);
    expect(rest.join('\n')).toContain('acme');
    expect(rest.join('\n')).not.toContain('sk_');
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

describe('keys list', () => {
  test('without keys says how to create one', async () => {
    expect(await keys(await createDatabase(), 'list')).toMatch(/keys create --organization/);
  });

  test('shows the id, prefix, organization and name of each key, and never a secret or its hash', async () => {
    const env = await createDatabase();
    const one = JSON.parse(await keys(env, 'create', '--organization', 'acme', '--name', 'one', '--json'));
    const two = JSON.parse(await keys(env, 'create', '--organization', 'blue', '--json'));
    await keys(env, 'revoke', one.id);

    const listed = JSON.parse(await keys(env, 'list', '--json'));
    const shared = { createdAt: expect.any(String), lastUsedAt: null, scopes: all };
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
