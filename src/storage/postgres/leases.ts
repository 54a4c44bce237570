import { sql } from 'drizzle-orm';
import { buildIsStalled } from '../rows/lease.ts';
import { experiments } from './tables.ts';

/**
 * The clock of the server in milliseconds since 1970: the same throughout a statement, and for every gateway, whatever
 * their own clocks show.
 */
export const clock = sql.raw('floor(extract(epoch from statement_timestamp()) * 1000)::bigint');

export const isStalled = buildIsStalled(experiments.leaseExpiresAt, clock).as('is_stalled');
