import { sql } from 'drizzle-orm';
import { filtersOf } from '../rows/experiment-filter.ts';
import { experiments, experimentTags } from './tables.ts';

/** The condition of a filter; `undefined` for one that lets everything through. */
export const matches = filtersOf({
  experiments,
  experimentTags,
  contains: (column, text) => sql`instr(${column}, ${text}) > 0`,
  tagPart: (text) => text,
});
