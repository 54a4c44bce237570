import { and, asc, eq, getTableColumns, lte, sql } from 'drizzle-orm';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { LastRevision } from '../../domain/experiment/revisions.ts';
import type { Connection } from './connect.ts';
import { prepareQuery } from './statement.ts';
import { experimentRevisions, experiments, purgedExperiments } from './tables.ts';

/** The last revisions of deleted experiments. */
export function preparePurged({ client, db }: Connection) {
  const { organization, id, revision, version } = getTableColumns(purgedExperiments);
  const ofId = and(eq(organization, sql.placeholder('organization')), eq(id, sql.placeholder('id')));
  const row = {
    organization: sql.placeholder('organization'),
    id: sql.placeholder('id'),
    revision: sql.placeholder('revision'),
    version: sql.placeholder('version'),
    changed: sql.placeholder('changed'),
  };
  const set = { revision: sql`excluded.revision`, version: sql`excluded.version`, changed: sql`excluded.changed` };
  const remember = prepareQuery(
    client,
    db
      .insert(purgedExperiments)
      .values(row)
      .onConflictDoUpdate({ target: [organization, id], set }),
  );
  return {
    find: prepareQuery<LastRevision>(client, db.select({ revision, version }).from(purgedExperiments).where(ofId), {
      revision,
      version,
    }),
    remember: (experiment: Experiment, changed: number) => remember.run({ ...experiment, changed }),
  };
}

/** The most rows that one transaction of a purge deletes. */
const maxPurgedRows = 100;
/** How long one transaction of a purge may hold the event loop, in milliseconds. */
const maxPurgeTime = 10;

/**
 * Returns a function that deletes for good what has been in the trash for long enough, as much as fits in one
 * transaction, and returns whether there is more. Revisions go first, one by one, since there may be many.
 */
export function preparePurge(
  { client, db }: Connection,
  findAnywhere: (organization: string, id: string) => Experiment | null,
  erase: (experiment: Experiment, changed: number) => void,
): (at: Date) => boolean {
  const { organization, id, changed } = experiments;
  const next = prepareQuery<{ organization: string; id: string; changed: number }>(
    client,
    db
      .select({ organization, id, changed })
      .from(experiments)
      .where(lte(experiments.purgeAt, sql.placeholder('at')))
      .orderBy(asc(experiments.purgeAt))
      .limit(1),
    { organization, id, changed },
  );
  const ofExperiment = and(
    eq(experimentRevisions.organization, sql.placeholder('organization')),
    eq(experimentRevisions.experimentId, sql.placeholder('id')),
  );
  const first = { revision: experimentRevisions.revision };
  const firstRevision = prepareQuery<{ revision: number }>(
    client,
    db.select(first).from(experimentRevisions).where(ofExperiment).orderBy(asc(experimentRevisions.revision)).limit(1),
    first,
  );
  const deleteRevision = prepareQuery(
    client,
    db
      .delete(experimentRevisions)
      .where(and(ofExperiment, eq(experimentRevisions.revision, sql.placeholder('revision')))),
  );

  return (at) => {
    const deadline = performance.now() + maxPurgeTime;
    let expired = next.get({ at: at.getTime() });
    for (let rows = 0; expired && rows < maxPurgedRows && performance.now() < deadline; rows++) {
      const key = { organization: expired.organization, id: expired.id };
      const revision = firstRevision.get(key);
      if (revision) {
        deleteRevision.run({ ...key, ...revision });
        continue;
      }
      const experiment = findAnywhere(key.organization, key.id);
      // Watchers were told when it was moved to the trash, so that change keeps its number.
      if (experiment) erase(experiment, expired.changed);
      expired = next.get({ at: at.getTime() });
    }
    return expired !== undefined;
  };
}
