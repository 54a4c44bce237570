import { setTimeout as sleep } from 'node:timers/promises';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Client, type ClientBase, type ClientConfig, DatabaseError, Pool, type PoolClient } from 'pg';
import { CannotStart, StorageUnavailable } from '../../domain/failure.ts';
import { incompleteCopy } from '../copy-port.ts';
import { causeOf, codeOf, isCollision, isSilence, isStorageFault, unavailable } from './faults.ts';
import { isIncomplete, migrate } from './migrate.ts';
import type { PostgresUrl } from './url.ts';

/** How long to wait for a connection, in milliseconds. */
export const CONNECT_WAIT = 2_000;
/** How long all that one call does may take (contract, section 7). */
const ANSWER_WAIT = 5_000;
const LOCK_WAIT = 2_000;
/** Connections of one gateway at most. */
const CONNECTIONS = 10;
/** How often work is tried again that the server undid because writers met. */
const RETRIES = 3;

export type Db = NodePgDatabase;

/** The name of a prepared statement on the server; empty where connections keep none. */
export type Named = (name: string) => string;

/** What work can do while somebody waits for it. */
export interface Attempt {
  /** Runs one statement that writes, unless it could still be running when the caller is told that nothing was written. */
  statement<Result>(work: (db: Db) => Promise<Result>): Promise<Result>;
  /** Runs work on one connection, in one transaction that is undone when the work fails. */
  transaction<Result>(work: (db: Db) => Promise<Result>): Promise<Result>;
}

