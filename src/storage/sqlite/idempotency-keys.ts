import { and, eq, gt, lte, sql } from 'drizzle-orm';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { IdempotencyKey, KeyUse } from '../../domain/experiment/idempotency.ts';
import { idempotencyKeyLifetime } from '../../domain/limits.ts';
import type { Connection } from './connect.ts';
import { prepareQuery } from './statement.ts';
import { idempotencyKeys } from './tables.ts';

/** The most keys that one transaction of a purge deletes. */
const maxPurgedKeys = 100;

/** The idempotency keys of the last 24 hours. `find` returns an experiment that is not in the trash. */
export function prepareIdempotencyKeys(
  { client, db }: Connection,
  find: (organization: string, id: string) => Experiment | null,
) {
  const { organization, key, digest, experimentId, firstRevision, createdAt } = idempotencyKeys;
  const used = { digest, experimentId, firstRevision };
  const isUsed = and(
    eq(organization, sql.placeholder('organization')),
    eq(key, sql.placeholder('key')),
    gt(createdAt, sql.placeholder('expired')),
  );
  const findUsed = prepareQuery<{ digest: string; experimentId: string; firstRevision: number }>(
    client,
    db.select(used).from(idempotencyKeys).where(isUsed),
    used,
  );
  const row = {
    organization: sql.placeholder('organization'),
    key: sql.placeholder('key'),
    digest: sql.placeholder('digest'),
    experimentId: sql.placeholder('experimentId'),
    firstRevision: sql.placeholder('firstRevision'),
    createdAt: sql.placeholder('createdAt'),
  };
  const set = {
    digest: sql`excluded.digest`,
    experimentId: sql`excluded.experiment_id`,
    firstRevision: sql`excluded.first_revision`,
    createdAt: sql`excluded.created_at`,
  };
  const write = prepareQuery(
    client,
    db
      .insert(idempotencyKeys)
      .values(row)
      .onConflictDoUpdate({ target: [organization, key], set }),
  );
  const isExpired = lte(createdAt, sql.placeholder('expired'));
  const findExpired = prepareQuery<{ key: string }>(
    client,
    db.select({ key }).from(idempotencyKeys).where(isExpired).limit(1),
    { key },
  );
  const deleteExpired = prepareQuery(
    client,
    db
      .delete(idempotencyKeys)
      .where(
        sql`rowid in (select rowid from ${idempotencyKeys} where ${isExpired} limit ${sql.raw(String(maxPurgedKeys))})`,
      ),
  );

  return {
    findUse(owner: string, name: string, at: Date): KeyUse | null {
      const use = findUsed.get({ organization: owner, key: name, expired: at.getTime() - idempotencyKeyLifetime });
      if (!use) return null;
      const experiment = find(owner, use.experimentId);
      return { digest: use.digest, experiment: experiment?.firstRevision === use.firstRevision ? experiment : null };
    },

    use(idempotency: IdempotencyKey, experiment: Experiment): void {
      write.run({
        ...idempotency,
        organization: experiment.organization,
        experimentId: experiment.id,
        firstRevision: experiment.firstRevision,
        createdAt: experiment.createdAt.getTime(),
      });
    },

    purge(at: Date): boolean {
      const values = { expired: at.getTime() - idempotencyKeyLifetime };
      if (!findExpired.get(values)) return false;
      deleteExpired.run(values);
      return findExpired.get(values) !== undefined;
    },
  };
}
