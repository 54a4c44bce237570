import { and, desc, eq, isNotNull, sql } from 'drizzle-orm';
import type { ApiKeyReads, ApiKeyStore } from '../../domain/api-key/api-key.ts';
import { parseApiKeyRow, toApiKeyRow } from '../rows/api-key-row.ts';
import type { Db, Named, PostgresDatabase } from './open.ts';
import { apiKeys } from './tables.ts';

/** The operations that a replica can serve too. */
export function createApiKeyReads(database: PostgresDatabase): ApiKeyReads {
  const statements = database.prepareOnce(prepareReads);
  return {
    names: (organization, ids) =>
      database.run(async () => {
        const rows = await statements().names.execute({ organization, ids });
        return new Map(rows.flatMap(({ id, name }) => (name === null ? [] : [[id, name]])));
      }),
  };
}

export function createApiKeyStore(database: PostgresDatabase): ApiKeyStore {
  const statements = database.prepareOnce(prepare);
  return {
    ...createApiKeyReads(database),
    insert: (key) =>
      database.write(({ statement }) =>
        statement(async (db) => void (await db.insert(apiKeys).values(toApiKeyRow(key)))),
      ),
    insertFirst: (key) =>
      database.write(({ transaction }) =>
        transaction(async (db) => {
          // Gateways that start at the same time take turns here; the lock does not block reads of keys.
          await db.execute(sql`lock table ${apiKeys} in share row exclusive mode`);
          const existing = await db.select({ id: apiKeys.id }).from(apiKeys).limit(1);
          if (existing.length > 0) return false;
          await db.insert(apiKeys).values(toApiKeyRow(key));
          return true;
        }),
      ),
    findByHash: (hash) =>
      database.run(async () => {
        const [row] = await statements().findByHash.execute({ hash });
        return row ? parseApiKeyRow(row) : null;
      }),
    list: () =>
      database.run(async () => {
        const rows = await statements().db.select().from(apiKeys).orderBy(desc(apiKeys.createdAt), apiKeys.id);
        return rows.map(parseApiKeyRow);
      }),
    revoke: (id, at) =>
      database.write(async ({ statement }) => {
        const revokedAt = sql`coalesce(${apiKeys.revokedAt}, ${at.getTime()})`;
        const revoked = await statement(async (db) =>
          db.update(apiKeys).set({ revokedAt }).where(eq(apiKeys.id, id)).returning({ id: apiKeys.id }),
        );
        return revoked.length > 0;
      }),
    recordUse: (uses) =>
      database.write(async ({ statement }) => {
        if (uses.size === 0) return;
        const ids = [...uses.keys()];
        const times = ids.map((id) => uses.get(id)?.getTime());
        await statement((db) => statements(db).recordUse.execute({ ids, times }));
      }),
  };
}

function prepare(db: Db, named: Named) {
  const used = sql`unnest(${sql.placeholder('ids')}::text[], ${sql.placeholder('times')}::bigint[]) as used (id, at)`;
  return {
    db,
    findByHash: db
      .select()
      .from(apiKeys)
      .where(eq(apiKeys.hash, sql.placeholder('hash')))
      .prepare(named('find_api_key')),
    recordUse: db
      .update(apiKeys)
      .set({ lastUsedAt: sql`used.at` })
      .from(used)
      .where(sql`${apiKeys.id} = used.id`)
      .prepare(named('record_api_key_use')),
  };
}

function prepareReads(db: Db, named: Named) {
  return {
    names: db
      .select({ id: apiKeys.id, name: apiKeys.name })
      .from(apiKeys)
      .where(
        and(
          eq(apiKeys.organization, sql.placeholder('organization')),
          sql`${apiKeys.id} = any(${sql.placeholder('ids')}::text[])`,
          isNotNull(apiKeys.name),
        ),
      )
      .prepare(named('api_key_names')),
  };
}
