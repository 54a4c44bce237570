import { or, type SQL, sql } from 'drizzle-orm';

/** Takes a value and returns its placeholder, so that queries of one shape share a prepared statement. */
export type Bind = (value: string | number) => SQL;

/** One part that matches everything makes the whole match everything; without parts, nothing matches. */
export function joinWithOr(parts: readonly (SQL | undefined)[]): SQL | undefined {
  if (parts.length === 0) return sql`false`;
  return parts.includes(undefined) ? undefined : or(...parts);
}
