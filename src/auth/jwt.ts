import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import { type Actor, isScope } from '../domain/actor.ts';
import { CannotStart } from '../domain/failure.ts';
import { isIdentifier } from '../domain/text.ts';

/** Which tokens are accepted: who issued them, for whom, and the one kind of key that they are signed with. */
export interface JwtRules {
  readonly issuer: string;
  readonly audience: string;
  readonly organizationClaim: string;
  readonly key:
    | { readonly kind: 'jwks'; readonly url: URL }
    | { readonly kind: 'publicKey'; readonly pem: string }
    | { readonly kind: 'secret'; readonly secret: string };
}

/** How far clocks may differ, in seconds. */
const LEEWAY = 30;
/** How long a fetched key set is used, and how soon a token with an unknown key may fetch it again, in milliseconds. */
const JWKS_AGE = 600_000;
const JWKS_COOLDOWN = 1_000;
const JWKS_TIMEOUT = 2_000;

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

export type VerifyJwt = (token: string) => Promise<Actor | { readonly refused: string }>;

/**
 * A verifier of dashboard tokens. The algorithms follow from the kind of key that is configured, never from the token;
 * issuer, audience, expiry and subject are required. Rejects with `CannotStart` when the configured key cannot be used.
 */
export async function jwtVerifier(rules: JwtRules): Promise<VerifyJwt> {
  // Loaded only where tokens are accepted: it is a sixth of the start-up time.
  const jose = await import('jose');
  const { key, algorithms } = await verificationKey(jose, rules.key);
  const options: JWTVerifyOptions = {
    algorithms,
    issuer: rules.issuer,
    audience: rules.audience,
    clockTolerance: LEEWAY,
    requiredClaims: ['exp', 'sub', rules.organizationClaim],
  };
  return async (token) => {
    try {
      const { payload } = await jose.jwtVerify(token, key, options);
      return actorOf(payload, rules.organizationClaim);
    } catch (error) {
      return { refused: `token refused: ${error instanceof Error ? error.message : String(error)}` };
    }
  };
}

async function verificationKey(
  jose: typeof import('jose'),
  key: JwtRules['key'],
): Promise<{ key: JWTVerifyGetKey; algorithms: string[] }> {
  switch (key.kind) {
    case 'jwks': {
      const options = { cacheMaxAge: JWKS_AGE, cooldownDuration: JWKS_COOLDOWN, timeoutDuration: JWKS_TIMEOUT };
      return { key: jose.createRemoteJWKSet(key.url, options), algorithms: asymmetric };
    }
    case 'publicKey': {
      const { createPublicKey } = await import('node:crypto');
      const publicKey = createPublicKey(key.pem);
      return { key: async () => publicKey, algorithms: algorithmsOf(publicKey) };
    }
    case 'secret': {
      const secret = new TextEncoder().encode(key.secret);
      return { key: async () => secret, algorithms: ['HS256'] };
    }
  }
}

function algorithmsOf(key: import('node:crypto').KeyObject): string[] {
  if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048)
    return ['RS256', 'PS256'];
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519'];
  const curves: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
  const algorithm = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (!algorithm) {
    throw new CannotStart(
      'JWT_PUBLIC_KEY is not valid. Accepted: a PEM public key: RSA of 2048 bits or more, Ed25519, P-256, P-384 or P-521.',
    );
  }
  return [algorithm];
}

function actorOf(payload: JWTPayload, organizationClaim: string): Actor | { refused: string } {
  const organization = payload[organizationClaim];
  if (typeof organization !== 'string' || !isIdentifier(organization))
    return { refused: `token without a usable ${organizationClaim}` };
  if (payload.sub === undefined || !isIdentifier(payload.sub)) return { refused: 'token without a usable subject' };
  const granted = typeof payload.scope === 'string' ? payload.scope.split(' ').filter(isScope) : [];
  return { organization, scopes: granted, author: { kind: 'subject', id: payload.sub } };
}
