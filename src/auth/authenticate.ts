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

/** How long a credential that was accepted is believed, in milliseconds: a revoked one is refused within a second. */
const BELIEVED = 500;
/** How many credentials are believed at once. */
const mostBelieved = 10_000;

const anonymous: Authentication = { caller: null };

/**
 * Judges an `Authorization` header. All refusals look the same to the caller: nobody. What was accepted is believed for
 * half a second; what was refused is judged again each time. Every answer has an actor of its own, which stands for its
 * request.
 */
export function authenticator(keys: ApiKeys, verifyJwt: VerifyJwt | undefined): Authenticate {
  let believed = new Map<string, Promise<Authentication>>();

  /** All are forgotten at once, half a second after the first of them, so that nothing of a credential stays behind. */
  function remember(authorization: string, judged: Promise<Authentication>): void {
    if (believed.size >= mostBelieved) believed = new Map();
    const known = believed;
    if (known.size === 0) {
      setTimeout(() => {
        if (believed === known) believed = new Map();
      }, BELIEVED).unref();
    }
    known.set(authorization, judged);
    const forget = () => known.delete(authorization);
    judged.then(({ caller }) => caller === null && forget(), forget);
  }

  async function judge(authorization: string): Promise<Authentication> {
    const [, credential] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (!credential) return { caller: null, refused: 'no bearer credential' };
    let result = await keys.verify(credential);
    if ('refused' in result && TOKEN.test(credential)) {
      result = verifyJwt ? await verifyJwt(credential) : { refused: 'tokens are not configured' };
    }
    return 'refused' in result ? { caller: null, refused: result.refused } : { caller: result };
  }

  return async (authorization) => {
    if (authorization === null) return anonymous;
    let judged = believed.get(authorization);
    if (!judged) {
      judged = judge(authorization);
      remember(authorization, judged);
    }
    const { caller, refused } = await judged;
    return caller === null ? { caller, ...(refused !== undefined && { refused }) } : { caller: { ...caller } };
  };
}
