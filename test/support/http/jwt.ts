import { createPrivateKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import type { AtEnd } from '../gateway/test-gateway.ts';

/** The issuer and audience that the tests configure. */
export const issuer = 'https://dashboard.test';
export const audience = 'experiment-gateway';
export const trusted = { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } as const;

type Key = Parameters<SignJWT['sign']>[0];
export interface TokenOptions {
  /** Added to the claims of a valid token; `undefined` removes a claim. */
  readonly claims?: JWTPayload;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A time this many seconds from now, in the format of claims. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** A token that is valid except for what the options change. */
export async function token(algorithm: string, key: Key, { claims, header }: TokenOptions = {}): Promise<string> {
  const good = {
    iss: issuer,
    aud: audience,
    sub: 'user_1',
    org_id: 'acme',
    scope: 'experiments:read experiments:write',
    exp: secondsFromNow(300),
  };
  const payload = Object.fromEntries(Object.entries({ ...good, ...claims }).filter(([, value]) => value !== undefined));
  return new SignJWT(payload).setProtectedHeader({ alg: algorithm, ...header }).sign(key);
}

export interface Signer {
  /** The public key as PEM. `jwk` is the same key as a member of a key set. */
  readonly pem: string;
  readonly jwk: JWK;
  readonly privateKey: KeyObject;
  sign(options?: TokenOptions): Promise<string>;
}

/** A new key pair for signing with one algorithm. */
export async function signer(algorithm: string, kid?: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return {
    pem: await exportSPKI(publicKey),
    jwk: { ...(await exportJWK(publicKey)), alg: algorithm, use: 'sig', ...(kid !== undefined && { kid }) },
    privateKey: createPrivateKey(await exportPKCS8(privateKey)),
    sign: (options = {}) =>
      token(algorithm, privateKey, {
        ...options,
        header: { ...(kid !== undefined && { kid }), ...options.header },
      }),
  };
}

/** Joins the base64url parts of a token by hand: header and claims as given, with any signature. */
export function signByHand(header: object, claims: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}

export interface KeySetServer {
  readonly url: string;
  /** Sets what it returns from now on: a key set, or a custom response. */
  answer(keys: readonly JWK[] | ((response: ServerResponse) => void)): void;
  /** How many requests it has received. */
  requests(): number;
}

/** A server of JSON Web Key Sets, closed at the end of the test. */
export async function startKeySetServer(...keys: JWK[]): Promise<KeySetServer> {
  return serveKeySet(keys, onTestFinished);
}

/** A server of JSON Web Key Sets. */
export async function serveKeySet(keys: readonly JWK[], atEnd: AtEnd): Promise<KeySetServer> {
  let current: Parameters<KeySetServer['answer']>[0] = keys;
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    if (typeof current === 'function') current(response);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: current }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/keys`,
    answer: (next) => (current = next),
    requests: () => requests,
  };
}
