import type Database from 'better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { CannotStart } from '../../domain/faults.ts';
import { incompleteCopy, incompleteTable, noDatabase } from '../copy/port.ts';
import { rebuildTags } from './rebuild-tags.ts';

/** Drizzle's own table of applied migrations, so that its tools can read it. */
const migrationsTable = '__drizzle_migrations';
/** A migration with this statement has the index of tags rebuilt, once all migrations have been applied. */
const emptyTagIndex = 'DELETE FROM `experiment_tags`';

/** What a file is opened for. */
export interface Opening {
  /** A copy that was not completed may go on. */
  readonly isCopyTarget?: boolean;
  /** A file that is missing or empty is refused, and not made. */
  readonly mustExist?: boolean;
}

/**
 * Refuses, before anything is written, a file that holds something else or was migrated by newer code; one that a copy
 * has not completed, unless that is what it is opened for; and with `mustExist` one that holds nothing.
 */
export function assertMigratable(client: Database.Database, folder: string, opening: Opening = {}): void {
  const { isCopyTarget = false, mustExist = false } = opening;
  if (client.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) {
    if (mustExist) throw new CannotStart(noDatabase);
    return;
  }
  const known = new Set(readMigrationFiles({ migrationsFolder: folder }).map(({ hash }) => hash));
  const applied = isOurs(client) ? readAppliedHashes(client) : [];
  // Migrating is one transaction: a database of ours has at least the first migration.
  if (!applied.some((hash) => known.has(hash)))
    throw new CannotStart('The database holds tables that the gateway did not make.');
  if (!applied.every((hash) => known.has(hash)))
    throw new CannotStart('The database was migrated by a newer gateway: start that version, or a newer one.');
  if (!isCopyTarget && isIncomplete(client)) throw new CannotStart(incompleteCopy);
}

/** Whether every migration of this code has been applied. */
export function isMigrated(client: Database.Database, folder: string): boolean {
  if (!isOurs(client)) return false;
  const applied = new Set(readAppliedHashes(client));
  return readMigrationFiles({ migrationsFolder: folder }).every(({ hash }) => applied.has(hash));
}

/**
 * Applies what is missing, all in one transaction that takes the write lock first: of many processes that start at
 * once one migrates, and a process that dies in the middle leaves nothing behind. Drizzle's `migrate()` takes no lock,
 * so its reader and its table are used without it.
 */
export function migrate(client: Database.Database, folder: string): void {
  const migrations = readMigrationFiles({ migrationsFolder: folder });
  client
    .transaction(() => {
      client.exec(
        `CREATE TABLE IF NOT EXISTS ${migrationsTable} (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)`,
      );
      const applied = new Set(readAppliedHashes(client));
      let isTagIndexEmptied = false;
      const record = client.prepare(`INSERT INTO ${migrationsTable} (hash, created_at) VALUES (?, ?)`);
      for (const { hash, folderMillis, sql } of migrations) {
        if (applied.has(hash)) continue;
        for (const statement of sql) client.exec(statement);
        record.run(hash, folderMillis);
        isTagIndexEmptied ||= sql.some((statement) => statement.includes(emptyTagIndex));
      }
      if (isTagIndexEmptied) rebuildTags(client);
    })
    .immediate();
}

/** Whether there is a table of migrations as drizzle makes them. */
function isOurs(client: Database.Database): boolean {
  return client.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = 'hash'").get(migrationsTable) !== undefined;
}

/** Whether a copy into this database was begun and has not been completed. */
export function isIncomplete(client: Database.Database): boolean {
  return client.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(incompleteTable) !== undefined;
}

function readAppliedHashes(client: Database.Database): string[] {
  return client.prepare(`SELECT hash FROM ${migrationsTable}`).pluck().all() as string[];
}
