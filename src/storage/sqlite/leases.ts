import { sql } from 'drizzle-orm';
import { buildIsStalled } from '../rows/lease.ts';
import { experiments } from './tables.ts';

/** The clock of the machine in milliseconds since 1970: the same throughout a statement, and for every process. */
export const clock = sql.raw("cast(unixepoch('subsec') * 1000 as integer)");

export const isStalled = buildIsStalled(experiments.leaseExpiresAt, clock).as('is_stalled');
