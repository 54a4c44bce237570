import { sql } from 'drizzle-orm';
import { createFilterBuilder } from '../rows/experiment-filter.ts';
import { toIndexKey } from '../rows/tag-index.ts';
import { experimentEvaluators, experiments, experimentTags } from './tables.ts';

/** The SQL condition of a filter; `undefined` for a filter that matches everything. */
export const matches = createFilterBuilder({
  experiments,
  experimentTags,
  experimentEvaluators,
  contains: (column, text) => sql`strpos(${column}, ${text}) > 0`,
  tagPart: toIndexKey,
  isAmong: (organization, ids) =>
    sql`(${experiments.organization} = ${organization} and ${experiments.id} in (select json_array_elements_text(${ids}::json)))`,
});
