import { createHmac, type KeyObject, type SignKeyObjectInput, sign } from 'node:crypto';
import { audience, issuer, type Signer, secondsFromNow } from '../http/jwt.ts';

/** By which setting a gateway trusts tokens: `JWT_SECRET`, `JWT_PUBLIC_KEY` with one kind of key, `JWT_JWKS_URL`. */
export type Trust = 'secret' | 'rsa' | 'ec' | 'jwks';

/** The keys that the gateways trust, and those of an attacker. */
export interface Keys {
  readonly secret: string;
  readonly rsa: Signer;
  readonly ec: Signer;
  readonly theirRsa: Signer;
  readonly theirEc: Signer;
  /** A key set of the attacker. */
  readonly theirUrl: string;
}

/** A token that must be refused: what it is, which trust it attacks, and how it is made. */
export type HostileToken = readonly [
  what: string,
  trust: readonly Trust[],
  make: (keys: Keys) => string | Promise<string>,
];

/** Claims that every gateway of the tests accepts, and their JSON. */
export const claims = { iss: issuer, aud: audience, sub: 'user_1', org_id: 'acme', exp: secondsFromNow(300) };
export const text = JSON.stringify(claims);
/** Encodes a part of a token. */
export const encode = (part: string | Uint8Array) => Buffer.from(part).toString('base64url');
/** Signs a header and claims, as written, with a shared secret. */
export function signText(header: string, payload: string | Uint8Array, secret: string, hash = 'sha256'): string {
  const unsigned = `${encode(header)}.${encode(payload)}`;
  return `${unsigned}.${createHmac(hash, secret).update(unsigned).digest('base64url')}`;
}

/** Signs a header and the valid claims with a private key, whatever the header says. */
export function signWith(
  header: object,
  key: KeyObject,
  hash = 'sha256',
  options: Partial<SignKeyObjectInput> = {},
): string {
  const unsigned = `${encode(JSON.stringify(header))}.${encode(text)}`;
  const signature = sign(hash, Buffer.from(unsigned), { key, dsaEncoding: 'ieee-p1363', ...options });
  return `${unsigned}.${encode(signature)}`;
}
