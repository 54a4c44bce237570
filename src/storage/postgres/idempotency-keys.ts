import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { IdempotencyKey, KeyUse } from '../../domain/experiment/idempotency.ts';
import { idempotencyKeyLifetime } from '../../domain/limits.ts';
import { type ExperimentRow, parseRow } from '../rows/experiment-row.ts';
import { buildIsStalled } from '../rows/lease.ts';
import { clock, isStalled } from './leases.ts';
import type { Db, Named } from './open.ts';
import { listColumns, prepareSql, toColumnList, typedPlaceholder } from './statement.ts';
import { experiments, idempotencyKeys } from './tables.ts';

/** The most keys that one statement of a purge deletes. */
const maxPurgedKeys = 100;

const isKey = sql`organization = ${sql.placeholder('organization')} and key = ${sql.placeholder('key')}`;
const expired = typedPlaceholder('expired', 'bigint');

/** The row of a key and of its experiment, which is null when that has been deleted. */
type UsedRow = Omit<ExperimentRow, 'id'> & { readonly id: string | null; readonly digest: string };

/** The idempotency keys of the last 24 hours. */
export function prepareIdempotencyKeys(db: Db, named: Named) {
  const take = prepareSql<{ key: string }>(db, named('take_idempotency_key'), buildTake(), {
    key: idempotencyKeys.key,
  });
  const settle = prepareSql<never>(
    db,
    named('settle_idempotency_key'),
    sql`update ${idempotencyKeys} set first_revision = ${typedPlaceholder('firstRevision', 'int')} where ${isKey}`,
    {},
  );
  const release = prepareSql<never>(
    db,
    named('release_idempotency_key'),
    sql`delete from ${idempotencyKeys} where ${isKey}`,
    {},
  );
  const find = prepareSql<UsedRow>(db, named('find_idempotency_key'), buildFind(), {
    digest: idempotencyKeys.digest,
    ...getTableColumns(experiments),
    isStalled,
  });
  const purge = prepareSql<{ deleted: number }>(db, named('purge_idempotency_keys'), buildPurge(), {
    deleted: sql`deleted`.mapWith(Number).as('deleted'),
  });

  return {
    /** Returns whether the key was free: it is then used up for an experiment, unless the transaction fails. */
    async take(idempotency: IdempotencyKey, { organization, id, createdAt }: Experiment): Promise<boolean> {
      const at = createdAt.getTime();
      const values = { ...idempotency, organization, experimentId: id, createdAt: at };
      return (await take.execute({ ...values, expired: at - idempotencyKeyLifetime })).length > 0;
    },

    /** Completes a key that was taken, once the experiment has its numbers. */
    async settle({ key }: IdempotencyKey, { organization, firstRevision }: Experiment): Promise<void> {
      await settle.execute({ organization, key, firstRevision });
    },

    /** Sets a key free that was taken. */
    async release({ key }: IdempotencyKey, organization: string): Promise<void> {
      await release.execute({ organization, key });
    },

    async findUse(organization: string, key: string, at: Date): Promise<KeyUse | null> {
      const [row] = await find.execute({ organization, key, expired: at.getTime() - idempotencyKeyLifetime });
      if (!row) return null;
      const { digest, ...stored } = row;
      return { digest, experiment: stored.id === null ? null : parseRow(stored as ExperimentRow) };
    },

    /** Returns whether there may be more to delete. */
    async purge(at: Date): Promise<boolean> {
      const [purged] = await purge.execute({ expired: at.getTime() - idempotencyKeyLifetime });
      return purged?.deleted === maxPurgedKeys;
    },
  };
}

/**
 * A call that meets another one with the same key waits here until that one has committed, and then finds the key taken.
 * The first revision is not known yet.
 */
function buildTake(): SQL {
  return sql`insert into ${idempotencyKeys} as taken (organization, key, digest, experiment_id, first_revision, created_at)
    values (${typedPlaceholder('organization', 'text')}, ${typedPlaceholder('key', 'text')}, ${typedPlaceholder('digest', 'text')},
      ${typedPlaceholder('experimentId', 'text')}, 0, ${typedPlaceholder('createdAt', 'bigint')})
    on conflict (organization, key) do update
      set digest = excluded.digest, experiment_id = excluded.experiment_id, first_revision = 0, created_at = excluded.created_at
      where taken.created_at <= ${expired}
    returning key`;
}

function buildFind(): SQL {
  return sql`select used.digest, ${toColumnList(listColumns(experiments), 'e')},
      ${buildIsStalled(sql.raw('e.lease_expires_at'), clock)} as is_stalled
    from (select * from ${idempotencyKeys} where ${isKey} and created_at > ${expired}) as used
    left join ${experiments} as e on e.organization = used.organization and e.id = used.experiment_id
      and e.first_revision = used.first_revision and e.deleted_at is null`;
}

/** Leaves out keys that a call is just taking again. */
function buildPurge(): SQL {
  return sql`with expired as (
      select organization, key from ${idempotencyKeys} where created_at <= ${expired}
      limit ${sql.raw(String(maxPurgedKeys))} for update skip locked
    ), purged as (
      delete from ${idempotencyKeys} as k using expired
      where k.organization = expired.organization and k.key = expired.key returning 1
    ) select count(*) as deleted from purged`;
}
