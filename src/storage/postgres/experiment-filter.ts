import { sql } from 'drizzle-orm';
import { filtersOf } from '../rows/experiment-filter.ts';
import { indexable } from '../rows/tag-index.ts';
import { experiments, experimentTags } from './tables.ts';

/** The condition of a filter; `undefined` for one that lets everything through. */
export const matches = filtersOf({
  experiments,
  experimentTags,
  contains: (column, text) => sql`strpos(${column}, ${text}) > 0`,
  tagPart: indexable,
});
