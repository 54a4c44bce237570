import { createHmac } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import {
  audience,
  issuer,
  secondsFromNow,
  signByHand,
  signer,
  startKeySetServer,
  token,
  trusted,
} from '../support/http/jwt.ts';

async function isKnown(gateway: TestGateway, credential: string): Promise<boolean> {
  const { body } = await gateway.graphql('{ viewer { subject } }', {}, { key: credential });
  if (!body.errors) return body.data.viewer.subject === 'user_1';
  expect(body.errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED', status: 401 });
  return false;
}

const claims = { iss: issuer, aud: audience, sub: 'user_1', org_id: 'acme', exp: secondsFromNow(300) };

/** A token that takes public text for a shared secret, as an attacker would sign it. */
function confused(algorithm: string, secret: string, header: object = {}): string {
  const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[algorithm] ?? 'sha256';
  const unsigned = signByHand({ alg: algorithm, ...header }, claims).slice(0, -1);
  return `${unsigned}.${createHmac(hash, secret).update(unsigned).digest('base64url')}`;
}

describe('JWT_PUBLIC_KEY', () => {
  test.each(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    'accepts what its %s key has signed',
    async (name) => {
      const own = await signer(name);
      const gateway = await createTestGateway({ ...trusted, JWT_PUBLIC_KEY: own.pem });
      expect(await isKnown(gateway, await own.sign())).toBe(true);
    },
  );

  test.each(['RS256', 'ES256', 'EdDSA'])('refuses what another %s key has signed', async (name) => {
    const [own, other] = [await signer(name), await signer(name)];
    const gateway = await createTestGateway({ ...trusted, JWT_PUBLIC_KEY: own.pem });
    expect(await isKnown(gateway, await other.sign())).toBe(false);
  });

  test.each(['HS256', 'HS384', 'HS512'])(
    'is no secret: a token signed by %s with its text is refused',
    async (name) => {
      for (const kind of ['RS256', 'ES256', 'EdDSA']) {
        const { pem } = await signer(kind);
        const gateway = await createTestGateway({ ...trusted, JWT_PUBLIC_KEY: pem });
        const bare = pem.replace(/-----.*-----|\s/g, '');
        for (const secret of [pem, pem.trim(), `${pem.trim()}\n`, bare]) {
          expect(await isKnown(gateway, confused(name, secret))).toBe(false);
        }
      }
    },
  );

  test('refuses a token without a signature', async () => {
    const { pem } = await signer('RS256');
    const gateway = await createTestGateway({ ...trusted, JWT_PUBLIC_KEY: pem });
    for (const alg of ['none', 'RS256']) expect(await isKnown(gateway, signByHand({ alg }, claims))).toBe(false);
  });

  test('refuses an expired token', async () => {
    const own = await signer('ES256');
    const gateway = await createTestGateway({ ...trusted, JWT_PUBLIC_KEY: own.pem });
    expect(await isKnown(gateway, await own.sign({ claims: { exp: secondsFromNow(-62) } }))).toBe(false);
  });

  test('never asks the address that a token names for a key', async () => {
    const [own, other] = [await signer('RS256'), await signer('RS256', 'theirs')];
    const keySet = await startKeySetServer(other.jwk);
    const gateway = await createTestGateway({ ...trusted, JWT_PUBLIC_KEY: own.pem });
    for (const header of [{ jku: keySet.url }, { x5u: keySet.url }, { jwk: other.jwk }])
      expect(await isKnown(gateway, await other.sign({ header }))).toBe(false);
    expect(keySet.requests()).toBe(0);
  });
});

describe('JWT_JWKS_URL', () => {
  test.each(['RS256', 'PS512', 'ES256', 'EdDSA'])('accepts what a %s key of its set has signed', async (name) => {
    const [one, own] = [await signer('RS256', 'one'), await signer(name, 'own')];
    const keySet = await startKeySetServer(one.jwk, own.jwk);
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    expect(await isKnown(gateway, await own.sign())).toBe(true);
    expect(await isKnown(gateway, await one.sign())).toBe(true);
  });

  test('refuses what no key of the set has signed, under its name or another', async () => {
    const [own, other] = [await signer('ES256', 'own'), await signer('ES256', 'own')];
    const keySet = await startKeySetServer(own.jwk);
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    expect(await isKnown(gateway, await other.sign())).toBe(false);
    expect(await isKnown(gateway, await other.sign({ header: { kid: 'other' } }))).toBe(false);
    expect(await isKnown(gateway, await own.sign())).toBe(true);
  });

  test('takes no shared secret from the set, nor a public key for one', async () => {
    const own = await signer('RS256', 'own');
    const secret = 'a secret that somebody published by mistake';
    const shared = { kty: 'oct', kid: 'shared', alg: 'HS256', k: Buffer.from(secret).toString('base64url') };
    const keySet = await startKeySetServer(own.jwk, shared);
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    expect(await isKnown(gateway, confused('HS256', secret, { kid: 'shared' }))).toBe(false);
    expect(await isKnown(gateway, confused('HS256', own.pem, { kid: 'own' }))).toBe(false);
    expect(await isKnown(gateway, confused('HS256', own.jwk.n ?? '', { kid: 'own' }))).toBe(false);
  });

  test('takes no key that was made for something else', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const keySet = await startKeySetServer({ ...(await exportJWK(publicKey)), kid: 'enc', use: 'enc' });
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    expect(await isKnown(gateway, await token('RS256', privateKey, { header: { kid: 'enc' } }))).toBe(false);
  });

  test('asks for the set once, not once a token', async () => {
    const own = await signer('ES256', 'own');
    const keySet = await startKeySetServer(own.jwk);
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    for (let count = 0; count < 10; count++) expect(await isKnown(gateway, await own.sign())).toBe(true);
    const tokens = await Promise.all(Array.from({ length: 10 }, () => own.sign()));
    expect(await Promise.all(tokens.map((token) => isKnown(gateway, token)))).toEqual(tokens.map(() => true));
    expect(keySet.requests()).toBe(1);
  });

  test('is not asked again for every token with an unknown key', async () => {
    const [own, other] = [await signer('ES256', 'own'), await signer('ES256', 'other')];
    const keySet = await startKeySetServer(own.jwk);
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    for (let count = 0; count < 30; count++)
      expect(await isKnown(gateway, await other.sign({ header: { kid: `made up ${count}` } }))).toBe(false);
    expect(keySet.requests()).toBeLessThanOrEqual(3);
  });

  test('follows a rotation: a new key is accepted and the old one refused, without a restart', async () => {
    const [old, next] = [await signer('RS256', 'old'), await signer('RS256', 'next')];
    const keySet = await startKeySetServer(old.jwk);
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    expect(await isKnown(gateway, await old.sign())).toBe(true);
    expect(await isKnown(gateway, await next.sign())).toBe(false);
    keySet.answer([next.jwk]);
    await expect.poll(async () => isKnown(gateway, await next.sign()), { timeout: 10_000 }).toBe(true);
    expect(await isKnown(gateway, await old.sign())).toBe(false);
  });
});
