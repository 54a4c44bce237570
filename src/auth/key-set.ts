import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { ServiceUnavailable } from '../domain/faults.ts';

/** How long a fetched set is used before it is fetched again, in milliseconds. */
const maxAge = 600_000;
/** How long a fetched set is used while the key server cannot be reached, in milliseconds: a day. */
const maxAgeInOutage = 86_400_000;
/** The least time between two fetches, in milliseconds, however many tokens ask for one. */
const cooldown = 1_000;
/** How long a failed fetch counts as an outage, in milliseconds: within it no token with a known key waits for a fetch. */
const outageMemory = 60_000;
/** How long a fetch may take, body included, in milliseconds. */
const fetchTimeout = 2_000;
/** The largest answer, in bytes counted while they arrive, and the most keys in it. */
const maxBytes = 1024 * 1024;
const maxKeys = 100;

/** A token cannot be judged: the key server does not answer as it should, and no usable key is known for the token. */
export class KeyServerUnavailable extends ServiceUnavailable {
  override readonly name = 'KeyServerUnavailable';
  override readonly publicMessage = 'The key server cannot be reached: try again in a moment.';
}

/** The keys that tokens are verified with. */
export interface VerificationKeys {
  /** The keys to try first. Rejects with `KeyServerUnavailable` when there are none that may be used. */
  current(): Promise<JWTVerifyGetKey>;
  /** Newer keys, for a token that none of `keys` fits; undefined when `keys` are the latest. Rejects like `current`. */
  newerThan(keys: JWTVerifyGetKey): Promise<JWTVerifyGetKey | undefined>;
}

/** Reports that the key server cannot be used, with the reason for the log, and that it can be used again. */
export type ReportKeyServer = (news: { readonly isUsable: boolean; readonly reason?: string }) => void;

interface Attempt {
  readonly endedAt: number;
  readonly failure: Error | undefined;
}

/**
 * The key set at a URL. It is fetched when a token needs it: at first, after ten minutes, and for an unknown key, at
 * most once a second. While that fails, the last set is used for up to a day after it was fetched (contract, section 1).
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
    if (failure && !last?.failure) report({ isUsable: false, reason: explain(failure) });
    if (!failure && last?.failure) report({ isUsable: true });
    last = { endedAt: Date.now(), failure };
    running = undefined;
    return last;
  }

  /** Fetches the set unless that has just been tried; never rejects. */
  async function refresh(): Promise<Attempt> {
    if (last && !running && isYounger(last.endedAt, cooldown)) return last;
    running ??= tryToFetch();
    return running;
  }

  return {
    async current() {
      if (latest && isYounger(latest.fetchedAt, maxAge)) return latest.keys;
      const isOutage = last?.failure !== undefined && isYounger(last.endedAt, outageMemory);
      const refreshed = refresh();
      // In an outage nobody whose key is known waits for the next attempt.
      if (!isOutage || !latest || !isYounger(latest.fetchedAt, maxAgeInOutage)) await refreshed;
      if (latest && isYounger(latest.fetchedAt, maxAgeInOutage)) return latest.keys;
      throw toUnavailable((await refreshed).failure);
    },
    async newerThan(keys) {
      const { failure } = await refresh();
      if (failure) throw toUnavailable(failure);
      return latest?.keys === keys ? undefined : latest?.keys;
    },
  };
}

function isYounger(moment: number, age: number): boolean {
  const elapsed = Date.now() - moment;
  return elapsed >= 0 && elapsed < age;
}

function toUnavailable(cause: Error | undefined): KeyServerUnavailable {
  return new KeyServerUnavailable(`JWT_JWKS_URL: ${cause ? explain(cause) : 'no keys'}`, { cause });
}

/** Node's fetch says "fetch failed", and why in the cause. */
function explain({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message;
}

/** Fetches a key set within `fetchTimeout`. Rejects unless it is one: redirects are not followed. */
async function fetchKeySet(url: URL): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(fetchTimeout),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the key server answered ${response.status}`);
  }
  const set: unknown = JSON.parse(await readBounded(response));
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(keys)) throw new Error('the key server answered no key set');
  if (keys.length > maxKeys) throw new Error(`the key server answered more than ${maxKeys} keys`);
  return { keys };
}

async function readBounded({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the key server answered more than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
