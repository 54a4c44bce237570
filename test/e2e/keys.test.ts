import { describe, expect, test } from 'vitest';
import { all, createDatabase, isKnown, keys, viewer } from '../support/process/keys.ts';
import { runGateway, startGateway } from '../support/process/process.ts';

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

describe('keys list', () => {
  test('without keys says how to create one', async () => {
    expect(await keys(await createDatabase(), 'list')).toMatch(/keys create$/m);
  });

  test('has a header and aligned columns, with the times of each key', async () => {
    const shared = { scopes: ['experiments:read'], prefix: 'sk_123456', lastUsedAt: null, revokedAt: null } as const;
    const at = (text: string) => new Date(`${text}:59.999Z`);
    const env = await createDatabase(async ({ apiKeys }) => {
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
    });
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
