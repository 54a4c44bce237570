import { sql } from 'drizzle-orm';
import { createFilterBuilder, type FilterDialect } from '../rows/experiment-filter.ts';
import { clock } from './leases.ts';
import { experimentEvaluators, experiments, experimentTags } from './tables.ts';

const dialect: FilterDialect = {
  experiments,
  experimentTags,
  experimentEvaluators,
  clock,
  // SQLite would go through all experiments with the key.
  tagsOfExperiment: sql`${experimentTags} indexed by experiment_tags_by_experiment`,
  contains: (text, part) => sql`instr(${text}, ${part}) > 0`,
  toTimeText: (column) =>
    sql`strftime('%Y-%m-%dT%H:%M:%S', ${column} / 1000, 'unixepoch') || printf('.%03dZ', ${column} % 1000)`,
  tagPart: (text) => text,
  // By rowid, which no other index of the table can take over.
  isAmong: (organization, ids) =>
    sql`${experiments}.rowid in (select named.rowid from ${experiments} as named
      where named.organization = ${organization} and named.id in (select value from json_each(${ids})))`,
};

/** The SQL condition of a filter, for lists; `undefined` for a filter that matches everything. */
export const matches = createFilterBuilder(dialect);

/** The same for rows that are found without the filter. */
export const rowMatches = createFilterBuilder(dialect, 'exists');
