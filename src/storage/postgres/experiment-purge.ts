import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { ExperimentRow } from '../rows/experiment-row.ts';
import type { Db, Named } from './open.ts';
import { prepareSql, typedPlaceholder } from './statement.ts';
import { experimentRevisions, experiments, experimentTags, purgedExperiments } from './tables.ts';

/** The most rows that one transaction of a purge deletes. */
const maxPurgedRows = 100;
/** The key of the advisory lock: an arbitrary number, the same for every gateway and unlikely elsewhere. */
const purgeLockId = 397_346_369;

/** Keeps the last numbers of an experiment that was deleted permanently. */
export const remember: SQL = sql`on conflict (organization, id) do update
  set revision = excluded.revision, version = excluded.version, changed = excluded.changed`;

/**
 * The number of the change that a transaction makes. Transactions commit in another order than they get their numbers,
 * so readers of changes stop before the oldest one that is under way (`experiment-changes.ts`).
 */
export const changeNumber: SQL = sql.raw('pg_current_xact_id()::text::bigint');

/** An experiment that a purge deleted. */
type PurgedRow = Pick<ExperimentRow, 'organization' | 'id' | 'version'>;
const { organization, id, version } = getTableColumns(purgedExperiments);

/** Permanently deletes what has been in the trash for long enough. One gateway does so at a time. */
export function preparePurge(db: Db, named: Named) {
  return {
    lockPurge: prepareSql<{ isMine: boolean }>(
      db,
      named('lock_purge'),
      sql`select pg_try_advisory_xact_lock(${sql.raw(String(purgeLockId))}) as is_mine`,
      { isMine: sql`is_mine`.mapWith(Boolean).as('is_mine') },
    ),
    purgeRevisions: prepareSql<{ deleted: number }>(db, named('purge_revisions'), buildPurgeRevisions(), {
      deleted: sql`deleted`.mapWith(Number).as('deleted'),
    }),
    purgeExperiments: prepareSql<PurgedRow>(db, named('purge_experiments'), buildPurgeExperiments(), {
      organization,
      id,
      version,
    }),
  };
}

/** Deletes one part of the expired trash, and returns whether there may be more. */
export async function purgeTrash(statements: ReturnType<typeof preparePurge>, at: Date) {
  const nothing = { deleted: [], hasMore: false };
  const [lock] = await statements.lockPurge.execute({});
  if (!lock?.isMine) return nothing;
  const [revisions] = await statements.purgeRevisions.execute({ at: at.getTime() });
  if (revisions && revisions.deleted > 0) return { ...nothing, hasMore: true };
  const deleted = await statements.purgeExperiments.execute({ at: at.getTime() });
  return { deleted, hasMore: deleted.length > 0 };
}

const expired = sql`select organization, id from ${experiments}
  where purge_at <= ${typedPlaceholder('at', 'bigint')} order by purge_at limit ${sql.raw(String(maxPurgedRows))}`;

/** Revisions go first, since there may be many of one experiment. */
function buildPurgeRevisions(): SQL {
  return sql`with expired as (${expired}), purged as (
      delete from ${experimentRevisions} where (organization, experiment_id, revision) in (
        select r.organization, r.experiment_id, r.revision from expired
        join ${experimentRevisions} as r on r.organization = expired.organization and r.experiment_id = expired.id
        limit ${sql.raw(String(maxPurgedRows))}
      ) returning 1
    ) select count(*) as deleted from purged`;
}

/** The experiments whose revisions are gone. Lists of the trash lose an entry, so it is a change like any other. */
function buildPurgeExperiments(): SQL {
  return sql`with expired as (${expired}), locked as (
      select e.organization, e.id from ${experiments} as e join expired using (organization, id)
      where e.purge_at <= ${typedPlaceholder('at', 'bigint')} and not exists (
        select from ${experimentRevisions} as r where r.organization = e.organization and r.experiment_id = e.id
      ) for update of e skip locked
    ), taken as (
      select locked.organization, locked.id from locked, take_experiment_id(locked.organization, locked.id)
    ), purged as (
      delete from ${experiments} as e using taken where e.organization = taken.organization and e.id = taken.id
      returning e.organization, e.id, e.revision, e.version
    ), untagged as (
      delete from ${experimentTags} as t using purged
      where t.organization = purged.organization and t.experiment_id = purged.id
    ), kept as (
      insert into ${purgedExperiments} (organization, id, revision, version, changed)
      select organization, id, revision, version, ${changeNumber} from purged ${remember}
    ) select organization, id, version from purged`;
}
