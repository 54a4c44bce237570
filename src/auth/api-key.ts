import { timingSafeEqual } from 'node:crypto';
import { type Actor, scopes } from '../domain/actor.ts';
import { type ApiKeyStore, hashSecret, isKeySecret } from '../domain/api-key/api-key.ts';

/** The last use of a key is written at most once a minute. */
const useIntervalMs = 60_000;
const flushIntervalMs = 5_000;

export interface ApiKeys {
  /** Whether a text has the form of a key. If not, it needs no lookup. */
  isPossible(secret: string): boolean;
  /** Returns the actor of a key, or why it is refused: for the log only. `hash` is `hashSecret(secret)`. */
  verify(secret: string, hash?: string): Promise<Actor | { readonly refused: string }>;
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
  const bootstrapActor: Actor = { organization: 'default', scopes, author: { kind: 'apiKey', id: 'bootstrap' } };
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
      if (bootstrapHash && timingSafeEqual(bootstrapHash, Buffer.from(hash))) return bootstrapActor;
      if (!isKeySecret(secret)) return { refused: 'not an API key' };
      const key = await store.findByHash(hash);
      if (!key) return { refused: 'unknown key' };
      if (key.revokedAt) return { refused: `revoked key ${key.id}` };
      recordUse(key.id);
      return { organization: key.organization, scopes: key.scopes, author: { kind: 'apiKey', id: key.id } };
    },
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
