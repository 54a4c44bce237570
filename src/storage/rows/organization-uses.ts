import { type Column, type SQL, sql, type Table } from 'drizzle-orm';

/** A column `organization` with one row for each row of the tables. A condition on it can use the indexes of each. */
export function selectUses(tables: readonly (Table & { readonly organization: Column })[]): SQL {
  const parts = tables.map((table) => sql`select ${table.organization} as organization from ${table}`);
  return sql`(${sql.join(parts, sql` union all `)}) as used`;
}

/** The column of `selectUses`. */
export const usedOrganization = sql<string>`organization`;
