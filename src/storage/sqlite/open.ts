import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { CannotStart, StorageUnavailable } from '../../domain/faults.ts';
import { noDatabase } from '../copy/port.ts';
import { backUp } from './backup.ts';
import { damaged, describeError, isLocked, isStorageFault, readCode, toCannotStart, toUnavailable } from './faults.ts';
import { createPrivateFile, makeFolder, readIdentity } from './file.ts';
import { createGroupCommit, type GroupCommit, lockTimeout } from './group-commit.ts';
import { assertMigratable, isMigrated, migrate, type Opening } from './migrate.ts';
import { joinGateways, type Presence } from './presence.ts';
import { createTransactions, supersede } from './transactions.ts';

/** The same while starting, when nobody is waiting for an answer yet and ten processes may migrate at once. */
export const startTimeout = 10_000;
/** How long a file that was there is taken to be there by what reads it, in milliseconds. Writes look every time. */
const followIntervalMs = 2;
/** Files up to this many bytes are checked whole at the start; it takes a tenth of a second at most. */
const maxCheckedBytes = 16 * 1024 * 1024;

export interface Connection {
  readonly client: Database.Database;
  readonly db: BetterSQLite3Database;
}

/** One SQLite file, and the only way to work with it. */
export interface SqliteFile {
  /** Statements prepared once, and again should the file have to be opened again. */
  prepared<Statements>(prepare: (connection: Connection) => Statements): () => Statements;
  /** Reads, waiting without blocking while the file is locked, and names what cannot be helped `StorageUnavailable`. */
  read<Result>(work: () => Result): Promise<Result>;
  /** Writes as `GroupCommit` does. Rejects with `OutcomeUnknown` when neither the commit nor what follows it tells. */
  readonly write: GroupCommit['write'];
  /** Throws `StorageUnavailable` while the outcome of a write is not known. */
  assertSettled(): void;
  /** Makes this gateway known to others that serve the file, until it closes; returns whether there is another. */
  joinGateways(): boolean;
  /** Copies the database to a new file while it is being written to. Rejects with `CannotStart` when there is a file. */
  backup(target: string): Promise<void>;
  close(): void;
}

/** Opens a file, creating it when it is new, and applies missing migrations. Throws `CannotStart` before touching a file that is not ours. */
export function openSqliteFile(path: string, migrations: string, opening: Opening = {}): SqliteFile {
  let current = connect(path, migrations, opening);
  let identity = readIdentity(path);
  let log = readIdentity(`${path}-wal`);

  /** A file that was moved, deleted or replaced would swallow writes without a word: better to say so, or follow it. */
  function followFile(): void {
    const found = readIdentity(path);
    if (found === identity) return;
    if (found === undefined) throw new StorageUnavailable('The database file is gone.');
    // SQLite would read the old log into the new file, and write it there.
    if (log !== undefined && readIdentity(`${path}-wal`) === log)
      throw new StorageUnavailable('The database file was replaced, but its log (-wal) is still beside the new one.');
    let next: Connection | undefined;
    try {
      inspect(path, migrations, opening);
      next = open(path, 0);
      if (!isMigrated(next.client, migrations)) throw new CannotStart('The database has no tables of the gateway.');
      settle(next.client);
    } catch (error) {
      next?.client.close();
      throw isLocked(error) ? error : new StorageUnavailable('The database file was replaced.', { cause: error });
    }
    // SQLite sees that the file of this connection has moved, and leaves the log of the new one alone.
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

  function prepared<Statements>(prepare: (connection: Connection) => Statements): () => Statements {
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

  const { run, doubt } = createTransactions(prepared, followFile);
  const commits = createGroupCommit(run);
  let presence: Presence | undefined;

  /** Keeps other processes from writing meanwhile. Throws when one of them has the lock for longer than `wait` ms. */
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
    prepared,
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
        return false; // a file system without locks, or one that is full: no reason not to serve
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
  makeFile(path);
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

/** Looks at a file without being able to write: one that is not ours stays as it is, with its log. */
function inspect(path: string, migrations: string, opening: Opening): void {
  if (!statSync(path, { throwIfNoEntry: false })?.size) {
    if (opening.mustExist) throw new CannotStart(noDatabase);
    return;
  }
  const client = new Database(path, { readonly: true, timeout: 0 });
  try {
    assertMigratable(client, migrations, opening);
  } catch (error) {
    // What a killed process left unfinished is undone by the first connection that writes.
    if (!readCode(error).startsWith('SQLITE_READONLY')) throw error;
  } finally {
    client.close();
  }
}

function makeFile(path: string): void {
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

/** Every commit is synced to disk before it is acknowledged; the engine's own default for WAL would not (R15's other half). */
function settle(client: Database.Database): void {
  client.pragma('busy_timeout = 0');
  client.pragma('synchronous = FULL');
  client.pragma('journal_size_limit = 67108864');
  // A write: what the engine says of its syncing before the first one is not to be trusted.
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
  if (finding !== 'ok') throw new CannotStart(damaged);
}

/** Switching to WAL and the first write do not always wait by `busy_timeout`. Blocks: only for the start. */
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
