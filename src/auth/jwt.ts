import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import { type Actor, isScope, type Scope } from '../domain/actor.ts';
import { isIdentifier } from '../domain/text-shapes.ts';
import { createRemoteKeySet, KeyServerUnavailable, type ReportKeyServer, type VerificationKeys } from './key-set.ts';
import type { Refusal } from './refusal.ts';

/** Which tokens are accepted: their issuer, their audience, and the one kind of key that signs them. */
export interface JwtRules {
  readonly issuer: string;
  readonly audience: string;
  readonly organizationClaim: string;
  readonly key:
    | { readonly kind: 'jwks'; readonly url: URL }
    | { readonly kind: 'publicKey'; readonly pem: string }
    | { readonly kind: 'secret'; readonly secret: string };
}

/** How much clocks may differ. */
const leewaySeconds = 30;

const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

export type VerifyJwt = (token: string) => Promise<Actor | Refusal>;

/**
 * Creates a verifier of dashboard tokens. The configured key determines the algorithms, never the token. Issuer,
 * audience, expiry and subject are required. The verifier rejects with `KeyServerUnavailable` when the key of a token
 * cannot be fetched: the token itself may be valid.
 */
export async function createJwtVerifier(
  rules: JwtRules,
  report: ReportKeyServer = () => undefined,
): Promise<VerifyJwt> {
  // Loaded only when tokens are accepted: it takes a sixth of the start-up time.
  const jose = await import('jose');
  const { keys, algorithms } = createVerificationKeys(jose, rules.key, report);
  const options: JWTVerifyOptions = {
    algorithms,
    issuer: rules.issuer,
    audience: rules.audience,
    clockTolerance: leewaySeconds,
    requiredClaims: ['exp', 'sub', rules.organizationClaim],
  };

  /** Verifies with one key or, when the token names none, with each that may have signed it. */
  async function verifyWith(key: JWTVerifyGetKey, token: string): Promise<JWTPayload> {
    try {
      return (await jose.jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof jose.errors.JWKSMultipleMatchingKeys)) throw error;
      for await (const candidate of error) {
        const payload = await jose.jwtVerify(token, candidate, options).catch(rejectUnlessSignature);
        if (payload) return payload.payload;
      }
      throw new jose.errors.JWSSignatureVerificationFailed();
    }
  }

  function rejectUnlessSignature(error: unknown): undefined {
    if (!(error instanceof jose.errors.JWSSignatureVerificationFailed)) throw error;
  }

  /** Whether newer keys may match a refused token: it names an unknown key, or names none and no key matches. */
  function mayMatchNewerKey(error: unknown, token: string): boolean {
    if (error instanceof jose.errors.JWKSNoMatchingKey) return true;
    if (!(error instanceof jose.errors.JWSSignatureVerificationFailed)) return false;
    return jose.decodeProtectedHeader(token).kid === undefined;
  }

  async function verify(token: string): Promise<JWTPayload> {
    let known: JWTVerifyGetKey | undefined;
    // Keys are only looked up when the header is acceptable.
    const findCurrentKey: JWTVerifyGetKey = async (header, jws) => {
      known = await keys.current();
      return known(header, jws);
    };
    try {
      return await verifyWith(findCurrentKey, token);
    } catch (error) {
      const newer = known && mayMatchNewerKey(error, token) ? await keys.newerThan(known) : undefined;
      if (!newer) throw error;
      return verifyWith(newer, token);
    }
  }

  return async (token) => {
    try {
      return toActor(await verify(token), rules.organizationClaim);
    } catch (error) {
      if (error instanceof KeyServerUnavailable) throw error;
      const reason = error instanceof jose.errors.JWTExpired ? 'expired token' : 'invalid token';
      return { refused: `token refused: ${error instanceof Error ? error.message : String(error)}`, reason };
    }
  };
}

function createVerificationKeys(
  { createLocalJWKSet }: typeof import('jose'),
  key: JwtRules['key'],
  report: ReportKeyServer,
): { keys: VerificationKeys; algorithms: string[] } {
  switch (key.kind) {
    case 'jwks':
      return { keys: createRemoteKeySet(key.url, createLocalJWKSet, report), algorithms: asymmetric };
    case 'publicKey': {
      const publicKey = createPublicKey(key.pem);
      return { keys: createFixedKey(async () => publicKey), algorithms: findAlgorithms(publicKey) };
    }
    case 'secret': {
      const secret = new TextEncoder().encode(key.secret);
      return { keys: createFixedKey(async () => secret), algorithms: ['HS256'] };
    }
  }
}

/** A key that does not change until the gateway restarts. */
function createFixedKey(key: JWTVerifyGetKey): VerificationKeys {
  return { current: async () => key, newerThan: async () => undefined };
}

/** The algorithms that a public key verifies; none when its kind or size is not accepted. */
export function findAlgorithms(key: KeyObject): string[] {
  if (key.asymmetricKeyType === 'rsa')
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 ? ['RS256', 'PS256'] : [];
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519'];
  const curves: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
  const algorithm = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  return algorithm === undefined ? [] : [algorithm];
}

function toActor(payload: JWTPayload, organizationClaim: string): Actor | Refusal {
  // JSON such as 1e400 is read as infinity, which jose takes for a time: the token would never expire.
  if (!Number.isFinite(payload.exp)) return { refused: 'token without a usable exp', reason: 'invalid token' };
  const organization = payload[organizationClaim];
  if (typeof organization !== 'string' || !isIdentifier(organization))
    return { refused: `token without a usable ${organizationClaim}`, reason: 'invalid token' };
  if (payload.sub === undefined || !isIdentifier(payload.sub))
    return { refused: 'token without a usable subject', reason: 'invalid token' };
  return { organization, scopes: findGrantedScopes(payload.scope), author: { kind: 'subject', id: payload.sub } };
}

/** The scopes in a `scope` claim, a string or a list, that the gateway knows. */
function findGrantedScopes(scope: unknown): Scope[] {
  const words: readonly unknown[] = typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? scope : [];
  return words.filter((word) => typeof word === 'string').filter(isScope);
}