/** One PostgreSQL database, and the only way to work with it. */
export interface PostgresDatabase {
  /** Statements prepared once for the pool and once for each connection that runs transactions. */
  prepared<Statements>(prepare: (db: Db, named: Named) => Statements): (db?: Db) => Statements;
  /** Runs work, again when writers met, and names what cannot be helped `StorageUnavailable`. */
  run<Result>(work: (attempt: Attempt) => Promise<Result>): Promise<Result>;
  /** Resolves when the server answers. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Connects to a database and applies missing migrations. Rejects with `CannotStart`, with a message without credentials. */
export async function openPostgresDatabase(url: PostgresUrl, migrations: string): Promise<PostgresDatabase> {
  const { isDurable } = await prepareServer(url, migrations);
  // Nothing is acknowledged too early.
  return connectTo(url, isDurable ? {} : { setting: 'synchronous_commit=on' });
}

/** How a pool of connections differs from that of the gateway's own database. */
export interface PoolOptions {
  readonly connections?: number;
  readonly connectWait?: number;
  readonly answerWait?: number;
  /** A setting of each session. */
  readonly setting?: string;
}

/** A database as it is: nothing is asked of it before it is used. */
export function connectTo(
  url: PostgresUrl,
  { connections = CONNECTIONS, connectWait = CONNECT_WAIT, answerWait = ANSWER_WAIT, setting }: PoolOptions,
): PostgresDatabase {
  /** How long a statement may take: its server has given it up before the caller is told that nothing was written. */
  const statementWait = answerWait - connectWait - 100;
  const pool = new Pool({
    ...connectionOf(url, connectWait),
    max: connections,
    application_name: 'experiment-gateway',
    query_timeout: statementWait + 50,
    // A pooler in transaction mode refuses settings, as it does prepared statements.
    ...(url.isSession && {
      statement_timeout: statementWait,
      lock_timeout: LOCK_WAIT,
      idle_in_transaction_session_timeout: statementWait,
      // What the statements are written for, whatever the database's own default.
      options: `-c default_transaction_isolation=read\\ committed${setting === undefined ? '' : ` -c ${setting}`}`,
    }),
  });
  // An idle connection that broke has left the pool already: the next call opens another.
  pool.on('error', () => undefined);
  const bornAt = new WeakMap<PoolClient, number>();
  pool.on('connect', (client) => void bornAt.set(client, performance.now()));
  /** Connections that are older may be as dead as one that has said nothing in time. */
  let distrusted = 0;
  // Drizzle asks nothing else of what it runs single statements on.
  const query = (...statement: unknown[]) =>
    connected((client): Promise<unknown> => Reflect.apply(client.query, client, statement));
  const shared = drizzle({ client: { query } as unknown as Pool });
  const named: Named = (name) => (url.isSession ? name : '');
  const ofClients = new WeakMap<PoolClient, Db>();
  let closing: Promise<void> | undefined;

  function dbOf(client: PoolClient): Db {
    const db = ofClients.get(client) ?? drizzle(client);
    ofClients.set(client, db);
    return db;
  }

  async function checkOut(): Promise<PoolClient> {
    for (;;) {
      // Why there is no connection does not matter.
      const client = await pool.connect().catch((error: unknown) => {
        throw unavailable(error);
      });
      if ((bornAt.get(client) ?? 0) >= distrusted) return client;
      client.release(true);
    }
  }

  /** A connection that failed is closed, and never given back: the server undoes what was begun on it. */
  async function connected<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await checkOut();
    const noted = () => undefined;
    client.on('error', noted);
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      if (isSilence(causeOf(error))) distrusted = performance.now();
      client.release(true);
      throw error;
    } finally {
      client.off('error', noted);
    }
  }

  function attemptUntil(deadline: number): Attempt {
    const assertLeft = (milliseconds: number) => {
      if (Date.now() + milliseconds > deadline) throw tooLong();
    };
    return {
      statement: (work) =>
        connected((client) => {
          assertLeft(statementWait);
          return work(dbOf(client));
        }),
      transaction: (work) =>
        connected(async (client) => {
          await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
          const result = await work(dbOf(client));
          assertLeft(0);
          await client.query('COMMIT');
          return result;
        }),
    };
  }

  async function tried<Result>(work: (attempt: Attempt) => Promise<Result>, deadline: number): Promise<Result> {
    for (let retries = 0; ; retries++) {
      try {
        return await work(attemptUntil(deadline));
      } catch (error) {
        const cause = causeOf(error);
        if (!isCollision(cause) || retries === RETRIES || Date.now() > deadline)
          throw isStorageFault(cause) ? unavailable(cause) : refused(cause);
      }
      await sleep(5 + Math.random() * 20);
    }
  }

  async function run<Result>(work: (attempt: Attempt) => Promise<Result>): Promise<Result> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(tooLong()), answerWait);
    try {
      return await Promise.race([tried(work, Date.now() + answerWait - 50), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

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
    check: () => run(async () => void (await query('SELECT 1'))),
    close() {
      // A server that does not answer keeps nobody from stopping.
      closing ??= Promise.race([pool.end(), sleep(CONNECT_WAIT, undefined, { ref: false })]);
      return closing;
    },
  };
}

/** Makes sure that the database is one of ours and has all our tables; answers whether a commit waits for the disk. */
async function prepareServer(url: PostgresUrl, migrations: string): Promise<{ isDurable: boolean }> {
  const client = new Client({ ...connectionOf(url, CONNECT_WAIT), application_name: 'experiment-gateway start' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const settings = await settingsOf(client);
    if (await isIncomplete(client)) throw new CannotStart(incompleteCopy);
    await migrate(client, migrations);
    return settings;
  } catch (error) {
    throw new CannotStart(reasonOf(error, url));
  } finally {
    await Promise.race([client.end().catch(() => undefined), sleep(CONNECT_WAIT, undefined, { ref: false })]);
  }
}

function connectionOf({ connectionString }: PostgresUrl, connectionTimeoutMillis: number): ClientConfig {
  return { connectionString, connectionTimeoutMillis, keepAlive: true };
}

/** Whether a commit waits for the disk. Throws `CannotStart` for a database that keeps texts in another encoding. */
export async function settingsOf(client: ClientBase): Promise<{ isDurable: boolean }> {
  const { rows } = await client.query(
    "SELECT current_setting('server_encoding') AS encoding, current_setting('synchronous_commit') AS sync",
  );
  if (rows[0]?.encoding !== 'UTF8') throw new CannotStart('The encoding of the database is not UTF8.');
  return { isDurable: rows[0]?.sync !== 'off' };
}

function tooLong(): StorageUnavailable {
  return new StorageUnavailable('The database took too long.');
}

/** A statement that the server refuses is our mistake: its own words, with the place where it was asked. */
function refused(cause: unknown): unknown {
  return cause instanceof DatabaseError
    ? new Error(`The database refused a statement (${cause.code}): ${cause.message}.`, { cause })
    : cause;
}

export function reasonOf(error: unknown, { secrets }: PostgresUrl): string {
  if (error instanceof CannotStart) return error.message;
  const code = codeOf(error);
  if (code.startsWith('28')) return 'The server refuses these credentials.';
  if (code === '3D000') return 'There is no such database.';
  if (code === '55P03') return 'Another process has been migrating the database for too long.';
  if (code.startsWith('53')) return 'The server has no connection left.';
  if (isStorageFault(error)) return `The server cannot be reached${code && ` (${code})`}.`;
  const message = error instanceof Error ? error.message : String(error);
  const shown = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), message);
  return `The database cannot be used: ${shown}.`;
}
