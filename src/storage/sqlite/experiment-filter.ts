import { sql } from 'drizzle-orm';
import { createFilterBuilder, type FilterDialect } from '../rows/experiment-filter.ts';
import { experiments, experimentTags } from './tables.ts';

const dialect: FilterDialect = {
  experiments,
  experimentTags,
  // SQLite would go through all experiments with the key.
  tagsOfExperiment: sql`${experimentTags} indexed by experiment_tags_by_experiment`,
  contains: (text, part) => sql`instr(${text}, ${part}) > 0`,
  toTimeText: (column) =>
    sql`strftime('%Y-%m-%dT%H:%M:%S', ${column} / 1000, 'unixepoch') || printf('.%03dZ', ${column} % 1000)`,
  tagPart: (text) => text,
};

/** The SQL condition of a filter, for lists; `undefined` for a filter that matches everything. */
export const matches = createFilterBuilder(dialect);

/** The same for rows that are found without the filter. */
export const rowMatches = createFilterBuilder(dialect, 'exists');
