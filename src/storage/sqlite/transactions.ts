import type Database from 'better-sqlite3';
import { createDoubt, type Doubt } from '../doubt.ts';
import { mayBeReplayed } from './faults.ts';
import type { SqliteFile } from './open.ts';

export interface Transactions {
  /**
   * Runs work in one transaction, which is undone when the work or the commit throws. Throws `OutcomeUnknown` when a
   * commit fails and cannot be superseded either: only then may the work be on disk. After that no work begins before
   * the failed commit has been superseded.
   */
  run<Result>(work: () => Result): Result;
  readonly doubt: Doubt;
}

/** The transactions of a file. `follow` makes sure that its connection is one to the file that its path leads to. */
export function createTransactions(prepared: SqliteFile['prepared'], follow: () => void): Transactions {
  const bounds = prepared(({ client }) => ({
    client,
    begin: client.prepare('BEGIN IMMEDIATE'),
    commit: client.prepare('COMMIT'),
    rollback: client.prepare('ROLLBACK'),
  }));
  const doubt = createDoubt(() => {
    follow();
    endDoubt(bounds().client);
  });

  function endDoubt(client: Database.Database): void {
    supersede(client);
    doubt.settle();
  }

  function commitOrUndo({ client, commit, rollback }: ReturnType<typeof bounds>): void {
    try {
      commit.run();
    } catch (error) {
      if (client.inTransaction) rollback.run();
      if (!mayBeReplayed(error)) throw error;
      try {
        supersede(client);
      } catch {
        throw doubt.raise(error);
      }
      throw error;
    }
  }

  return {
    run(work) {
      follow();
      const transaction = bounds();
      // A transaction that happens to change nothing would commit, and leave the frames of the failed one in the log.
      if (doubt.isOpen()) endDoubt(transaction.client);
      transaction.begin.run();
      let result: ReturnType<typeof work>;
      try {
        result = work();
      } catch (error) {
        // Of some faults the engine undoes the transaction itself.
        if (transaction.client.inTransaction) transaction.rollback.run();
        throw error;
      }
      commitOrUndo(transaction);
      return result;
    },
    doubt,
  };
}

/**
 * Writes something that changes nothing over the frames that a failed commit left in the log. The engine takes up the
 * log where the last good commit ended, but those frames are whole, and after a crash they would be replayed as if they
 * had been committed. With another commit in their place, and on disk, nothing of the failed one was written.
 */
export function supersede(client: Database.Database): void {
  client.pragma(`user_version = ${Number(client.pragma('user_version', { simple: true }))}`);
}
