import type { Caller } from '../domain/actor.ts';
import type { ApiKeys } from './api-key.ts';
import type { VerifyJwt } from './jwt.ts';

/** Who is calling, and why a credential that was sent is refused; the reason is for the log alone. */
export interface Authentication {
  readonly caller: Caller;
  readonly refused?: string;
}

export type Authenticate = (authorization: string | null) => Promise<Authentication>;

/** A signed token has three parts between dots; keys that the gateway makes have none. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Judges an `Authorization` header. All refusals look the same to the caller: nobody. */
export function authenticator(keys: ApiKeys, verifyJwt: VerifyJwt | undefined): Authenticate {
  return async (authorization) => {
    if (authorization === null) return { caller: null };
    const [, credential] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (!credential) return { caller: null, refused: 'no bearer credential' };
    let result = await keys.verify(credential);
    if ('refused' in result && TOKEN.test(credential)) {
      result = verifyJwt ? await verifyJwt(credential) : { refused: 'tokens are not configured' };
    }
    return 'refused' in result ? { caller: null, refused: result.refused } : { caller: result };
  };
}
