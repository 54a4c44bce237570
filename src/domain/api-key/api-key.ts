import { hash, randomBytes } from 'node:crypto';
import type { Actor, Scope } from '../actor.ts';

/** A stored API key. It holds only the hash of the secret, and a short prefix so that people can recognise it. */
export interface ApiKey {
  readonly id: string;
  readonly organization: string;
  readonly name: string | null;
  readonly scopes: readonly Scope[];
  readonly prefix: string;
  readonly hash: string;
  readonly createdAt: Date;
  /** From this moment on the key is refused; null for a key that does not expire. */
  readonly expiresAt: Date | null;
  /** Accurate to a minute. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Stores API keys. Rejects with `StorageUnavailable` when storage does not respond. */
export interface ApiKeyStore {
  insert(key: ApiKey): Promise<void>;
  /** Inserts the first key of an installation. Returns false, and writes nothing, when any key exists. */
  insertFirst(key: ApiKey): Promise<boolean>;
  findByHash(hash: string): Promise<ApiKey | null>;
  list(): Promise<ApiKey[]>;
  /** The names of the organization's keys that have one, by id, in one query. */
  names(organization: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Returns false when there is no such key. Revoking a key again keeps the original time. */
  revoke(id: string, at: Date): Promise<boolean>;
  recordUse(uses: ReadonlyMap<string, Date>): Promise<void>;
}

/** Whether a key is accepted at a moment (R1), or why it is not. */
export function findKeyState({ revokedAt, expiresAt }: ApiKey, at: Date): 'live' | 'revoked' | 'expired' {
  if (revokedAt) return 'revoked';
  return expiresAt && expiresAt <= at ? 'expired' : 'live';
}

/** The reads that a replica, which lags behind, may serve. Credentials are always read from the primary. */
export type ApiKeyReads = Pick<ApiKeyStore, 'names'>;

/** Creates the read operations on API keys, for actors who may read. */
export function createApiKeyReadOperations(store: ApiKeyReads) {
  return {
    /** The names of the keys that have one, by id: those of the actor's organization, revoked or not. */
    names(actor: Actor, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
      return store.names(actor.organization, ids);
    },
  };
}
export type ApiKeyReadOperations = ReturnType<typeof createApiKeyReadOperations>;

/** SHA-256 is enough for a secret of 256 random bits: it cannot be guessed. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** Whether a text has the form of the secrets that `createApiKey` creates. No other text can be a key. */
export function isKeySecret(text: string): boolean {
  return /^sk_[\w-]{43}$/.test(text);
}

/** What a new key may do, and until when; it does not expire when `expiresAt` is omitted. */
export interface KeyGrant extends Pick<ApiKey, 'organization' | 'name' | 'scopes'> {
  readonly expiresAt?: Date | null;
}

/** Creates a key. Its secret cannot be read again later. */
export function createApiKey({ expiresAt = null, ...grant }: KeyGrant, at: Date): { key: ApiKey; secret: string } {
  const secret = `sk_${randomBytes(32).toString('base64url')}`;
  const key: ApiKey = {
    ...grant,
    id: `key_${randomBytes(8).toString('hex')}`,
    prefix: secret.slice(0, 9),
    hash: hashSecret(secret),
    createdAt: at,
    expiresAt,
    lastUsedAt: null,
    revokedAt: null,
  };
  return { key, secret };
}

/** Creates and stores a key. The secret is returned and kept nowhere else. */
export async function issueApiKey(store: ApiKeyStore, grant: KeyGrant): Promise<{ key: ApiKey; secret: string }> {
  const issued = createApiKey(grant, new Date());
  await store.insert(issued.key);
  return issued;
}
