import { sql } from 'drizzle-orm';
import { createFilterBuilder } from '../rows/experiment-filter.ts';
import { clock } from './leases.ts';
import { experimentEvaluators, experiments, experimentTags } from './tables.ts';

/** The SQL condition of a filter; `undefined` for a filter that matches everything. */
export const matches = createFilterBuilder({
  experiments,
  experimentTags,
  experimentEvaluators,
  clock,
  contains: (text, part) => sql`instr(${text}, ${part}) > 0`,
  toTimeText: (column) =>
    sql`strftime('%Y-%m-%dT%H:%M:%S', ${column} / 1000, 'unixepoch') || printf('.%03dZ', ${column} % 1000)`,
  tagPart: (text) => text,
  // By rowid, which no other index of the table can take over.
  isAmong: (organization, ids) =>
    sql`${experiments}.rowid in (select named.rowid from ${experiments} as named
      where named.organization = ${organization} and named.id in (select value from json_each(${ids})))`,
});
