import { timingSafeEqual } from 'node:crypto';
import { type Actor, scopes } from '../domain/actor.ts';
import { type ApiKeyStore, findKeyState, hashSecret, isKeySecret } from '../domain/api-key/api-key.ts';
import { defaultOrganization } from '../domain/organization.ts';
import type { Refusal } from './refusal.ts';

/** The last use of a key is written at most once a minute. */
const useIntervalMs = 60_000;
const flushIntervalMs = 5_000;

export interface ApiKeys {
  /** Whether a text has the form of a key. If not, it needs no lookup. */
  isPossible(secret: string): boolean;
  /**
   * Returns the actor of a live key (R1) and when the key expires, or why it is refused. `hash` is
   * `hashSecret(secret)`.
   */
  verify(secret: string, hash?: string): Promise<{ readonly actor: Actor; readonly expiresAt: Date | null } | Refusal>;
  /** Writes pending uses and stops writing. */
  close(): Promise<void>;
}

/** Verifies API keys against storage. The last use of a key is written in the background; a failed write is ignored. */
export function createApiKeys(
  store: ApiKeyStore,
  bootstrapKey: string | undefined,
  now: () => Date = () => new Date(),
): ApiKeys {
  const bootstrapHash = bootstrapKey === undefined ? undefined : Buffer.from(hashSecret(bootstrapKey));
  const bootstrapActor: Actor = {
    organization: defaultOrganization,
    scopes,
    author: { kind: 'apiKey', id: 'bootstrap' },
  };
  const writtenAt = new Map<string, number>();
  const pending = new Map<string, Date>();

  async function flush(): Promise<void> {
    if (pending.size === 0) return;
    const uses = new Map(pending);
    pending.clear();
    await store.recordUse(uses).catch(() => undefined);
  }

  function recordUse(id: string): void {
    const at = now();
    if (at.getTime() - (writtenAt.get(id) ?? 0) < useIntervalMs) return;
    writtenAt.set(id, at.getTime());
    pending.set(id, at);
  }

  const timer = setInterval(flush, flushIntervalMs).unref();

  return {
    isPossible: (secret) => isKeySecret(secret) || secret.length === bootstrapKey?.length,
    async verify(secret, hash = hashSecret(secret)) {
      if (bootstrapHash && timingSafeEqual(bootstrapHash, Buffer.from(hash)))
        return { actor: bootstrapActor, expiresAt: null };
      if (!isKeySecret(secret)) return { refused: 'not an API key', reason: 'malformed' };
      const key = await store.findByHash(hash);
      if (!key) return { refused: 'unknown key', reason: 'unknown key' };
      const state = findKeyState(key, now());
      if (state !== 'live') return { refused: `${state} key ${key.id}`, reason: `${state} key` };
      recordUse(key.id);
      const { organization, scopes: granted, expiresAt } = key;
      return { actor: { organization, scopes: granted, author: { kind: 'apiKey', id: key.id } }, expiresAt };
    },
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
