import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { ServiceUnavailable } from '../domain/faults.ts';

/** How long a fetched set is used before it is fetched again: ten minutes. */
const maxAgeMs = 600_000;
/** How long a fetched set is used while the key server cannot be reached: a day. */
const maxAgeInOutageMs = 86_400_000;
/** The minimum time between two fetches, however many tokens need one. */
const cooldownMs = 1_000;
/** How long a failed fetch counts as an outage. During it, tokens with a known key do not wait for a fetch. */
const outageMemoryMs = 60_000;
/** Includes the time to read the body. */
const fetchTimeoutMs = 2_000;
/** The bytes of a response are counted as they arrive. */
const maxBytes = 1024 * 1024;
const maxKeys = 100;

/** A token cannot be verified: the key server does not respond properly, and no usable key is known for the token. */
export class KeyServerUnavailable extends ServiceUnavailable {
  override readonly name = 'KeyServerUnavailable';
  override readonly publicMessage = 'The key server cannot be reached: try again in a moment.';
}

/** The keys that tokens are verified with. */
export interface VerificationKeys {
  /** The keys to try first. Rejects with `KeyServerUnavailable` when there are none, or they are too old. */
  current(): Promise<JWTVerifyGetKey>;
  /**
   * Newer keys, for a token that matches none of `keys`; undefined when `keys` are the latest. Rejects with
   * `KeyServerUnavailable` when the set cannot be fetched.
   */
  newerThan(keys: JWTVerifyGetKey): Promise<JWTVerifyGetKey | undefined>;
}

/**
 * The key server returned a set without keys. Nothing can be said about any token: a server that starts may have no keys
 * yet, but all of them may also have been revoked.
 */
class EmptyKeySet extends Error {}

/**
 * Reports when the key server becomes unusable, with a reason for the log and whether keys are known that stay in use,
 * and when it is usable again.
 */
export type ReportKeyServer = (
  status:
    | { readonly isUsable: true }
    | { readonly isUsable: false; readonly reason: string; readonly hasKeys: boolean },
) => void;

interface Attempt {
  readonly endedAt: number;
  readonly failure: Error | undefined;
}

/**
 * The key set at a URL. It is fetched when a token needs it: the first time, after ten minutes, and for an unknown key,
 * at most once a second. If that fails, the last set is used for up to a day after it was fetched (section 1 of the
 * contract). An empty set ends the use of the last one without a verdict on any token: until the server has keys again, every
 * token gets `KeyServerUnavailable`.
 */
export function createRemoteKeySet(
  url: URL,
  toKeys: (set: JSONWebKeySet) => JWTVerifyGetKey,
  report: ReportKeyServer,
): VerificationKeys {
  let latest: { readonly keys: JWTVerifyGetKey; readonly fetchedAt: number } | undefined;
  let last: Attempt | undefined;
  let running: Promise<Attempt> | undefined;

  async function tryToFetch(): Promise<Attempt> {
    let failure: Error | undefined;
    try {
      const keys = toKeys(await fetchKeySet(url));
      latest = { keys, fetchedAt: Date.now() };
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    const areKeysDropped = failure instanceof EmptyKeySet && latest !== undefined;
    if (areKeysDropped) latest = undefined;
    if (failure && (!last?.failure || areKeysDropped))
      report({ isUsable: false, reason: explain(failure), hasKeys: latest !== undefined });
    if (!failure && last?.failure) report({ isUsable: true });
    last = { endedAt: Date.now(), failure };
    running = undefined;
    return last;
  }

  /** Fetches the set unless that was tried within the last second. Never rejects. */
  async function refresh(): Promise<Attempt> {
    if (last && !running && isYounger(last.endedAt, cooldownMs)) return last;
    running ??= tryToFetch();
    return running;
  }

  return {
    async current() {
      if (latest && isYounger(latest.fetchedAt, maxAgeMs)) return latest.keys;
      const isOutage = last?.failure !== undefined && isYounger(last.endedAt, outageMemoryMs);
      const refreshed = refresh();
      // In an outage, tokens with a known key do not wait for the next attempt.
      if (!isOutage || !latest || !isYounger(latest.fetchedAt, maxAgeInOutageMs)) await refreshed;
      if (latest && isYounger(latest.fetchedAt, maxAgeInOutageMs)) return latest.keys;
      throw toUnavailable((await refreshed).failure);
    },
    async newerThan(keys) {
      const { failure } = await refresh();
      if (failure) throw toUnavailable(failure);
      return latest?.keys === keys ? undefined : latest?.keys;
    },
  };
}

function isYounger(moment: number, ageMs: number): boolean {
  const elapsed = Date.now() - moment;
  return elapsed >= 0 && elapsed < ageMs;
}

function toUnavailable(cause: Error | undefined): KeyServerUnavailable {
  return new KeyServerUnavailable(`JWT_JWKS_URL: ${cause ? explain(cause) : 'no keys'}`, { cause });
}

/** Node's fetch only says "fetch failed"; the reason is in the cause. */
function explain({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message;
}

/** Fetches a key set within `fetchTimeoutMs`. Rejects if the response is not a key set. Redirects are not followed. */
async function fetchKeySet(url: URL): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(fetchTimeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the key server returned status ${response.status}`);
  }
  const set: unknown = JSON.parse(await readBounded(response));
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(keys)) throw new Error('the key server did not return a key set');
  if (keys.length === 0) throw new EmptyKeySet('the key server returned an empty key set');
  if (keys.length > maxKeys) throw new Error(`the key server returned more than ${maxKeys} keys`);
  return { keys };
}

async function readBounded({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the key server returned more than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
