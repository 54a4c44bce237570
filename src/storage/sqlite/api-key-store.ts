import { and, desc, eq, isNotNull, sql } from 'drizzle-orm';
import type { ApiKeyStore } from '../../domain/api-key/api-key.ts';
import { parseApiKeyRow, toApiKeyRow } from '../rows/api-key-row.ts';
import { type Connection, startTimeout } from './connect.ts';
import type { SqliteFile } from './open.ts';
import { prepareQuery } from './statement.ts';
import { apiKeys } from './tables.ts';

export function createApiKeyStore(file: SqliteFile): ApiKeyStore {
  const statements = file.prepareOnce(prepare);
  return {
    insert: (key) => file.write(() => void statements().db.insert(apiKeys).values(toApiKeyRow(key)).run()),
    insertFirst: (key) =>
      file.write(
        () => {
          const { db } = statements();
          if (db.select({ id: apiKeys.id }).from(apiKeys).limit(1).get()) return false;
          db.insert(apiKeys).values(toApiKeyRow(key)).run();
          return true;
        },
        undefined,
        // Only a start inserts the first key. When several gateways start on one file, each writes to it several times.
        { wait: startTimeout },
      ),
    findByHash: (hash) =>
      file.read(() => {
        const row = statements().findByHash.get({ hash });
        return row ? parseApiKeyRow(row) : null;
      }),
    list: () =>
      file.read(() =>
        statements().db.select().from(apiKeys).orderBy(desc(apiKeys.createdAt), apiKeys.id).all().map(parseApiKeyRow),
      ),
    names: (organization, ids) =>
      file.read(() => {
        const rows = statements().names.all({ organization, ids: JSON.stringify(ids) });
        return new Map(rows.map(({ id, name }) => [id, name]));
      }),
    revoke: (id, at) =>
      file.write(() => {
        const revokedAt = sql`coalesce(${apiKeys.revokedAt}, ${at.getTime()})`;
        return statements().db.update(apiKeys).set({ revokedAt }).where(eq(apiKeys.id, id)).run().changes > 0;
      }),
    recordUse: (uses) =>
      file.write(() => {
        const { db } = statements();
        for (const [id, at] of uses)
          db.update(apiKeys).set({ lastUsedAt: at.getTime() }).where(eq(apiKeys.id, id)).run();
      }),
  };
}

const namedColumns = { id: apiKeys.id, name: apiKeys.name };

function prepare({ client, db }: Connection) {
  const isNamed = and(
    eq(apiKeys.organization, sql.placeholder('organization')),
    sql`${apiKeys.id} in (select value from json_each(${sql.placeholder('ids')}))`,
    isNotNull(apiKeys.name),
  );
  return {
    db,
    names: prepareQuery<{ id: string; name: string }>(
      client,
      db.select(namedColumns).from(apiKeys).where(isNamed),
      namedColumns,
    ),
    findByHash: db
      .select()
      .from(apiKeys)
      .where(eq(apiKeys.hash, sql.placeholder('hash')))
      .prepare(),
  };
}
