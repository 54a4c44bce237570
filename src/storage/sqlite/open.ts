import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { CannotStart, StorageUnavailable } from '../../domain/faults.ts';
import { noDatabase } from '../copy/port.ts';
import { backUp } from './backup.ts';
import {
  damagedMessage,
  describeError,
  isLocked,
  isStorageFault,
  readCode,
  toCannotStart,
  toUnavailable,
} from './faults.ts';
import { createPrivateFile, makeFolder, readIdentity } from './file.ts';
import { createGroupCommit, type GroupCommit, lockTimeout } from './group-commit.ts';
import { assertMigratable, isMigrated, migrate, type Opening } from './migrate.ts';
import { joinGateways, type Presence } from './presence.ts';
import { createTransactions, supersede } from './transactions.ts';

/**
 * How long to wait for a lock during the start, in milliseconds: no caller waits yet, and ten processes may migrate at
 * once.
 */
export const startTimeout = 10_000;
/** How long reads trust the last check that the file is in place, in milliseconds. Writes check every time. */
const followIntervalMs = 2;
/** Files up to this size, in bytes, are checked completely at start; this takes at most 0.1 s. */
const maxCheckedBytes = 16 * 1024 * 1024;

export interface Connection {
  readonly client: Database.Database;
  readonly db: BetterSQLite3Database;
}

/** One SQLite file; all work on it goes through this interface. */
export interface SqliteFile {
  /** Prepares statements on first use, and again whenever the file had to be reopened. */
  prepareOnce<Statements>(prepare: (connection: Connection) => Statements): () => Statements;
  /** Runs work that reads; waits without blocking while the file is locked. Rejects with `StorageUnavailable`. */
  read<Result>(work: () => Result): Promise<Result>;
  /** See `GroupCommit`. Rejects with `OutcomeUnknown` when a commit fails and cannot be superseded. */
  readonly write: GroupCommit['write'];
  /** Throws `StorageUnavailable` while the outcome of a write is unknown. */
  assertSettled(): void;
  /** Registers this gateway with others that serve the file, until it closes. Returns whether there is another one. */
  joinGateways(): boolean;
  /** Copies the database to a new file while writes go on. Rejects with `CannotStart`, also when the file exists. */
  backup(target: string): Promise<void>;
  close(): void;
}

/**
 * Opens a file, creates it when it is new, and applies missing migrations. Throws `CannotStart`, and leaves a file that
 * is not ours untouched.
 */
export function openSqliteFile(path: string, migrations: string, opening: Opening = {}): SqliteFile {
  let current = connect(path, migrations, opening);
  let identity = readIdentity(path);
  let log = readIdentity(`${path}-wal`);

  /** A file that was moved, deleted or replaced would swallow writes silently: follow the new file, or throw. */
  function followFile(): void {
    const found = readIdentity(path);
    if (found === identity) return;
    if (found === undefined) throw new StorageUnavailable('The database file is gone.');
    // SQLite would replay the old log into the new file.
    if (log !== undefined && readIdentity(`${path}-wal`) === log)
      throw new StorageUnavailable('The database file was replaced, but its log (-wal) is still beside the new one.');
    let next: Connection | undefined;
    try {
      inspect(path, migrations, opening);
      next = open(path, 0);
      if (!isMigrated(next.client, migrations))
        throw new CannotStart("The database does not have the gateway's tables.");
      settle(next.client);
    } catch (error) {
      next?.client.close();
      throw isLocked(error) ? error : new StorageUnavailable('The database file was replaced.', { cause: error });
    }
    // SQLite notices that this connection's file has moved, and leaves the log of the new one alone.
    current.client.close();
    current = next;
    identity = found;
    log = readIdentity(`${path}-wal`);
    doubt.settle();
  }

  let followedAt = Number.NEGATIVE_INFINITY;
  function followFileToRead(): void {
    if (performance.now() - followedAt < followIntervalMs) return;
    followFile();
    followedAt = performance.now();
  }

  function prepareOnce<Statements>(prepare: (connection: Connection) => Statements): () => Statements {
    let connection: Connection | undefined;
    let statements: Statements | undefined;
    return () => {
      if (connection !== current) {
        statements = prepare(current);
        connection = current;
      }
      return statements as Statements;
    };
  }

  const { run, doubt } = createTransactions(prepareOnce, followFile);
  const commits = createGroupCommit(run);
  let presence: Presence | undefined;

  /** Runs work while no other process can write. Throws when another one holds the lock for longer than `wait` ms. */
  function runUnderLock(wait: number, work: () => void): void {
    const { client } = current;
    retryWhileLocked(() => client.exec('BEGIN IMMEDIATE'), wait);
    try {
      work();
    } finally {
      client.exec('ROLLBACK');
    }
  }

  return {
    prepareOnce,
    async read(work) {
      const deadline = performance.now() + lockTimeout;
      for (;;) {
        try {
          followFileToRead();
          return work();
        } catch (error) {
          if (!isStorageFault(error)) throw error;
          if (!isLocked(error) || performance.now() > deadline) throw toUnavailable(error);
        }
        await sleep(5 + Math.random() * 20);
      }
    },
    write: commits.write,
    assertSettled: doubt.assertSettled,
    joinGateways() {
      try {
        presence ??= joinGateways(path, (work) => runUnderLock(startTimeout, work));
        return presence.hasCompany;
      } catch {
        return false; // a file system without locks, or a full one: serve anyway
      }
    },
    backup: (target) => backUp(current.client, target),
    close() {
      commits.flush();
      doubt.close();
      try {
        presence?.leave((work) => runUnderLock(0, work));
      } catch {
        // The side file stays; only its lock counts.
      }
      current.client.close();
    },
  };
}

function connect(path: string, migrations: string, opening: Opening): Connection {
  try {
    retryWhileLocked(() => inspect(path, migrations, opening));
  } catch (error) {
    throw toCannotStart(error);
  }
  createFile(path);
  const connection = open(path, startTimeout);
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
function inspect(path: string, migrations: string, opening: Opening): void {
  if (!statSync(path, { throwIfNoEntry: false })?.size) {
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

function open(path: string, timeout: number): Connection {
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
function settle(client: Database.Database): void {
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
function retryWhileLocked(work: () => void, wait = startTimeout): void {
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
