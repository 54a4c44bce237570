import { timingSafeEqual } from 'node:crypto';
import { type Actor, scopes } from '../domain/actor.ts';
import { type ApiKeyStore, hashSecret, isKeySecret } from '../domain/api-key/api-key.ts';

/** How often the last use of a key is written, in milliseconds: at most once a minute a key. */
const useIntervalMs = 60_000;
/** How often pending uses are written, in milliseconds. */
const flushIntervalMs = 5_000;

export interface ApiKeys {
  /** Whether a text can be a key at all, by its form: what cannot needs no further judgement. */
  isPossible(secret: string): boolean;
  /** The actor of a key, or why it is refused: a word for the log alone. `hash` is `hashSecret(secret)`. */
  verify(secret: string, hash?: string): Promise<Actor | { readonly refused: string }>;
  /** Writes pending uses and stops writing. */
  close(): Promise<void>;
}

/** Verifies API keys against storage. The last use of a key is written behind the request; a failed write is ignored. */
export function createApiKeys(
  store: ApiKeyStore,
  bootstrapKey: string | undefined,
  now: () => Date = () => new Date(),
): ApiKeys {
  const bootstrapHash = bootstrapKey === undefined ? undefined : Buffer.from(hashSecret(bootstrapKey));
  const bootstrapActor: Actor = { organization: 'default', scopes, author: { kind: 'apiKey', id: 'bootstrap' } };
  const written = new Map<string, number>();
  const pending = new Map<string, Date>();

  async function flush(): Promise<void> {
    if (pending.size === 0) return;
    const uses = new Map(pending);
    pending.clear();
    await store.recordUse(uses).catch(() => undefined);
  }

  function recordUse(id: string): void {
    const at = now();
    if (at.getTime() - (written.get(id) ?? 0) < useIntervalMs) return;
    written.set(id, at.getTime());
    pending.set(id, at);
  }

  const timer = setInterval(flush, flushIntervalMs).unref();

  return {
    isPossible: (secret) => isKeySecret(secret) || secret.length === bootstrapKey?.length,
    async verify(secret, hash = hashSecret(secret)) {
      if (bootstrapHash && timingSafeEqual(bootstrapHash, Buffer.from(hash))) return bootstrapActor;
      if (!isKeySecret(secret)) return { refused: 'no API key' };
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
