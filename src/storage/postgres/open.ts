import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Pool } from 'pg';
import { StorageUnavailable } from '../../domain/faults.ts';
import type { OpenOptions } from '../storage.ts';
import { createDoubt } from '../unknown-outcome.ts';
import { type Connections, openConnections } from './connections.ts';
import { createTimeout, isStorageFault } from './faults.ts';
import { writeNothing } from './migrate.ts';
import { retryCollisions } from './retry-collisions.ts';
import { connectTimeout, prepareServer } from './server.ts';
import { buildBegin, buildPoolConfig } from './session.ts';
import type { PostgresUrl } from './url.ts';
import { type Attempt, createAttempts, type WriteState } from './write-attempt.ts';

/** How long one call may take in all, in milliseconds (contract, section 7). */
const answerTimeout = 5_000;
/** The most connections of one gateway. */
const maxConnections = 10;
/** How many of them writes leave to reads, and reads to writes. */
const reservedConnections = 3;
/** The most writes under way, and the most calls of a kind that wait for a connection; more are refused immediately. */
const maxWaiting = 5_000;

export type Db = NodePgDatabase;

/** Names a prepared statement on the server; returns an empty name where connections cannot keep statements. */
export type Named = (name: string) => string;

/** One PostgreSQL database; all work on it goes through this interface. */
export interface PostgresDatabase {
  /** Prepares statements on first use: once for the pool, and once for each connection that runs transactions. */
  prepareOnce<Statements>(prepare: (db: Db, named: Named) => Statements): (db?: Db) => Statements;
  /** Runs work that reads, and retries it when the server rolled it back. Rejects with `StorageUnavailable`. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /**
   * Like `run`, for work that writes; it may write only through its attempt. However many writes wait for locks, reads
   * keep connections. Rejects with `OutcomeUnknown` when a write was sent and the server did not confirm or refuse it.
   */
  write<Result>(work: (attempt: Attempt) => Promise<Result>): Promise<Result>;
  /** How many writes wait for a connection or for the server. */
  waitingWrites(): number;
  /** Rejects with `StorageUnavailable` when the server does not respond, or while the outcome of a write is unknown. */
  check(): Promise<void>;
  readonly measureQueue: Connections['measureQueue'];
  close(): Promise<void>;
}

/**
 * Connects to a database and applies missing migrations. Rejects with `CannotStart`; its message has no credentials.
 */
export async function openPostgresDatabase(
  url: PostgresUrl,
  migrations: string,
  { mustExist = false, onCommit }: OpenOptions = {},
): Promise<PostgresDatabase> {
  const { isDurable } = await prepareServer(url, migrations, mustExist);
  // A commit must be on disk before it is acknowledged.
  return connectTo(url, { onCommit, ...(!isDurable && { setting: 'synchronous_commit=on' }) });
}

/** The options of a connection pool; the defaults are those of the gateway's own database. */
export interface PoolOptions {
  readonly connections?: number;
  /** How many connections reads and writes leave to each other. */
  readonly reserved?: number;
  /** How long to wait for a connection, in milliseconds. */
  readonly connectWait?: number;
  /** How long one call may take in all, in milliseconds. */
  readonly answerWait?: number;
  /** A setting for each session, as `name=value`. */
  readonly setting?: string;
  /** Called after each commit, with how many writes it made durable. */
  readonly onCommit?: OpenOptions['onCommit'] | undefined;
}

/** Opens a pool without connecting: the database is contacted on first use. */
export function connectTo(
  url: PostgresUrl,
  {
    connections = maxConnections,
    reserved = reservedConnections,
    connectWait = connectTimeout,
    answerWait = answerTimeout,
    setting,
    onCommit = () => undefined,
  }: PoolOptions,
): PostgresDatabase {
  /** How long a statement may take, in milliseconds. The server cancels it before the caller's timeout. */
  const statementWait = answerWait - connectWait - 100;
  const config = buildPoolConfig(url, statementWait, setting);
  const { use, measureQueue, close } = openConnections(config, {
    connections,
    reserved,
    wait: connectWait,
    maxWaiting,
  });
  const doubt = createDoubt(endDoubt);
  const begin = buildBegin(url, statementWait, setting);
  const createAttempt = createAttempts({ use, doubt, begin, statementWait, isSession: url.isSession });
  let ending: Promise<void> | undefined;
  let writesUnderWay = 0;
  // Drizzle needs nothing but `query` to run single statements.
  const query = (...statement: unknown[]) =>
    use('read', (client): Promise<unknown> => Reflect.apply(client.query, client, statement));
  const shared = drizzle({ client: { query } as unknown as Pool });
  const named: Named = (name) => (url.isSession ? name : '');
  let closing: Promise<void> | undefined;

  /** Ends the doubt with a write that changes nothing. Concurrent calls share one write. */
  function endDoubt(): Promise<void> {
    ending ??= use('write', writeNothing)
      .catch((error: unknown) => {
        // A server that refuses only this statement responds again and will accept others.
        if (isStorageFault(error)) throw error;
      })
      .then(doubt.settle)
      .finally(() => {
        ending = undefined;
      });
    return ending;
  }

  /** Runs work until its deadline. `state` tells a plain timeout from a write whose outcome is unknown. */
  async function runUntilDeadline<Result>(
    work: (deadline: number) => Promise<Result>,
    state: WriteState,
  ): Promise<Result> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(state.isUnknown ? doubt.raise(createTimeout()) : createTimeout()),
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
    const state = { isUnknown: false };
    try {
      const result = await runUntilDeadline(async (deadline) => {
        if (doubt.isOpen()) await endDoubt();
        return work(createAttempt(deadline, state));
      }, state);
      onCommit(1);
      return result;
    } finally {
      writesUnderWay--;
    }
  };

  return {
    prepareOnce(prepare) {
      const known = new WeakMap<Db, ReturnType<typeof prepare>>();
      return (db = shared) => {
        const statements = known.get(db) ?? prepare(db, named);
        known.set(db, statements);
        return statements;
      };
    },
    run,
    write,
    waitingWrites: () => writesUnderWay,
    async check() {
      doubt.assertSettled();
      await run(async () => void (await query('SELECT 1')));
    },
    measureQueue: () => Math.max(measureQueue(), writesUnderWay / maxWaiting),
    close() {
      doubt.close();
      closing ??= close();
      return closing;
    },
  };
}
