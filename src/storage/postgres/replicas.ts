import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Replicas, ReplicasOptions, StorageReads } from '../storage.ts';
import { createDatasetReads } from './dataset-store.ts';
import { createExperimentReads } from './experiment-store.ts';
import { readCode } from './faults.ts';
import { connectTo } from './open.ts';
import type { PostgresUrl } from './url.ts';

/** How old the state of a replica may be that is read from, in milliseconds. */
const maxStaleness = 5_000;
/** How often replicas are compared with the primary. */
const checkIntervalMs = 1_000;
/** A replica has less time than the primary, which is asked when it does not answer. */
const waits = { connectWait: 500, answerWait: 2_000 };

/** Where the log of the primary ended at a moment: all that was acknowledged before the moment is before the end. */
interface Sample {
  readonly at: number;
  readonly end: number;
}

interface Replica {
  readonly shown: string;
  readonly reads: StorageReads;
  /** Its state holds all that was acknowledged before this moment. */
  asOf: number;
  isChecking: boolean;
  /** What was said of it last. */
  isUsed: boolean | undefined;
}

/**
 * Replicas of a database, each with a pool of its own. Drizzle's `withReplicas` chooses one when a statement is built;
 * here statements are built once and kept, and who asks decides where: so they are built once for each replica.
 *
 * How old a replica is cannot be asked of it: it knows the log that it got. So its place in the log is compared with
 * where the primary's ended a while ago. No clock of another machine counts.
 */
export function openPostgresReplicas(
  primary: PostgresUrl,
  urls: readonly PostgresUrl[],
  { migrations, report }: ReplicasOptions & { readonly migrations: string },
): Replicas {
  const hashes = readMigrationFiles({ migrationsFolder: migrations }).map(({ hash }) => hash);
  // Its own connection: waiting for one of the busy pool would make the replicas look old.
  const origin = connectTo(primary, { ...waits, connections: 1 });
  const askOrigin = origin.prepared((db) => db);
  const openedAt = performance.now();
  /** Newest last. */
  const samples: Sample[] = [];
  let system: string | undefined;
  let turn = 0;

  const watched = urls.map((url) => {
    const database = connectTo(url, { ...waits, reserved: 0, setting: 'default_transaction_read_only=on' });
    const ask = database.prepared((db) => db);
    const replica: Replica = {
      shown: url.shown,
      reads: { experiments: createExperimentReads(database), datasets: createDatasetReads(database) },
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

  /** Finds out how old a replica is, or answers why it must not be read. */
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
    // One that was promoted has the log of the primary still, and does not follow it any more.
    if (found.system === system) replica.asOf = samples.findLast(({ end }) => end <= found.place)?.at ?? replica.asOf;
    else if (found.isStandby) return 'it is a standby of another server';
    // Not fed by the log of the primary: how old its state may be is in its operator's hands.
    else replica.asOf = at;
    return undefined;
  }

  async function judge(each: (typeof watched)[number]): Promise<void> {
    const { replica } = each;
    if (replica.isChecking) return;
    replica.isChecking = true;
    const fault = await check(each).catch(describeError);
    replica.isChecking = false;
    if (fault !== undefined) replica.asOf = Number.NEGATIVE_INFINITY;
    const isUsed = isFresh(replica);
    // One that has just been found may be an instant behind the first sample.
    const isKnown = isUsed || fault !== undefined || performance.now() - openedAt > maxStaleness;
    if (!isKnown || isUsed === replica.isUsed) return;
    replica.isUsed = isUsed;
    const { shown } = replica;
    const lag = samples.length > 0 ? 'it is more than 5 s behind the primary' : 'the primary does not say where it is';
    report(isUsed ? { kind: 'used', replica: shown } : { kind: 'left', replica: shown, reason: fault ?? lag });
  }

  async function compare(): Promise<void> {
    await sample().catch(() => undefined);
    for (const each of watched) void judge(each);
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

/** Without the words of the driver, which may hold more than the log should. */
function describeError(error: unknown): string {
  const code = readCode(error instanceof Error ? error.cause : error);
  if (code === '42P01') return 'it holds no database of the gateway';
  return `it does not answer${code && ` (${code})`}`;
}
