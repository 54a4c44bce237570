import { hash, randomBytes } from 'node:crypto';
import type { Scope } from '../actor.ts';

/** An API key as it is stored: its secret only as a hash, and a short prefix by which a person recognises it. */
export interface ApiKey {
  readonly id: string;
  readonly organization: string;
  readonly name: string | null;
  readonly scopes: readonly Scope[];
  readonly prefix: string;
  readonly hash: string;
  readonly createdAt: Date;
  /** Exact to a minute. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/**
 * Where API keys live. Rejects with `StorageUnavailable` when storage cannot answer.
 */
export interface ApiKeyStore {
  insert(key: ApiKey): Promise<void>;
  /** The first key of an installation; answers false, and writes nothing, when there is any key already. */
  insertFirst(key: ApiKey): Promise<boolean>;
  findByHash(hash: string): Promise<ApiKey | null>;
  list(): Promise<ApiKey[]>;
  /** Answers false when there is no such key. Revoking twice keeps the first time. */
  revoke(id: string, at: Date): Promise<boolean>;
  recordUse(uses: ReadonlyMap<string, Date>): Promise<void>;
}

/** SHA-256 is enough for a secret of 256 random bits: there is nothing to guess. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** Whether a text has the form of the secrets that `createApiKey` makes: no other text can be a key. */
export function isKeySecret(text: string): boolean {
  return /^sk_[\w-]{43}$/.test(text);
}

/** A new key, and its secret, which nobody can read again afterwards. */
export function createApiKey(
  grant: { readonly organization: string; readonly name: string | null; readonly scopes: readonly Scope[] },
  at: Date,
): { key: ApiKey; secret: string } {
  const secret = `sk_${randomBytes(32).toString('base64url')}`;
  const key: ApiKey = {
    ...grant,
    id: `key_${randomBytes(8).toString('hex')}`,
    prefix: secret.slice(0, 9),
    hash: hashSecret(secret),
    createdAt: at,
    lastUsedAt: null,
    revokedAt: null,
  };
  return { key, secret };
}
