import { type Column, type SQL, sql } from 'drizzle-orm';

/** Whether a lease has expired; null without one. The index of leases serves this condition. */
export function buildHasExpired(leaseExpiresAt: Column, clock: SQL): SQL {
  return sql`${leaseExpiresAt} <= ${clock}`;
}

/** The column `is_stalled` of a row, which is computed. Only a lease makes it read the clock: most rows have none. */
export function buildIsStalled(leaseExpiresAt: SQL | Column, clock: SQL): SQL<boolean> {
  return sql`case when ${leaseExpiresAt} is null then false else ${leaseExpiresAt} <= ${clock} end`;
}
