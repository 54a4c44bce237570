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

/** Signs a token with public text as the shared secret, as an attacker would. */
function signWithPublicText(algorithm: string, secret: string, header: object = {}): string {
  const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[algorithm] ?? 'sha256';
  const unsigned = signByHand({ alg: algorithm, ...header }, claims).slice(0, -1);
  return `${unsigned}.${createHmac(hash, secret).update(unsigned).digest('base64url')}`;
}

describe('JWT_PUBLIC_KEY', () => {
  test.each(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    'a token signed with the %s key of JWT_PUBLIC_KEY is accepted',
    async (name) => {
      const own = await signer(name);
      const gateway = await createTestGateway({ ...trusted, JWT_PUBLIC_KEY: own.pem });
      expect(await isKnown(gateway, await own.sign())).toBe(true);
    },
  );

  test.each(['RS256', 'ES256', 'EdDSA'])(
    'a token signed with another %s key than JWT_PUBLIC_KEY is refused',
    async (name) => {
      const [own, other] = [await signer(name), await signer(name)];
      const gateway = await createTestGateway({ ...trusted, JWT_PUBLIC_KEY: own.pem });
      expect(await isKnown(gateway, await other.sign())).toBe(false);
    },
  );
});

describe('JWT_JWKS_URL', () => {
  test.each(['RS256', 'PS512', 'ES256', 'EdDSA'])(
    'a token signed with a %s key of the key set is accepted',
    async (name) => {
      const [one, own] = [await signer('RS256', 'one'), await signer(name, 'own')];
      const keySet = await startKeySetServer(one.jwk, own.jwk);
      const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
      expect(await isKnown(gateway, await own.sign())).toBe(true);
      expect(await isKnown(gateway, await one.sign())).toBe(true);
    },
  );

  test('neither a shared secret nor a public key of the set verifies an HS256 token', async () => {
    const own = await signer('RS256', 'own');
    const secret = 'a secret that was published by mistake';
    const shared = { kty: 'oct', kid: 'shared', alg: 'HS256', k: Buffer.from(secret).toString('base64url') };
    const keySet = await startKeySetServer(own.jwk, shared);
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    expect(await isKnown(gateway, signWithPublicText('HS256', secret, { kid: 'shared' }))).toBe(false);
    expect(await isKnown(gateway, signWithPublicText('HS256', own.pem, { kid: 'own' }))).toBe(false);
    expect(await isKnown(gateway, signWithPublicText('HS256', own.jwk.n ?? '', { kid: 'own' }))).toBe(false);
  });

  test('a key of the set for another use is not accepted', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const keySet = await startKeySetServer({ ...(await exportJWK(publicKey)), kid: 'enc', use: 'enc' });
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    expect(await isKnown(gateway, await token('RS256', privateKey, { header: { kid: 'enc' } }))).toBe(false);
  });

  test('the key set is fetched once, not once per token', async () => {
    const own = await signer('ES256', 'own');
    const keySet = await startKeySetServer(own.jwk);
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    for (let count = 0; count < 10; count++) expect(await isKnown(gateway, await own.sign())).toBe(true);
    const tokens = await Promise.all(Array.from({ length: 10 }, () => own.sign()));
    expect(await Promise.all(tokens.map((token) => isKnown(gateway, token)))).toEqual(tokens.map(() => true));
    expect(keySet.requests()).toBe(1);
  });

  test('the key set is not fetched again for every token with an unknown key', async () => {
    const [own, other] = [await signer('ES256', 'own'), await signer('ES256', 'other')];
    const keySet = await startKeySetServer(own.jwk);
    const gateway = await createTestGateway({ ...trusted, JWT_JWKS_URL: keySet.url });
    for (let count = 0; count < 30; count++)
      expect(await isKnown(gateway, await other.sign({ header: { kid: `made up ${count}` } }))).toBe(false);
    expect(keySet.requests()).toBeLessThanOrEqual(3);
  });

  test('after a key rotation the new key is accepted and the old one refused, without a restart', async () => {
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
