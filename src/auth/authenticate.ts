import type { Caller } from '../domain/actor.ts';
import { hashSecret } from '../domain/api-key/api-key.ts';
import type { ApiKeys } from './api-key.ts';
import type { VerifyJwt } from './jwt.ts';
import { createVerdicts, isRecent } from './verdicts.ts';

/** Who is calling, and why a credential that was sent is refused; the reason is for the log alone. */
export interface Authentication {
  readonly caller: Caller;
  readonly refused?: string;
}

export type Authenticate = (authorization: string | null) => Promise<Authentication>;

/** A signed token has three parts between dots; keys that the gateway makes have none. */
const tokenForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const anonymous: Authentication = { caller: null };

/** A judgement under way, and when it began. */
interface Judgement {
  readonly verdict: Promise<Authentication>;
  readonly since: number;
}

/**
 * Judges `Authorization` headers. All refusals look the same to callers. A text that cannot be a credential is refused
 * by its form alone; any other is judged at most once in half a second, however many requests carry it, so a key that
 * is revoked, or created after it was refused, is seen within that time. Accepted headers are remembered as they are,
 * refused credentials by their hash and apart: refusals can neither fill the memory nor displace a good caller. Every
 * answer has an actor of its own, which stands for its request.
 *
 * Rejects with `ServiceUnavailable` when storage or the key server cannot be asked: that is no verdict, and is not
 * remembered.
 */
export function createAuthenticator(keys: ApiKeys, verifyJwt: VerifyJwt | undefined): Authenticate {
  const accepted = createVerdicts();
  const refused = createVerdicts();
  const underWay = new Map<string, Judgement>();

  async function judge(credential: string, hash: string, isToken: boolean): Promise<Authentication> {
    let result = await keys.verify(credential, hash);
    if ('refused' in result && isToken && verifyJwt) result = await verifyJwt(credential);
    return 'refused' in result ? refuse(result.refused) : { caller: result };
  }

  /** The judgement of a credential that is under way, or a new one. */
  function share(credential: string, hash: string, isToken: boolean): Judgement {
    const known = underWay.get(hash);
    if (known && isRecent(known.since)) return known;
    const since = performance.now();
    const verdict = judge(credential, hash, isToken).finally(() => {
      if (underWay.get(hash) === judgement) underWay.delete(hash);
    });
    const judgement = { verdict, since };
    underWay.set(hash, judgement);
    return judgement;
  }

  async function authenticate(authorization: string): Promise<Authentication> {
    const [, credential] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (!credential) return refuse('no bearer credential');
    const isToken = tokenForm.test(credential);
    if (!keys.isPossible(credential)) {
      if (!isToken) return refuse('neither a key nor a token');
      if (!verifyJwt) return refuse('tokens are not configured');
    }
    const hash = hashSecret(credential);
    const known = refused.find(hash);
    if (known) return known;
    const judgement = share(credential, hash, isToken);
    const verdict = await judgement.verdict;
    if (verdict.caller) accepted.remember(authorization, verdict, judgement.since);
    else refused.remember(hash, verdict, judgement.since);
    return verdict;
  }

  return async (authorization) => {
    if (authorization === null) return anonymous;
    const verdict = accepted.find(authorization) ?? (await authenticate(authorization));
    return verdict.caller ? { caller: { ...verdict.caller } } : verdict;
  };
}

function refuse(reason: string): Authentication {
  return { caller: null, refused: reason };
}
