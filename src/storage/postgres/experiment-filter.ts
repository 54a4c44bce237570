import { sql } from 'drizzle-orm';
import { createFilterBuilder, type FilterDialect } from '../rows/experiment-filter.ts';
import { toIndexKey } from '../rows/tag-index.ts';
import { clock } from './leases.ts';
import { experimentEvaluators, experiments, experimentTags } from './tables.ts';

const dialect: FilterDialect = {
  experiments,
  experimentTags,
  experimentEvaluators,
  clock,
  contains: (text, part) => sql`strpos(${text}, ${part}) > 0`,
  toTimeText: (column) =>
    sql`to_char(to_timestamp(${column} / 1000) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '.' || lpad((${column} % 1000)::text, 3, '0') || 'Z'`,
  tagPart: toIndexKey,
  isAmong: (organization, ids) =>
    sql`(${experiments.organization} = ${organization} and ${experiments.id} in (select json_array_elements_text(${ids}::json)))`,
};

/** The SQL condition of a filter, for lists; `undefined` for a filter that matches everything. */
export const matches = createFilterBuilder(dialect);

/** The same for rows that are found without the filter. */
export const rowMatches = createFilterBuilder(dialect, 'exists');
