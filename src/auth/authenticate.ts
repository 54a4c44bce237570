import type { Caller } from '../domain/actor.ts';
import { hashSecret } from '../domain/api-key/api-key.ts';
import type { ApiKeys } from './api-key.ts';
import type { VerifyJwt } from './jwt.ts';
import { createRecentMap } from './recent-map.ts';
import type { Refusal, RefusalReason } from './refusal.ts';
import type { RefusalBrake } from './refusal-brake.ts';
import { createVerdicts, isRecent } from './verdict-cache.ts';

/** Who is calling, and why their credential was refused: for the log and metrics only. */
export interface Authentication extends Partial<Refusal> {
  readonly caller: Caller;
  /** When an accepted API key expires. */
  readonly expiresAt?: Date | null;
}

/** Where a request comes from. */
export interface Origin {
  /** The IP address of its connection; undefined without a connection. */
  readonly address: string | undefined;
}

export interface Authenticate {
  (authorization: string | null, origin?: Origin): Promise<Authentication>;
  /** The organization that a credential was last accepted for, if it was accepted lately. Proves nothing. */
  recallOrganization(authorization: string | null): string | undefined;
}

/** A signed token has three parts separated by dots; keys that the gateway creates have no dots. */
const tokenForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const anonymous: Authentication = { caller: null };
const unchecked = refuse('too many refusals before', 'not checked');
/** How many credentials are known to have been accepted before. */
const maxKnownGood = 10_000;

/** A verification in progress, and when it started, by `performance.now()`. */
interface Verification {
  readonly verdict: Promise<Authentication>;
  readonly since: number;
}

/**
 * Authenticates `Authorization` headers. All refusals look the same to callers. A text that cannot be a credential is
 * refused by its form; any other is verified at most once per half second, however many requests carry it, so a key
 * that is revoked, or created after it was refused, is noticed within that time, and one that expires is refused from
 * that moment on. Accepted headers are cached verbatim.
 * Refused credentials are cached by hash, in a separate cache: they can neither fill the memory nor displace a valid
 * caller. Every result has a new actor object, which identifies its request.
 *
 * Where an address has had many refusals, only credentials that were accepted before are still checked: their callers
 * may share the address, such as a proxy's, with the sender of the wrong ones.
 *
 * Rejects with `ServiceUnavailable` when storage or the key server cannot be reached: that is not a verdict, and is not
 * cached.
 */
export function createAuthenticator(
  keys: ApiKeys,
  verifyJwt: VerifyJwt | undefined,
  brake: RefusalBrake,
): Authenticate {
  const accepted = createVerdicts();
  const refused = createVerdicts();
  /** Their organizations, by the hash of the credential. */
  const knownGood = createRecentMap<string>(maxKnownGood);
  const inProgress = new Map<string, Verification>();

  async function verify(credential: string, hash: string, isToken: boolean): Promise<Authentication> {
    const key = await keys.verify(credential, hash);
    if ('actor' in key) return { caller: key.actor, expiresAt: key.expiresAt };
    if (!isToken || !verifyJwt) return refuse(key.refused, key.reason);
    const token = await verifyJwt(credential);
    return 'refused' in token ? refuse(token.refused, token.reason) : { caller: token };
  }

  /** Joins the verification of a credential that is in progress, or starts one. */
  function joinOrStart(credential: string, hash: string, isToken: boolean): Verification {
    const running = inProgress.get(hash);
    if (running && isRecent(running.since)) return running;
    const since = performance.now();
    const verdict = verify(credential, hash, isToken).finally(() => {
      if (inProgress.get(hash) === verification) inProgress.delete(hash);
    });
    const verification = { verdict, since };
    inProgress.set(hash, verification);
    return verification;
  }

  async function authenticate(authorization: string, address: string | undefined): Promise<Authentication> {
    const { credential, hash } = parse(authorization);
    if (address !== undefined && brake.isOn(address) && knownGood.get(hash) === undefined) {
      await brake.hold();
      return unchecked;
    }
    const verdict = await judge(authorization, credential, hash);
    if (verdict.refused !== undefined && address !== undefined) brake.count(address);
    return verdict;
  }

  async function judge(authorization: string, credential: string | undefined, hash: string): Promise<Authentication> {
    if (!credential) return refuse('no bearer credential', 'malformed');
    const isToken = tokenForm.test(credential);
    if (!keys.isPossible(credential)) {
      if (!isToken) return refuse('neither a key nor a token', 'malformed');
      if (!verifyJwt) return refuse('tokens are not configured', 'tokens not configured');
    }
    const known = refused.find(hash);
    if (known) return known;
    const verification = joinOrStart(credential, hash, isToken);
    const verdict = await verification.verdict;
    if (verdict.caller) {
      accepted.remember(authorization, verdict, verification.since);
      knownGood.set(hash, verdict.caller.organization);
    } else {
      refused.remember(hash, verdict, verification.since);
      knownGood.delete(hash);
    }
    return verdict;
  }

  async function identify(authorization: string | null, origin?: Origin): Promise<Authentication> {
    if (authorization === null) return anonymous;
    const verdict = accepted.find(authorization) ?? (await authenticate(authorization, origin?.address));
    return verdict.caller ? { caller: { ...verdict.caller } } : verdict;
  }

  function recallOrganization(authorization: string | null): string | undefined {
    if (authorization === null) return undefined;
    return accepted.find(authorization)?.caller?.organization ?? knownGood.get(parse(authorization).hash);
  }

  return Object.assign(identify, { recallOrganization });
}

function parse(authorization: string): { readonly credential: string | undefined; readonly hash: string } {
  const [, credential] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  return { credential, hash: credential === undefined ? '' : hashSecret(credential) };
}

function refuse(refused: string, reason: RefusalReason): Authentication {
  return { caller: null, refused, reason };
}
