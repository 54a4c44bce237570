import type Database from 'better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { CannotStart } from '../../domain/faults.ts';
import { incompleteCopy, incompleteTable, noDatabase } from '../copy/port.ts';
import { foldIds } from './fold-ids.ts';
import { rebuildTags } from './rebuild-tags.ts';

/** Drizzle's own table of applied migrations, so that Drizzle's tools can read it. */
const migrationsTable = '__drizzle_migrations';
/** What `migrate` does after all migrations if one of them has the statement: what SQL cannot compute. */
const afterStatements: Readonly<Record<string, (client: Database.Database) => void>> = {
  'DELETE FROM `experiment_tags`': rebuildTags,
  'ALTER TABLE `experiments` ADD `folded_id`': foldIds,
};

/** How a file is opened. */
export interface Opening {
  /** Accept a file that holds an incomplete copy. */
  readonly isCopyTarget?: boolean;
  /** Refuse a missing or empty file instead of creating it. */
  readonly mustExist?: boolean;
  /** Called after each commit, with how many writes it made durable. */
  readonly onCommit?: ((writes: number) => void) | undefined;
}

/**
 * Throws `CannotStart`, before anything is written, for a file that holds something else or was migrated by newer code;
 * for an incomplete copy, unless `isCopyTarget`; and with `mustExist`, for an empty file.
 */
export function assertMigratable(client: Database.Database, folder: string, opening: Opening = {}): void {
  const { isCopyTarget = false, mustExist = false } = opening;
  if (client.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) {
    if (mustExist) throw new CannotStart(noDatabase);
    return;
  }
  const known = new Set(readMigrationFiles({ migrationsFolder: folder }).map(({ hash }) => hash));
  const applied = isOurs(client) ? readAppliedHashes(client) : [];
  // Migrations are one transaction, so our databases have at least the first one.
  if (!applied.some((hash) => known.has(hash)))
    throw new CannotStart('The database contains tables that the gateway did not create.');
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
 * Applies the missing migrations in one transaction that takes the write lock first: of several processes that start at
 * once only one migrates, and a process that dies midway leaves nothing behind. Drizzle's `migrate()` takes no lock, so
 * only its reader and its table are used.
 */
export function migrate(client: Database.Database, folder: string): void {
  const migrations = readMigrationFiles({ migrationsFolder: folder });
  client
    .transaction(() => {
      client.exec(
        `CREATE TABLE IF NOT EXISTS ${migrationsTable} (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)`,
      );
      const applied = new Set(readAppliedHashes(client));
      const executed: string[] = [];
      const record = client.prepare(`INSERT INTO ${migrationsTable} (hash, created_at) VALUES (?, ?)`);
      for (const { hash, folderMillis, sql } of migrations) {
        if (applied.has(hash)) continue;
        for (const statement of sql) client.exec(statement);
        record.run(hash, folderMillis);
        executed.push(...sql);
      }
      for (const [part, work] of Object.entries(afterStatements)) {
        if (executed.some((statement) => statement.includes(part))) work(client);
      }
    })
    .immediate();
}

/** Whether the file has a migrations table of the shape that Drizzle creates. */
function isOurs(client: Database.Database): boolean {
  return client.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = 'hash'").get(migrationsTable) !== undefined;
}

/** Whether a copy into this database was started and has not been completed. */
export function isIncomplete(client: Database.Database): boolean {
  return client.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(incompleteTable) !== undefined;
}

function readAppliedHashes(client: Database.Database): string[] {
  return client.prepare(`SELECT hash FROM ${migrationsTable}`).pluck().all() as string[];
}
