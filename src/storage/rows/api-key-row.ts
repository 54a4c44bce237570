import type { Scope } from '../../domain/actor.ts';
import type { ApiKey } from '../../domain/api-key/api-key.ts';
import type { Kept } from './experiment-row.ts';

export type ApiKeyRow = Kept<Omit<ApiKey, 'scopes'>> & { scopes: Scope[] };

export function toApiKeyRow(key: ApiKey): ApiKeyRow {
  return {
    ...key,
    scopes: [...key.scopes],
    createdAt: key.createdAt.getTime(),
    expiresAt: key.expiresAt?.getTime() ?? null,
    lastUsedAt: key.lastUsedAt?.getTime() ?? null,
    revokedAt: key.revokedAt?.getTime() ?? null,
  };
}

export function parseApiKeyRow(row: Omit<ApiKeyRow, 'scopes'> & Pick<ApiKey, 'scopes'>): ApiKey {
  return {
    ...row,
    createdAt: new Date(row.createdAt),
    expiresAt: row.expiresAt === null ? null : new Date(row.expiresAt),
    lastUsedAt: row.lastUsedAt === null ? null : new Date(row.lastUsedAt),
    revokedAt: row.revokedAt === null ? null : new Date(row.revokedAt),
  };
}
