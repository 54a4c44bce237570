import { and, eq, isNull, sql } from 'drizzle-orm';
import type { ExperimentReads } from '../../domain/experiment/store.ts';
import { parseRow } from '../rows/experiment-row.ts';
import { experimentColumns, preparePages } from './experiment-pages.ts';
import { prepareRevisions } from './experiment-revisions.ts';
import type { Db, Named, PostgresDatabase } from './open.ts';
import { experiments } from './tables.ts';

/** The operations that a replica can serve too. */
export function createExperimentReads(database: PostgresDatabase): ExperimentReads {
  const reads = database.prepareOnce(prepareReads);
  return {
    find: (organization, id) =>
      database.run(async () => {
        const [row] = await reads().find.execute({ organization, id });
        return row ? parseRow(row) : null;
      }),
    list: (query) => database.run(() => reads().list(query)),
    count: (organization, filter) => database.run(() => reads().count(organization, filter)),
    countByStatus: (organization, filter) => database.run(() => reads().countByStatus(organization, filter)),
    revisions: (organization, ranges, reading) => database.run(() => reads().revisions(organization, ranges, reading)),
  };
}

function prepareReads(db: Db, named: Named) {
  return {
    ...preparePages(db, named),
    ...prepareRevisions(db, named),
    find: db
      .select(experimentColumns)
      .from(experiments)
      .where(
        and(
          eq(experiments.organization, sql.placeholder('organization')),
          eq(experiments.id, sql.placeholder('id')),
          isNull(experiments.deletedAt),
        ),
      )
      .prepare(named('find_experiment')),
  };
}
