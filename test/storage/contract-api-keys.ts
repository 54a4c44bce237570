import { expect, test } from 'vitest';
import { type ApiKey, hashSecret } from '../../src/domain/api-key/api-key.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

/** Storing and finding API keys. */
export function apiKeyContract(newDatabase: NewDatabase): void {
  const openStore = async () => (await openStorageOn(await newDatabase())).apiKeys;

  test('a key is found only by its hash, exactly as it was written', async () => {
    const apiKeys = await openStore();
    const plain = aKey('one');
    const times = { expiresAt: new Date(9), lastUsedAt: new Date(7), revokedAt: new Date(8) };
    const used = { ...aKey('two'), name: null, scopes: [], ...times };
    for (const key of [plain, used]) await apiKeys.insert(key);
    expect(await apiKeys.findByHash(plain.hash)).toEqual(plain);
    expect(await apiKeys.findByHash(used.hash)).toEqual(used);
    expect(await apiKeys.findByHash(hashSecret('three'))).toBeNull();
    expect(await apiKeys.findByHash('')).toBeNull();
    expect(await apiKeys.findByHash(plain.hash.toUpperCase())).toBeNull();
  });

  test('the list holds every key of every organization, newest first', async () => {
    const apiKeys = await openStore();
    expect(await apiKeys.list()).toEqual([]);
    const old = { ...aKey('old'), createdAt: new Date(1), organization: 'other' };
    const [a, b] = [aKey('a'), aKey('b')];
    for (const key of [b, old, a]) await apiKeys.insert(key);
    expect(await apiKeys.list()).toEqual([a, b, old]);
  });

  test('names are returned for the keys that have one, revoked or not, separately for each organization', async () => {
    const apiKeys = await openStore();
    const revoked = { ...aKey('one'), name: 'CI', revokedAt: new Date(9) };
    const named = { ...aKey('two'), name: '' };
    const nameless = { ...aKey('three'), name: null };
    const theirs = { ...aKey('four'), name: 'Theirs', organization: 'other' };
    for (const key of [revoked, named, nameless, theirs]) await apiKeys.insert(key);
    const ids = [revoked, named, nameless, theirs].map(({ id }) => id);
    expect(await apiKeys.names(revoked.organization, [...ids, 'key_nobody', '\u{1F600}'])).toEqual(
      new Map([
        [revoked.id, 'CI'],
        [named.id, ''],
      ]),
    );
    expect(await apiKeys.names('other', ids)).toEqual(new Map([[theirs.id, 'Theirs']]));
    expect(await apiKeys.names('other', [])).toEqual(new Map());
  });

  test('of several concurrent first keys, only one is written', async () => {
    const url = await newDatabase();
    const instances = [await openStorageOn(url), await openStorageOn(url)];
    const keys = Array.from({ length: 20 }, (_, index) => aKey(`first ${index}`));
    const answers = await Promise.all(
      keys.map((key, index) => (instances[index % 2] as (typeof instances)[0]).apiKeys.insertFirst(key)),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await instances[1]?.apiKeys.list()).toEqual([keys[answers.indexOf(true)]]);
  });

  test('no first key is written where a key exists already, revoked or not', async () => {
    const apiKeys = await openStore();
    const revoked = { ...aKey('one'), organization: 'other', revokedAt: new Date(9) };
    await apiKeys.insert(revoked);
    expect(await apiKeys.insertFirst(aKey('two'))).toBe(false);
    expect(await apiKeys.list()).toEqual([revoked]);
  });

  test('a revoked key is still found, with the time of its first revocation; other keys are unaffected', async () => {
    const apiKeys = await openStore();
    const [one, two] = [aKey('one'), aKey('two')];
    for (const key of [one, two]) await apiKeys.insert(key);
    expect(await apiKeys.revoke(one.id, new Date(5_000))).toBe(true);
    expect(await apiKeys.revoke(one.id, new Date(9_000))).toBe(true);
    expect(await apiKeys.revoke('key_nobody', new Date(9_000))).toBe(false);
    expect(await apiKeys.findByHash(one.hash)).toEqual({ ...one, revokedAt: new Date(5_000) });
    expect(await apiKeys.findByHash(two.hash)).toEqual(two);
  });

  test('uses are recorded for several keys at once, and change nothing else', async () => {
    const apiKeys = await openStore();
    const keys = ['one', 'two', 'three'].map(aKey);
    for (const key of keys) await apiKeys.insert(key);
    await apiKeys.recordUse(new Map());
    const uses = new Map([
      ['key_one', new Date(1_001)],
      ['key_three', new Date(3_003)],
      ['key_nobody', new Date(4_004)],
    ]);
    await apiKeys.recordUse(uses);
    const expected = keys.map((key) => ({ ...key, lastUsedAt: uses.get(key.id) ?? null }));
    expect(await Promise.all(keys.map(({ hash }) => apiKeys.findByHash(hash)))).toEqual(expected);
    expect(await apiKeys.list()).toHaveLength(3);
  });

  test('every instance sees a revocation immediately', async () => {
    const url = await newDatabase();
    const [one, two] = [await openStorageOn(url), await openStorageOn(url)];
    const key = aKey('one');
    await one.apiKeys.insert(key);
    expect(await two.apiKeys.findByHash(key.hash)).toEqual(key);
    await one.apiKeys.revoke(key.id, new Date(5_000));
    expect(await two.apiKeys.findByHash(key.hash)).toEqual({ ...key, revokedAt: new Date(5_000) });
  });
}

function aKey(word: string): ApiKey {
  return {
    id: `key_${word}`,
    organization: 'acme',
    name: `the ${word} key`,
    scopes: ['experiments:read', 'experiments:run'],
    prefix: 'sk_123456',
    hash: hashSecret(word),
    createdAt: new Date('2026-01-02T03:04:05.678Z'),
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
  };
}
