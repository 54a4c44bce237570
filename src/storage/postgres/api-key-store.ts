import { desc, eq, sql } from 'drizzle-orm';
import type { ApiKey, ApiKeyStore } from '../../domain/api-key/api-key.ts';
import type { Db, Named, PostgresDatabase } from './open.ts';
import { apiKeys } from './tables.ts';

type Row = typeof apiKeys.$inferSelect;

export function apiKeyStore(database: PostgresDatabase): ApiKeyStore {
  const statements = database.prepared(prepare);
  return {
    insert: (key) =>
      database.write(({ statement }) => statement(async (db) => void (await db.insert(apiKeys).values(toRow(key))))),
    insertFirst: (key) =>
      database.write(({ transaction }) =>
        transaction(async (db) => {
          // Of many gateways that start at once one looks and writes at a time; keys are read all the same.
          await db.execute(sql`lock table ${apiKeys} in share row exclusive mode`);
          const existing = await db.select({ id: apiKeys.id }).from(apiKeys).limit(1);
          if (existing.length > 0) return false;
          await db.insert(apiKeys).values(toRow(key));
          return true;
        }),
      ),
    findByHash: (hash) =>
      database.run(async () => {
        const [row] = await statements().findByHash.execute({ hash });
        return row ? fromRow(row) : null;
      }),
    list: () =>
      database.run(async () => {
        const rows = await statements().db.select().from(apiKeys).orderBy(desc(apiKeys.createdAt), apiKeys.id);
        return rows.map(fromRow);
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

function toRow(key: ApiKey): Row {
  return {
    ...key,
    scopes: [...key.scopes],
    createdAt: key.createdAt.getTime(),
    lastUsedAt: key.lastUsedAt?.getTime() ?? null,
    revokedAt: key.revokedAt?.getTime() ?? null,
  };
}

function fromRow(row: Row): ApiKey {
  return {
    ...row,
    createdAt: new Date(row.createdAt),
    lastUsedAt: row.lastUsedAt === null ? null : new Date(row.lastUsedAt),
    revokedAt: row.revokedAt === null ? null : new Date(row.revokedAt),
  };
}
