import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApiKeys } from '../../src/auth/api-key.ts';
import { scopes } from '../../src/domain/actor.ts';
import { openStorage } from '../../src/storage/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const viewer = '{ viewer { organization scopes keyId subject } }';

/** Whether a request with this `Authorization` header identifies a caller. */
async function isKnown(gateway: TestGateway, authorization: string): Promise<boolean> {
  const { body } = await gateway.graphql(viewer, {}, { key: null, headers: { authorization } });
  if (!body.errors) return body.data.viewer !== null;
  expect(body.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED', status: 401 } }]);
  return false;
}

async function openStorageOf(gateway: TestGateway): Promise<Storage> {
  const storage = await openStorage(`file:${gateway.databasePath}`);
  onTestFinished(() => storage.close());
  return storage;
}

async function readLastUse(storage: Storage, id: string): Promise<Date | null | undefined> {
  return (await storage.apiKeys.list()).find((key) => key.id === id)?.lastUsedAt;
}

test('viewer returns the organization, the scopes and the id of a key', async () => {
  const gateway = await createTestGateway();
  const { id, secret } = await gateway.issueKey({ organization: 'blue', scopes: ['experiments:read'] });
  expect(await gateway.data(viewer, {}, { key: secret })).toEqual({
    viewer: { organization: 'blue', scopes: ['experiments:read'], keyId: id, subject: null },
  });
});

test('a key is sk_ and 256 random bits, and storage keeps only its hash and its first characters', async () => {
  const gateway = await createTestGateway();
  const { id, secret } = await gateway.issueKey();
  expect(secret).toMatch(/^sk_[\w-]{43,}$/);
  expect((await gateway.issueKey()).secret.slice(3, 20)).not.toBe(secret.slice(3, 20));
  const stored = (await (await openStorageOf(gateway)).apiKeys.list()).find((key) => key.id === id);
  expect(secret.startsWith(stored?.prefix ?? '-')).toBe(true);
  expect(stored?.prefix.length).toBeLessThanOrEqual(12);
  const database = new Database(gateway.databasePath, { readonly: true });
  onTestFinished(() => void database.close());
  expect(JSON.stringify(database.prepare('SELECT * FROM api_keys').all())).not.toContain(secret.slice(12));
});

test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('the scheme %s is accepted', async (scheme) => {
  const gateway = await createTestGateway();
  expect(await isKnown(gateway, `${scheme} ${gateway.key}`)).toBe(true);
});

test.each(['x-api-key', 'cookie', 'proxy-authorization'])(
  'a key in the header %s is not accepted as a credential',
  async (name) => {
    const gateway = await createTestGateway();
    const headers = { [name]: name === 'cookie' ? `authorization=${gateway.key}` : gateway.key };
    const { body } = await gateway.graphql(viewer, {}, { key: null, headers });
    expect(body).toEqual({ data: { viewer: null } });
  },
);

test('a revoked key is refused within a second, and revoking it again changes nothing', async () => {
  const gateway = await createTestGateway();
  const storage = await openStorageOf(gateway);
  const { id, secret } = await gateway.issueKey();
  expect(await isKnown(gateway, `Bearer ${secret}`)).toBe(true);
  const at = new Date();
  expect(await storage.apiKeys.revoke(id, at)).toBe(true);
  while (await isKnown(gateway, `Bearer ${secret}`)) await sleep(10);
  expect(Date.now() - at.getTime()).toBeLessThan(1_000);
  expect(await isKnown(gateway, `Bearer ${gateway.key}`)).toBe(true);
  expect(await storage.apiKeys.revoke(id, new Date(at.getTime() + 1_000))).toBe(true);
  expect((await storage.apiKeys.list()).find((key) => key.id === id)?.revokedAt).toEqual(at);
});

describe('the last use of a key', () => {
  test('the last use of a key is written within six seconds', async () => {
    const gateway = await createTestGateway();
    const storage = await openStorageOf(gateway);
    const { id, secret } = await gateway.issueKey();
    const before = Date.now();
    await gateway.data(viewer, {}, { key: secret });
    const after = Date.now();
    await expect.poll(() => readLastUse(storage, id), { timeout: 6_500, interval: 50 }).not.toBeNull();
    const used = (await readLastUse(storage, id))?.getTime() ?? 0;
    expect(used).toBeGreaterThanOrEqual(before);
    expect(used).toBeLessThanOrEqual(after);
  });

  test('the last use of a key is written at shutdown if it was not written before', async () => {
    const gateway = await createTestGateway();
    const storage = await openStorageOf(gateway);
    const { id, secret } = await gateway.issueKey();
    await gateway.data(viewer, {}, { key: secret });
    await gateway.app.close();
    expect(await readLastUse(storage, id)).toBeInstanceOf(Date);
  });

  test('a request does not wait until the last use of its key is written', async () => {
    const gateway = await createTestGateway();
    const { secret } = await gateway.issueKey();
    const writer = new Database(gateway.databasePath);
    onTestFinished(() => void writer.close());
    writer.exec('BEGIN IMMEDIATE');
    const start = performance.now();
    expect(await isKnown(gateway, `Bearer ${secret}`)).toBe(true);
    expect(performance.now() - start).toBeLessThan(1_000);
    writer.exec('ROLLBACK');
  });

  test('a refused request does not count as the last use of a key', async () => {
    const gateway = await createTestGateway();
    const storage = await openStorageOf(gateway);
    const { id, secret } = await gateway.issueKey();
    await storage.apiKeys.revoke(id, new Date());
    await isKnown(gateway, `Bearer ${secret}`);
    await gateway.app.close();
    expect(await readLastUse(storage, id)).toBeNull();
  });

  test.each([
    ['not written again within a minute', 59_999, 0],
    ['written again after a minute', 60_000, 60_000],
  ])('the last use of a key is %s', async (_name, later, written) => {
    const gateway = await createTestGateway();
    const storage = await openStorageOf(gateway);
    const { id, secret } = await gateway.issueKey();
    const start = Date.now();
    let now = start;
    const keys = createApiKeys(storage.apiKeys, undefined, () => new Date(now));
    await keys.verify(secret);
    now = start + later;
    await keys.verify(secret);
    await keys.close();
    expect(await readLastUse(storage, id)).toEqual(new Date(start + written));
  });
});

describe('BOOTSTRAP_API_KEY', () => {
  const bootstrap = 'a-key-of-the-container-0123456789';

  test('BOOTSTRAP_API_KEY is a key of the organization default with all scopes', async () => {
    const gateway = await createTestGateway({ BOOTSTRAP_API_KEY: bootstrap });
    expect(await gateway.data(viewer, {}, { key: bootstrap })).toMatchObject({
      viewer: { organization: 'default', scopes: [...scopes], subject: null },
    });
    const query = 'mutation { createExperiment(input: { name: "x" }) { __typename } }';
    expect(await gateway.data(query, {}, { key: bootstrap })).toEqual({
      createExperiment: { __typename: 'CreateExperimentSuccess' },
    });
  });

  test('keys in storage work beside BOOTSTRAP_API_KEY', async () => {
    const gateway = await createTestGateway({ BOOTSTRAP_API_KEY: bootstrap });
    expect(await isKnown(gateway, `Bearer ${gateway.key}`)).toBe(true);
  });

  test('a bootstrap key is refused when it is not configured', async () => {
    expect(await isKnown(await createTestGateway(), `Bearer ${bootstrap}`)).toBe(false);
  });

  test('BOOTSTRAP_API_KEY may look like a token', async () => {
    const dotted = 'aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb.cccccccccccc';
    expect(await isKnown(await createTestGateway({ BOOTSTRAP_API_KEY: dotted }), `Bearer ${dotted}`)).toBe(true);
  });
});
