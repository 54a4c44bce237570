import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { CannotStart } from '../../domain/faults.ts';
import { noDatabase } from '../copy/port.ts';
import { damagedMessage, describeError, isLocked, readCode, toCannotStart } from './faults.ts';
import { createPrivateFile, makeFolder, measureFile } from './file.ts';
import { assertMigratable, migrate, type Opening } from './migrate.ts';
import { supersede } from './transactions.ts';

/**
 * How long to wait for a lock during the start, in milliseconds: no caller waits yet, and ten processes may migrate at
 * once.
 */
export const startTimeout = 10_000;
/** Files up to this size, in bytes, are checked completely at start; this takes at most 0.1 s. */
const maxCheckedBytes = 16 * 1024 * 1024;

export interface Connection {
  readonly client: Database.Database;
  readonly db: BetterSQLite3Database;
}

/**
 * Opens a file after checking it, creates what is missing, and applies migrations. Throws `CannotStart`.
 */
export function connect(path: string, migrations: string, opening: Opening): Connection {
  try {
    retryWhileLocked(() => inspect(path, migrations, opening));
  } catch (error) {
    throw toCannotStart(error);
  }
  createFile(path);
  const connection = openConnection(path, startTimeout);
  const { client } = connection;
  try {
    retryWhileLocked(() => assertMigratable(client, migrations, opening));
    retryWhileLocked(() => assertWhole(client, path));
    retryWhileLocked(() => client.pragma('synchronous = FULL'));
    retryWhileLocked(() => client.pragma('journal_mode = WAL'));
    retryWhileLocked(() => migrate(client, migrations));
    retryWhileLocked(() => settle(client));
    return connection;
  } catch (error) {
    client.close();
    throw toCannotStart(error);
  }
}

/** Checks a file over a read-only connection, so that one that is not ours stays as it is, with its log. */
export function inspect(path: string, migrations: string, opening: Opening): void {
  if (!measureFile(path)) {
    if (opening.mustExist) throw new CannotStart(noDatabase);
    return;
  }
  const client = new Database(path, { readonly: true, timeout: 0 });
  try {
    assertMigratable(client, migrations, opening);
  } catch (error) {
    // The first connection that writes rolls back what a killed process left unfinished.
    if (!readCode(error).startsWith('SQLITE_READONLY')) throw error;
  } finally {
    client.close();
  }
}

function createFile(path: string): void {
  try {
    makeFolder(dirname(path));
    createPrivateFile(path);
  } catch (error) {
    throw new CannotStart(describeError(error));
  }
}

/** Opens another connection to a file that exists. Throws `CannotStart`. */
export function openConnection(path: string, timeout: number): Connection {
  try {
    const client = new Database(path, { timeout, fileMustExist: true });
    return { client, db: drizzle(client) };
  } catch (error) {
    throw new CannotStart(describeError(error));
  }
}

/**
 * Makes every commit sync to disk before it is acknowledged, which SQLite's default for WAL does not. Throws
 * `CannotStart`.
 */
export function settle(client: Database.Database): void {
  client.pragma('busy_timeout = 0');
  client.pragma('synchronous = FULL');
  client.pragma('journal_size_limit = 67108864');
  // SQLite's answer about syncing cannot be trusted before the first write, so write first.
  supersede(client);
  const [journal, synchronous] = [
    client.pragma('journal_mode', { simple: true }),
    client.pragma('synchronous', { simple: true }),
  ];
  if (journal !== 'wal' || synchronous !== 2) {
    throw new CannotStart(
      `The database cannot promise durable writes (journal_mode ${String(journal)}, synchronous ${String(synchronous)}).`,
    );
  }
}

function assertWhole(client: Database.Database, path: string): void {
  if (statSync(path).size > maxCheckedBytes) return;
  const finding = client.pragma('quick_check(1)', { simple: true });
  if (finding !== 'ok') throw new CannotStart(damagedMessage);
}

/** For the start only, since it blocks: switching to WAL and the first write do not always honour `busy_timeout`. */
export function retryWhileLocked(work: () => void, wait = startTimeout): void {
  const deadline = Date.now() + wait;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isLocked(error) || Date.now() >= deadline) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}
