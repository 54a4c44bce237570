import type Database from 'better-sqlite3';
import { createDoubt, type Doubt } from '../unknown-outcome.ts';
import { mayBeReplayed } from './faults.ts';
import type { SqliteFile } from './open.ts';

export interface Transactions {
  /**
   * Runs work in one transaction, and rolls it back when the work or the commit throws. Throws `OutcomeUnknown` when a
   * commit fails and cannot be superseded either: only then may the work be on disk. After that no work starts until
   * the failed commit has been superseded.
   */
  run<Result>(work: () => Result): Result;
  readonly doubt: Doubt;
  /** How many transactions have begun: tells whether two calls are in the same one. */
  count(): number;
}

/** The transactions of a file. `follow` makes sure that the connection is to the file that the path points to now. */
export function createTransactions(prepareOnce: SqliteFile['prepareOnce'], follow: () => void): Transactions {
  const bounds = prepareOnce(({ client }) => ({
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

  let begun = 0;
  return {
    count: () => begun,
    run(work) {
      begun++;
      follow();
      const transaction = bounds();
      // A transaction that changes nothing would commit and leave the frames of the failed one in the log.
      if (doubt.isOpen()) endDoubt(transaction.client);
      transaction.begin.run();
      let result: ReturnType<typeof work>;
      try {
        result = work();
      } catch (error) {
        // SQLite itself rolls the transaction back on some faults.
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
 * Overwrites the frames that a failed commit left in the log with a commit that changes nothing. SQLite continues the
 * log where the last good commit ended, but those frames are complete, and after a crash they would be replayed as if
 * they had been committed. Once another commit is on disk in their place, nothing of the failed one remains.
 */
export function supersede(client: Database.Database): void {
  client.pragma(`user_version = ${Number(client.pragma('user_version', { simple: true }))}`);
}
