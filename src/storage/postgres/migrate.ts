import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { ClientBase } from 'pg';
import { CannotStart } from '../../domain/faults.ts';
import { incompleteTable, noDatabase, notMigrated } from '../copy/port.ts';
import { foldIds } from './fold-ids.ts';
import { rebuildTags } from './rebuild-tags.ts';

/** Drizzle's own table of applied migrations, where Drizzle's tools look for it. */
const migrationsTable = 'drizzle.__drizzle_migrations';
/** What `migrate` does after all migrations if one of them has the statement: what SQL cannot compute. */
const afterStatements: Readonly<Record<string, (client: ClientBase) => Promise<void>>> = {
  'TRUNCATE "experiment_tags"': rebuildTags,
  'ALTER TABLE "experiments" ADD COLUMN "folded_id"': foldIds,
};
const newerMessage = 'The database was migrated by a newer gateway: start that version, or a newer one.';
/** The key of the advisory lock: an arbitrary number, the same for every gateway and unlikely elsewhere. */
const lockId = 397_346_368;
/** How long to wait for another process that is migrating, in milliseconds. */
const startTimeout = 10_000;

/**
 * Applies the missing migrations in one transaction that takes an advisory lock first: of several processes that start
 * at once only one migrates, and one that dies midway leaves nothing behind. The lock ends with the transaction, so it
 * also works behind a pooler. Drizzle's `migrate()` takes no lock, so only its reader and its table are used.
 * Rejects with `CannotStart`, with nothing written, for a database that holds something else or was migrated by newer
 * code.
 */
export async function migrate(client: ClientBase, folder: string): Promise<void> {
  const migrations = readMigrationFiles({ migrationsFolder: folder });
  const isKnown = (hash: string) => migrations.some((migration) => migration.hash === hash);
  const hashes = await readAppliedHashes(client);
  if (hashes.every(isKnown) && migrations.every(({ hash }) => hashes.includes(hash))) return;

  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  await lockMigrations(client);
  // Check again under the lock, where each statement takes its own snapshot (READ COMMITTED): another process may have
  // created tables since the first check.
  const applied = await readAppliedHashes(client);
  if (!applied.some(isKnown) && (await hasTables(client)))
    throw new CannotStart('The database contains tables that the gateway did not create.');
  if (!applied.every(isKnown)) throw new CannotStart(newerMessage);
  if (applied.length === 0) {
    await client.query('CREATE SCHEMA IF NOT EXISTS drizzle');
    await client.query(
      `CREATE TABLE ${migrationsTable} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)`,
    );
  }
  const executed: string[] = [];
  for (const { hash, folderMillis, sql } of migrations) {
    if (applied.includes(hash)) continue;
    for (const statement of sql) await client.query(statement);
    executed.push(...sql);
    await client.query(`INSERT INTO ${migrationsTable} (hash, created_at) VALUES ($1, $2)`, [hash, folderMillis]);
  }
  for (const [part, work] of Object.entries(afterStatements)) {
    if (executed.some((statement) => statement.includes(part))) await work(client);
  }
  await client.query('COMMIT');
}

/** Waits until no other process is migrating, and keeps others from migrating until the transaction ends. */
export async function lockMigrations(client: ClientBase): Promise<void> {
  await client.query(`SET LOCAL lock_timeout = ${startTimeout}`);
  await client.query('SET LOCAL statement_timeout = 0');
  await client.query('SELECT pg_advisory_xact_lock($1)', [lockId]);
}

/** Rejects with `CannotStart` unless the database has exactly the migrations of this code. */
export async function assertMigrated(client: ClientBase, folder: string): Promise<void> {
  const known = readMigrationFiles({ migrationsFolder: folder }).map(({ hash }) => hash);
  const applied = await readAppliedHashes(client);
  if (!applied.every((hash) => known.includes(hash))) throw new CannotStart(newerMessage);
  if (!known.every((hash) => applied.includes(hash))) throw new CannotStart(notMigrated);
}

/** Rejects with `CannotStart` for a database that no gateway has migrated yet. */
export async function assertExists(client: ClientBase): Promise<void> {
  if ((await readAppliedHashes(client)).length === 0) throw new CannotStart(noDatabase);
}

/** Runs a write that changes nothing. */
export async function writeNothing(client: ClientBase): Promise<void> {
  await client.query(`UPDATE ${migrationsTable} SET hash = hash WHERE id = (SELECT min(id) FROM ${migrationsTable})`);
}

/** Whether a copy into this database was started and has not been completed. */
export async function isIncomplete(client: ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(
    'SELECT FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1',
    [incompleteTable],
  );
  return rowCount !== 0;
}

/** Reads the catalogue instead of `to_regclass`, whose cached result on a connection can be out of date here. */
async function readAppliedHashes(client: ClientBase): Promise<string[]> {
  const { rowCount } = await client.query("SELECT FROM pg_tables WHERE schemaname = 'drizzle' AND tablename = $1", [
    '__drizzle_migrations',
  ]);
  if (!rowCount) return [];
  const applied = await client.query<{ hash: string }>(`SELECT hash FROM ${migrationsTable}`);
  return applied.rows.map(({ hash }) => hash);
}

/** Whether there are tables where ours would go, apart from those of extensions, or another program's migrations. */
async function hasTables(client: ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND nspname IN (current_schema(), 'drizzle')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
    LIMIT 1`);
  return rowCount !== 0;
}
