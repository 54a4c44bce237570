import { setTimeout as sleep } from 'node:timers/promises';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Pool, PoolClient } from 'pg';
import { StorageUnavailable } from '../../domain/faults.ts';
import { createDoubt } from '../doubt.ts';
import { openConnections } from './connections.ts';
import {
  createTimeout,
  findCause,
  isCollision,
  isStorageFault,
  mayBeWritten,
  toFault,
  toUnavailable,
} from './faults.ts';
import { writeNothing } from './migrate.ts';
import { connectTimeout, prepareServer, toClientConfig } from './server.ts';
import type { PostgresUrl } from './url.ts';

/** How long all that one call does may take (contract, section 7). */
const answerTimeout = 5_000;
const lockTimeout = 2_000;
/** Connections of one gateway at most. */
const maxConnections = 10;
/** How many of them writes leave to reads, and reads to writes. */
const reservedConnections = 3;
/** How many writes may be under way, and how many calls of a kind may wait for a connection; more are refused at once. */
const maxWaiting = 5_000;
/** How often work is tried again that the server undid because writers met. */
const maxRetries = 3;

export type Db = NodePgDatabase;

/** The name of a prepared statement on the server; empty where connections keep none. */
export type Named = (name: string) => string;

/** How work writes while somebody waits for it. */
export interface Attempt {
  /** Runs one statement that writes, unless it could still be running when the caller is told that it took too long. */
  statement<Result>(work: (db: Db) => Promise<Result>): Promise<Result>;
  /** Runs work on one connection, in one transaction that is undone when the work fails. */
  transaction<Result>(work: (db: Db) => Promise<Result>): Promise<Result>;
}

