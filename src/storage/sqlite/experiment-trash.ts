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

/** What one part of a purge deleted, and whether there is more to delete. */
interface Purged {
  readonly deleted: readonly { readonly organization: string; readonly id: string; readonly version: number }[];
  readonly hasMore: boolean;
}

/**
 * Returns a function that permanently deletes what has been in the trash for long enough, as much as fits in one
 * transaction. Revisions go first, one by one, since there may be many. Lists of the trash lose an entry, so it is a
 * change like any other.
 */
export function preparePurge(
  { client, db }: Connection,
  findAnywhere: (organization: string, id: string) => Experiment | null,
  erase: (experiment: Experiment) => void,
): (at: Date) => Purged {
  const { organization, id } = experiments;
  const next = prepareQuery<{ organization: string; id: string }>(
    client,
    db
      .select({ organization, id })
      .from(experiments)
      .where(lte(experiments.purgeAt, sql.placeholder('at')))
      .orderBy(asc(experiments.purgeAt))
      .limit(1),
    { organization, id },
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
    const deleted: Experiment[] = [];
    let expired = next.get({ at: at.getTime() });
    for (let rows = 0; expired && rows < maxPurgedRows && performance.now() < deadline; rows++) {
      const revision = firstRevision.get(expired);
      if (revision) {
        deleteRevision.run({ ...expired, ...revision });
        continue;
      }
      const experiment = findAnywhere(expired.organization, expired.id);
      if (experiment) {
        erase(experiment);
        deleted.push(experiment);
      }
      expired = next.get({ at: at.getTime() });
    }
    const gone = deleted.map(({ organization, id, version }) => ({ organization, id, version }));
    return { deleted: gone, hasMore: expired !== undefined };
  };
}
