import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scopes } from '../../src/domain/actor.ts';
import { createApiKey } from '../../src/domain/api-key/api-key.ts';
import type { Keys, Trust } from '../support/auth/forge.ts';
import { hostileTokens } from '../support/auth/hostile-tokens.ts';
import { type IssuedKeys, refusedHeaders } from '../support/auth/near-miss-keys.ts';
import { expectRefused, type Refusals, readRefusals, readRefusalsOverSocket } from '../support/auth/refusals.ts';
import { createCalls } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { type KeySetServer, serveKeySet, signer, token, trusted } from '../support/http/jwt.ts';

const ends: (() => void | Promise<void>)[] = [];
const atEnd = (end: () => void | Promise<void>) => void ends.push(end);
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

/** A credential that is none, for comparison. */
const wrong = 'Bearer x';
const answersToWrong = new Map<TestGateway, Promise<Refusals>>();

async function expectRefusedLikeWrong(gateway: TestGateway, authorization: string): Promise<void> {
  const refusals = await readRefusals(gateway, authorization);
  expectRefused(refusals);
  const known = answersToWrong.get(gateway) ?? readRefusals(gateway, wrong);
  answersToWrong.set(gateway, known);
  expect(refusals).toEqual(await known);
}

async function expectUntouched(gateway: TestGateway): Promise<void> {
  expect(await createCalls(gateway).stored('a')).toMatchObject({ name: 'Theirs', revision: 1 });
}

describe('tokens', () => {
  const secret = 'a secret of more than 32 characters, for tests';
  const gateways = {} as Record<Trust, TestGateway>;
  let keys: Keys;
  let theirServer: KeySetServer;

  beforeAll(async () => {
    const [rsa, theirRsa] = [await signer('RS256', 'rsa'), await signer('RS256', 'theirs')];
    const [ec, theirEc] = [await signer('ES256', 'ec'), await signer('ES256', 'ec')];
    theirServer = await serveKeySet([theirRsa.jwk], atEnd);
    keys = { secret, rsa, ec, theirRsa, theirEc, theirUrl: theirServer.url };
    const settings: Record<Trust, Record<string, string>> = {
      secret: { JWT_SECRET: secret },
      rsa: { JWT_PUBLIC_KEY: rsa.pem },
      ec: { JWT_PUBLIC_KEY: ec.pem },
      jwks: { JWT_JWKS_URL: (await serveKeySet([rsa.jwk, ec.jwk], atEnd)).url },
    };
    for (const [trust, setting] of Object.entries(settings)) {
      const gateway = await createTestGateway({ ...trusted, ...setting }, atEnd);
      gateways[trust as Trust] = gateway;
      await createCalls(gateway).created({ experimentId: 'a', name: 'Theirs' });
    }
  });

  // Proves that it is the change which is refused.
  test('the tokens that the hostile ones are made from are accepted', async () => {
    const { rsa, ec } = keys;
    const good = { secret: [await token('HS256', Buffer.from(secret))], rsa: [rsa], ec: [ec], jwks: [rsa, ec] };
    for (const [trust, signers] of Object.entries(good)) {
      for (const each of signers) {
        const key = typeof each === 'string' ? each : await each.sign();
        const { viewer } = await gateways[trust as Trust].data('{ viewer { organization } }', {}, { key });
        expect(viewer).toEqual({ organization: 'acme' });
      }
    }
  });

  test.each(hostileTokens)('%s is answered exactly like a credential that is none', async (_what, trusts, make) => {
    for (const trust of trusts) await expectRefusedLikeWrong(gateways[trust], `Bearer ${await make(keys)}`);
  });

  test('no key was fetched from an address in a token, and no token changed anything', async () => {
    for (const gateway of Object.values(gateways)) await expectUntouched(gateway);
    expect(theirServer.requests()).toBe(0);
  });
});

describe('keys', () => {
  const bootstrap = 'a-key-of-the-container-0123456789';
  let gateway: TestGateway;
  let keys: IssuedKeys;

  beforeAll(async () => {
    gateway = await createTestGateway({ BOOTSTRAP_API_KEY: bootstrap }, atEnd);
    await createCalls(gateway).created({ experimentId: 'a', name: 'Theirs' });
    const { id, secret: key } = await gateway.issueKey();
    const revoked = await gateway.issueKey();
    await gateway.revokeKey(revoked.id);
    const expired = await gateway.issueKey({ expiresAt: new Date(Date.now() - 1) });
    const foreign = createApiKey({ organization: 'acme', name: null, scopes }, new Date());
    keys = {
      key,
      id,
      hash: hash('sha256', key, 'hex'),
      revoked: revoked.secret,
      expired: expired.secret,
      foreign: foreign.secret,
      bootstrap,
    };
  });

  const isKnown = async (authorization: string) => {
    const { body } = await gateway.graphql('{ viewer { scopes } }', {}, { key: null, headers: { authorization } });
    return body.data?.viewer?.scopes.length === scopes.length;
  };

  test('the keys that the refused ones are made from are accepted', async () => {
    for (const key of [keys.key, bootstrap]) expect(await isKnown(`Bearer ${key}`)).toBe(true);
  });

  test.each(refusedHeaders)('%s is answered exactly like a credential that is none', async (_what, make) => {
    await expectRefusedLikeWrong(gateway, make(keys));
    await expectUntouched(gateway);
  });

  test.each<[what: string, make: (keys: IssuedKeys) => (string | Uint8Array)[]]>([
    ['two valid keys', ({ key, bootstrap }) => [`Bearer ${key}`, `Bearer ${bootstrap}`]],
    ['the same key twice', ({ key }) => [`Bearer ${key}`, `Bearer ${key}`]],
    ['a valid key before a refused one', ({ key, revoked }) => [`Bearer ${key}`, `Bearer ${revoked}`]],
    ['a refused key before a valid one', ({ key, revoked }) => [`Bearer ${revoked}`, `Bearer ${key}`]],
    ['an empty header before a valid key', ({ key }) => ['', `Bearer ${key}`]],
    ['a valid key before another scheme', ({ key }) => [`Bearer ${key}`, 'Basic eDp5']],
    ['a key with a letter of another script', ({ key }) => [`Bearer ${key.replace('s', 'ѕ')}`]],
    ['a key with bytes that are no UTF-8', ({ key }) => [Buffer.from(`Bearer ${key}ÿ`, 'latin1')]],
    ['a key with an invisible space', ({ key }) => [`Bearer ${key}\u200b`]],
  ])('over a socket, %s is answered exactly like a credential that is none', async (_what, make) => {
    const refusals = await readRefusalsOverSocket(gateway, make(keys));
    expectRefused(refusals);
    expect(refusals).toEqual(await readRefusalsOverSocket(gateway, [wrong]));
    await expectUntouched(gateway);
  });
});