/** One PostgreSQL database, and the only way to work with it. */
export interface PostgresDatabase {
  /** Statements prepared once for the pool and once for each connection that runs transactions. */
  prepared<Statements>(prepare: (db: Db, named: Named) => Statements): (db?: Db) => Statements;
  /** Runs work that reads, again when the server undid it, and names what cannot be helped `StorageUnavailable`. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /**
   * The same for work that writes, by its attempt alone. However many writes wait for locks, reads keep connections.
   * Rejects with `OutcomeUnknown` when something was sent to be written and the server did not say what became of it.
   */
  write<Result>(work: (attempt: Attempt) => Promise<Result>): Promise<Result>;
  /** Resolves when the server answers, and the outcome of every write is known. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Connects to a database and applies missing migrations. Rejects with `CannotStart`, with a message without credentials. */
export async function openPostgresDatabase(
  url: PostgresUrl,
  migrations: string,
  { mustExist = false }: { readonly mustExist?: boolean } = {},
): Promise<PostgresDatabase> {
  const { isDurable } = await prepareServer(url, migrations, mustExist);
  // Nothing is acknowledged too early.
  return connectTo(url, isDurable ? {} : { setting: 'synchronous_commit=on' });
}

/** How a pool of connections differs from that of the gateway's own database. */
export interface PoolOptions {
  readonly connections?: number;
  /** How many connections reads and writes leave to each other. */
  readonly reserved?: number;
  readonly connectWait?: number;
  readonly answerWait?: number;
  /** A setting of each session. */
  readonly setting?: string;
}

/** What becomes of what a call has sent to be written. */
interface Fate {
  /** It was sent, and the server has not said anything of it. */
  isUnknown: boolean;
}

/** A database as it is: nothing is asked of it before it is used. */
export function connectTo(
  url: PostgresUrl,
  {
    connections = maxConnections,
    reserved = reservedConnections,
    connectWait = connectTimeout,
    answerWait = answerTimeout,
    setting,
  }: PoolOptions,
): PostgresDatabase {
  /** How long a statement may take: its server has given it up before the caller is told that it took too long. */
  const statementWait = answerWait - connectWait - 100;
  const config = {
    ...toClientConfig(url),
    application_name: 'experiment-gateway',
    query_timeout: statementWait + 50,
    // A pooler in transaction mode refuses settings, as it does prepared statements.
    ...(url.isSession && {
      statement_timeout: statementWait,
      lock_timeout: lockTimeout,
      idle_in_transaction_session_timeout: statementWait,
      // What the statements are written for, whatever the database's own default.
      options: `-c default_transaction_isolation=read\\ committed${setting === undefined ? '' : ` -c ${setting}`}`,
    }),
  };
  const { use, close } = openConnections(config, {
    connections,
    reserved,
    wait: connectWait,
    maxWaiting: maxWaiting,
  });
  /** What begins a transaction. Behind a pooler it brings the settings that a session would have. */
  const begin = [
    'BEGIN ISOLATION LEVEL READ COMMITTED',
    ...(url.isSession ? [] : buildLocalSettings(statementWait, setting)),
  ].join('; ');
  const doubt = createDoubt(endDoubt);
  let ending: Promise<void> | undefined;
  let writesUnderWay = 0;
  // Drizzle asks nothing else of what it runs single statements on.
  const query = (...statement: unknown[]) =>
    use('read', (client): Promise<unknown> => Reflect.apply(client.query, client, statement));
  const shared = drizzle({ client: { query } as unknown as Pool });
  const named: Named = (name) => (url.isSession ? name : '');
  const ofClients = new WeakMap<PoolClient, Db>();
  let closing: Promise<void> | undefined;

  function findDb(client: PoolClient): Db {
    const db = ofClients.get(client) ?? drizzle(client);
    ofClients.set(client, db);
    return db;
  }

  /** Writes something that changes nothing: the server commits again. Many at once share one. */
  function endDoubt(): Promise<void> {
    ending ??= use('write', writeNothing)
      .catch((error: unknown) => {
        // A server that only forbids this statement answers again, and has nothing against others.
        if (isStorageFault(error)) throw error;
      })
      .then(doubt.settle)
      .finally(() => {
        ending = undefined;
      });
    return ending;
  }

  function createAttempt(deadline: number, fate: Fate): Attempt {
    const assertLeft = (milliseconds: number) => {
      if (Date.now() + milliseconds > deadline) throw createTimeout();
    };

    /** Waits for the answer to what may be written once it is sent. */
    async function waitForAnswer<Result>(sent: Promise<Result>): Promise<Result> {
      fate.isUnknown = true;
      try {
        const result = await sent;
        fate.isUnknown = false;
        return result;
      } catch (error) {
        const cause = findCause(error);
        if (mayBeWritten(cause)) throw doubt.raise(cause);
        fate.isUnknown = false;
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
    // Behind a pooler the server gives up a statement that waits only if its transaction says when.
    return { transaction, statement: url.isSession ? statement : transaction };
  }

  async function retryCollisions<Result>(work: () => Promise<Result>, deadline: number): Promise<Result> {
    for (let retries = 0; ; retries++) {
      try {
        return await work();
      } catch (error) {
        const cause = findCause(error);
        if (!isCollision(cause) || retries === maxRetries || Date.now() > deadline)
          throw isStorageFault(cause) ? toUnavailable(cause) : toFault(cause);
      }
      await sleep(5 + Math.random() * 20);
    }
  }

  /** Runs work until its deadline; `fate` is that of what it writes. */
  async function runUntilDeadline<Result>(work: (deadline: number) => Promise<Result>, fate: Fate): Promise<Result> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(fate.isUnknown ? doubt.raise(createTimeout()) : createTimeout()),
      answerWait,
    );
    const deadline = Date.now() + answerWait - 50;
    try {
      return await Promise.race([retryCollisions(() => work(deadline), deadline), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  const run: PostgresDatabase['run'] = (work) => runUntilDeadline(work, { isUnknown: false });

  const write: PostgresDatabase['write'] = async (work) => {
    if (writesUnderWay >= maxWaiting) throw new StorageUnavailable('Too many writes are waiting.');
    writesUnderWay++;
    const fate = { isUnknown: false };
    try {
      return await runUntilDeadline(async (deadline) => {
        if (doubt.isOpen()) await endDoubt();
        return work(createAttempt(deadline, fate));
      }, fate);
    } finally {
      writesUnderWay--;
    }
  };

  return {
    prepared(prepare) {
      const known = new WeakMap<Db, ReturnType<typeof prepare>>();
      return (db = shared) => {
        const statements = known.get(db) ?? prepare(db, named);
        known.set(db, statements);
        return statements;
      };
    },
    run,
    write,
    async check() {
      doubt.assertSettled();
      await run(async () => void (await query('SELECT 1')));
    },
    close() {
      doubt.close();
      closing ??= close();
      return closing;
    },
  };
}

/** The settings of a session, for one transaction. */
function buildLocalSettings(statementWait: number, setting: string | undefined): string[] {
  const settings = [
    `lock_timeout=${lockTimeout}`,
    `statement_timeout=${statementWait}`,
    `idle_in_transaction_session_timeout=${statementWait}`,
    ...(setting === undefined ? [] : [setting]),
  ];
  return settings.map((each) => `SET LOCAL ${each}`);
}
