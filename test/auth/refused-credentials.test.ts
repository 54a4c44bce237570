import { expect, onTestFinished, test, vi } from 'vitest';
import { createApiKeys } from '../../src/auth/api-key.ts';
import { type Authenticate, createAuthenticator } from '../../src/auth/authenticate.ts';
import { createRefusalBrake } from '../../src/auth/refusal-brake.ts';
import { scopes } from '../../src/domain/actor.ts';
import { type ApiKeyStore, createApiKey } from '../../src/domain/api-key/api-key.ts';
import { openStorage } from '../../src/storage/open.ts';
import { readLog } from '../support/gateway/log.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { countStatements } from '../support/storage/statements.ts';

const makeWrongKey = (number = 0) => `sk_${String(number).padStart(43, 'A')}`;

/** Stops the clock by which verdicts expire; `pass` moves it forward. */
function stopClock(): { pass(milliseconds: number): void } {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  return { pass: (milliseconds) => void vi.advanceTimersByTime(milliseconds) };
}

/** Returns a function that counts key lookups in storage from now on. */
function countLookups(): () => number {
  const { texts } = countStatements();
  return () => texts.filter((text) => /^select .* from "api_keys" where "api_keys"\."hash" = \?$/.test(text)).length;
}

async function isKnown(gateway: TestGateway, key: string): Promise<boolean> {
  const { body } = await gateway.graphql('{ viewer { organization } }', {}, { key });
  return body.errors?.[0].extensions.code !== 'UNAUTHENTICATED';
}

/** Creates an authenticator over the keys of a gateway; `change` wraps the store. */
async function openAuthenticator(
  { databasePath }: TestGateway,
  change = (store: ApiKeyStore) => store,
): Promise<Authenticate> {
  const storage = await openStorage(`file:${databasePath}`);
  const keys = createApiKeys(change(storage.apiKeys), undefined);
  onTestFinished(async () => {
    await keys.close();
    await storage.close();
  });
  return createAuthenticator(
    keys,
    undefined,
    createRefusalBrake(() => undefined),
  );
}

test('a refused key is looked up at most once in half a second, however many requests carry it', async () => {
  const gateway = await createTestGateway();
  const time = stopClock();
  const lookups = countLookups();
  const requests = () => Promise.all(Array.from({ length: 32 }, () => isKnown(gateway, makeWrongKey())));
  for (const known of [...(await requests()), ...(await requests())]) expect(known).toBe(false);
  expect(lookups()).toBe(1);
  time.pass(499);
  await requests();
  expect(lookups()).toBe(1);
  time.pass(1);
  await requests();
  expect(lookups()).toBe(2);
});

test.each([
  ['a word', 'hello'],
  ['the beginning of a key', makeWrongKey().slice(0, -1)],
  ['a key with one extra letter', `${makeWrongKey()}A`],
  ['a key with another prefix', makeWrongKey().replace('sk_', 'pk_')],
  ['a key with an invalid character', makeWrongKey().replace('A', '+')],
  ['a very long word', 'a'.repeat(16_000)],
  ['a token while none is accepted', 'aaaa.bbbb.cccc'],
])('%s is refused by its format, without a lookup', async (_name, text) => {
  const gateway = await createTestGateway();
  const lookups = countLookups();
  expect(await isKnown(gateway, text)).toBe(false);
  expect(lookups()).toBe(0);
});

test('a flood of wrong keys does not evict a valid one from the cache', async () => {
  const gateway = await createTestGateway();
  const authenticate = await openAuthenticator(gateway);
  stopClock();
  const lookups = countLookups();
  const expectValid = async () => expect((await authenticate(`Bearer ${gateway.key}`)).caller).not.toBeNull();
  await expectValid();
  const wrong = 25_000;
  for (let number = 0; number < wrong; number++)
    expect((await authenticate(`Bearer ${makeWrongKey(number)}`)).caller).toBeNull();
  await expectValid();
  expect(lookups()).toBe(1 + wrong);
});

test('a key that is created after it was refused is accepted half a second later', async () => {
  const gateway = await createTestGateway();
  const storage = await openStorage(`file:${gateway.databasePath}`);
  onTestFinished(() => storage.close());
  const time = stopClock();
  const { key, secret } = createApiKey({ organization: 'acme', name: null, scopes }, new Date());
  expect(await isKnown(gateway, secret)).toBe(false);
  await storage.apiKeys.insert(key);
  time.pass(500);
  expect(await isKnown(gateway, secret)).toBe(true);
});

test('every request with a refused key is logged with the reason and its request id', async () => {
  const gateway = await createTestGateway({ LOG_LEVEL: 'warn' });
  const log = readLog(gateway);
  const { id, secret } = await gateway.issueKey();
  await gateway.revokeKey(id);
  await Promise.all([isKnown(gateway, secret), isKnown(gateway, secret)]);
  await isKnown(gateway, secret);
  const refused = log.filter(({ msg }) => msg === 'credential refused');
  expect(refused.map((line) => line.refused)).toEqual(Array(3).fill(`revoked key ${id}`));
  expect(new Set(refused.map(({ requestId }) => requestId)).size).toBe(3);
});

test('a slow lookup is not shared with requests that arrive half a second later', async () => {
  const gateway = await createTestGateway();
  const { promise: never } = Promise.withResolvers<null>();
  let lookups = 0;
  const slow = (store: ApiKeyStore): ApiKeyStore => ({
    ...store,
    findByHash: (hash) => (lookups++ === 0 ? never : store.findByHash(hash)),
  });
  const authenticate = await openAuthenticator(gateway, slow);
  const time = stopClock();
  const judged: string[] = [];
  for (const name of ['one', 'two']) void authenticate(`Bearer ${gateway.key}`).then(() => judged.push(name));
  time.pass(500);
  expect((await authenticate(`Bearer ${gateway.key}`)).caller).not.toBeNull();
  expect(judged).toEqual([]);
  expect(lookups).toBe(2);
});
