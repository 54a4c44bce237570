import { setTimeout as sleep } from 'node:timers/promises';
import { CannotStart, StorageUnavailable } from '../../domain/faults.ts';
import { backUp } from './backup.ts';
import {
  type Connection,
  connect,
  inspect,
  openConnection,
  retryWhileLocked,
  settle,
  startTimeout,
} from './connect.ts';
import { isLocked, isStorageFault, toUnavailable } from './faults.ts';
import { readIdentity } from './file.ts';
import { createGroupCommit, type GroupCommit, lockTimeout } from './group-commit.ts';
import { isMigrated, type Opening } from './migrate.ts';
import { joinGateways, type Presence } from './presence.ts';
import { createTransactions } from './transactions.ts';

/** How long reads trust the last check that the file is in place, in milliseconds. Writes check every time. */
const followIntervalMs = 2;
/** One SQLite file; all work on it goes through this interface. */
export interface SqliteFile {
  /** Prepares statements on first use, and again whenever the file had to be reopened. */
  prepareOnce<Statements>(prepare: (connection: Connection) => Statements): () => Statements;
  /** Runs work that reads; waits without blocking while the file is locked. Rejects with `StorageUnavailable`. */
  read<Result>(work: () => Result): Promise<Result>;
  /** See `GroupCommit`. Rejects with `OutcomeUnknown` when a commit fails and cannot be superseded. */
  readonly write: GroupCommit['write'];
  /** See `GroupCommit`. */
  readonly waitingWrites: GroupCommit['waitingWrites'];
  /** See `GroupCommit`. */
  readonly measureQueue: GroupCommit['measureQueue'];
  /** How many transactions have begun: tells whether two calls are in the same one. */
  countTransactions(): number;
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
      next = openConnection(path, 0);
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

  const { run, doubt, count } = createTransactions(prepareOnce, followFile);
  const commits = createGroupCommit(run, opening.onCommit);
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
    waitingWrites: commits.waitingWrites,
    measureQueue: commits.measureQueue,
    countTransactions: count,
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
