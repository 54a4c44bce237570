import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Replicas, ReplicasOptions, StorageReads } from '../storage.ts';
import { createApiKeyReads } from './api-key-store.ts';
import { createDatasetReads } from './dataset-store.ts';
import { createExperimentReads } from './experiment-reads.ts';
import { readCode } from './faults.ts';
import { connectTo } from './open.ts';
import type { PostgresUrl } from './url.ts';

/** The oldest state that a replica may have to serve reads, in milliseconds. */
const maxStaleness = 5_000;
/** How often replicas are compared with the primary, in milliseconds. */
const checkIntervalMs = 1_000;
/** A replica has less time than the primary, because the primary serves the read when the replica fails. */
const waits = { connectWait: 500, answerWait: 2_000 };

/** Where the primary's log ended at a moment. Everything acknowledged before `at` is in the log before `end`. */
interface Sample {
  readonly at: number;
  readonly end: number;
}

interface Replica {
  readonly shown: string;
  readonly reads: StorageReads;
  /** Its state includes everything acknowledged before this moment. */
  asOf: number;
  isChecking: boolean;
  /** The last reported state; undefined before the first report. */
  isUsed: boolean | undefined;
}

/**
 * Connects to the replicas of a database, each with its own pool. Drizzle's `withReplicas` chooses a replica when a
 * statement is built. Here statements are built once and kept, and the caller chooses, so each replica has its own.
 *
 * A replica cannot tell how old its state is: it knows only the log that it has received. So its position in the log is
 * compared with where the primary's log ended a while ago. Other machines' clocks are not involved.
 */
export function openPostgresReplicas(
  primary: PostgresUrl,
  urls: readonly PostgresUrl[],
  { migrations, report, observe = (reads) => reads }: ReplicasOptions & { readonly migrations: string },
): Replicas {
  const hashes = readMigrationFiles({ migrationsFolder: migrations }).map(({ hash }) => hash);
  // A separate connection: waiting for one from a busy pool would make the replicas look old.
  const origin = connectTo(primary, { ...waits, connections: 1 });
  const askOrigin = origin.prepareOnce((db) => db);
  const openedAt = performance.now();
  /** Newest last. */
  const samples: Sample[] = [];
  let system: string | undefined;
  let turn = 0;

  const watched = urls.map((url) => {
    const database = connectTo(url, { ...waits, reserved: 0, setting: 'default_transaction_read_only=on' });
    const ask = database.prepareOnce((db) => db);
    const replica: Replica = {
      shown: url.shown,
      reads: observe({
        experiments: createExperimentReads(database),
        datasets: createDatasetReads(database),
        apiKeys: createApiKeyReads(database),
      }),
      asOf: Number.NEGATIVE_INFINITY,
      isChecking: false,
      isUsed: undefined,
    };
    return { replica, database, ask };
  });

  async function sample(): Promise<void> {
    const at = performance.now();
    while (samples[0] && at - samples[0].at > maxStaleness) samples.shift();
    const { rows } = await origin.run(() =>
      askOrigin().execute<{ end: number; system: string }>(
        sql`SELECT (pg_current_wal_lsn() - '0/0')::float8 AS end, system_identifier::text AS system FROM pg_control_system()`,
      ),
    );
    const [found] = rows;
    if (!found) return;
    system = found.system;
    samples.push({ at, end: found.end });
  }

  /** Updates `asOf` of a replica, or returns why it must not be read. */
  async function check({ replica, database, ask }: (typeof watched)[number]): Promise<string | undefined> {
    const at = performance.now();
    const { rows } = await database.run(() =>
      ask().execute<{ isStandby: boolean; place: number; system: string; applied: number }>(
        sql`SELECT pg_is_in_recovery() AS "isStandby",
          ((CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END) - '0/0')::float8 AS place,
          (SELECT system_identifier::text FROM pg_control_system()) AS system,
          (SELECT count(*)::int FROM drizzle.__drizzle_migrations WHERE hash IN ${hashes}) AS applied`,
      ),
    );
    const [found] = rows;
    if (found?.applied !== hashes.length) return 'it lacks migrations';
    if (system === undefined) return undefined;
    // A promoted replica still has the primary's log, but no longer follows it.
    if (found.system === system) replica.asOf = samples.findLast(({ end }) => end <= found.place)?.at ?? replica.asOf;
    else if (found.isStandby) return 'it is a standby of another server';
    // Not fed by the primary's log: its operator is responsible for how old its state may be.
    else replica.asOf = at;
    return undefined;
  }

  async function update(each: (typeof watched)[number]): Promise<void> {
    const { replica } = each;
    if (replica.isChecking) return;
    replica.isChecking = true;
    const fault = await check(each).catch(describeError);
    replica.isChecking = false;
    if (fault !== undefined) replica.asOf = Number.NEGATIVE_INFINITY;
    const isUsed = isFresh(replica);
    // A replica checked for the first time may be an instant behind the first sample.
    const isKnown = isUsed || fault !== undefined || performance.now() - openedAt > maxStaleness;
    if (!isKnown || isUsed === replica.isUsed) return;
    replica.isUsed = isUsed;
    const { shown } = replica;
    const lag =
      samples.length > 0 ? 'it is more than 5 s behind the primary' : 'the primary does not report its position';
    report(isUsed ? { kind: 'used', replica: shown } : { kind: 'left', replica: shown, reason: fault ?? lag });
  }

  async function compare(): Promise<void> {
    await sample().catch(() => undefined);
    for (const each of watched) void update(each);
  }

  const timer = setInterval(compare, checkIntervalMs).unref();
  void compare();

  return {
    pick() {
      const fresh = watched.filter(({ replica }) => isFresh(replica));
      turn = (turn + 1) % Math.max(fresh.length, 1);
      return fresh[turn]?.replica.reads;
    },
    async close() {
      clearInterval(timer);
      await Promise.all([origin, ...watched.map(({ database }) => database)].map(({ close }) => close()));
    },
  };
}

function isFresh({ asOf }: Replica): boolean {
  return performance.now() - asOf <= maxStaleness;
}

/** Leaves out the driver's message, which may hold more than the log should. */
function describeError(error: unknown): string {
  const code = readCode(error instanceof Error ? error.cause : error);
  if (code === '42P01') return 'it does not hold a gateway database';
  return `it does not answer${code && ` (${code})`}`;
}
