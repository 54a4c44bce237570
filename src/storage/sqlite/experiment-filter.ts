import { sql } from 'drizzle-orm';
import { createFilterBuilder } from '../rows/experiment-filter.ts';
import { experiments, experimentTags } from './tables.ts';

/** The condition of a filter; `undefined` for one that lets everything through. */
export const matches = createFilterBuilder({
  experiments,
  experimentTags,
  contains: (column, text) => sql`instr(${column}, ${text}) > 0`,
  tagPart: (text) => text,
});
