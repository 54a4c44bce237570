import { sql } from 'drizzle-orm';
import { createFilterBuilder } from '../rows/experiment-filter.ts';
import { clock } from './leases.ts';
import { experiments, experimentTags } from './tables.ts';

/** The SQL condition of a filter; `undefined` for a filter that matches everything. */
export const matches = createFilterBuilder({
  experiments,
  experimentTags,
  clock,
  contains: (column, text) => sql`instr(${column}, ${text}) > 0`,
  tagPart: (text) => text,
});
