import { drizzle } from 'drizzle-orm/node-postgres';
import type { PoolClient } from 'pg';
import type { Doubt } from '../unknown-outcome.ts';
import type { Connections } from './connections.ts';
import { createTimeout, findCause, mayBeWritten } from './faults.ts';
import type { Db } from './open.ts';
import type { PostgresUrl } from './url.ts';

/** The means by which the work of one call may write, within the time that the call has left. */
export interface Attempt {
  /** Runs one statement that writes. Throws instead when it could still be running at the caller's timeout. */
  statement<Result>(work: (db: Db) => Promise<Result>): Promise<Result>;
  /** Runs work on one connection, in one transaction that is rolled back when the work fails. */
  transaction<Result>(work: (db: Db) => Promise<Result>): Promise<Result>;
}

/** The state of the writes of one call. */
export interface WriteState {
  /** A write was sent, and the server has not confirmed or refused it yet. */
  isUnknown: boolean;
}

/** The parts of a database that its attempts use. */
interface AttemptParts {
  readonly use: Connections['use'];
  readonly doubt: Doubt;
  /** The SQL that begins a transaction. */
  readonly begin: string;
  /** How long a statement may take, in milliseconds. */
  readonly statementWait: number;
  /** See `PostgresUrl`. */
  readonly isSession: PostgresUrl['isSession'];
}

/** Returns a function that creates the attempt of a call to write until its deadline. */
export function createAttempts({ use, doubt, begin, statementWait, isSession }: AttemptParts) {
  const ofClients = new WeakMap<PoolClient, Db>();

  function findDb(client: PoolClient): Db {
    const db = ofClients.get(client) ?? drizzle(client);
    ofClients.set(client, db);
    return db;
  }

  return function createAttempt(deadline: number, state: WriteState): Attempt {
    const assertLeft = (milliseconds: number) => {
      if (Date.now() + milliseconds > deadline) throw createTimeout();
    };

    /** Waits for the server's answer to a write that has been sent. */
    async function waitForAnswer<Result>(sent: Promise<Result>): Promise<Result> {
      state.isUnknown = true;
      try {
        const result = await sent;
        state.isUnknown = false;
        return result;
      } catch (error) {
        const cause = findCause(error);
        if (mayBeWritten(cause)) throw doubt.raise(cause);
        state.isUnknown = false;
        throw error;
      }
    }

    const transaction: Attempt['transaction'] = (work) =>
      use('write', async (client) => {
        await client.query(begin);
        const result = await work(findDb(client));
        assertLeft(0);
        await waitForAnswer(client.query('COMMIT'));
        return result;
      });
    const statement: Attempt['statement'] = (work) =>
      use('write', (client) => {
        assertLeft(statementWait);
        return waitForAnswer(work(findDb(client)));
      });
    // Behind a pooler only a transaction can set the timeouts that cancel a waiting statement.
    return { transaction, statement: isSession ? statement : transaction };
  };
}
