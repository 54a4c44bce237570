import { createHash } from 'node:crypto';
import { type Column, getTableColumns, getTableName, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { PgDialect, type PgTable } from 'drizzle-orm/pg-core';
import type { Db } from './open.ts';

const dialect = new PgDialect();

/**
 * Prepares a statement written in SQL the way Drizzle prepares the queries that it builds. `fields` names every field of
 * its rows, in the order of the statement.
 */
export function prepareSql<Row>(
  db: Db,
  name: string,
  statement: SQL,
  fields: Record<keyof Row & string, Column | SQL.Aliased>,
): { execute(values: Record<string, unknown>): Promise<Row[]> } {
  const ordered = Object.entries<Column | SQL.Aliased>(fields).map(([key, field]) => ({ path: [key], field }));
  return db._.session.prepareQuery<{ execute: Row[]; all: unknown; values: unknown }>(
    dialect.sqlToQuery(statement),
    ordered as never,
    name,
    true,
  );
}

/** The statement name for a shape of query: the same in every process, and short enough for the server. */
export function nameShape(kind: string, shape: string): string {
  return `${kind}_${createHash('sha256').update(shape).digest('hex').slice(0, 32)}`;
}

/** The names of columns as a list in SQL, each with the qualifier before it if one is given. */
export function toColumnList(columns: readonly Column[], qualifier?: string): SQL {
  const names = columns.map(({ name }) =>
    qualifier ? sql`${sql.identifier(qualifier)}.${sql.identifier(name)}` : sql.identifier(name),
  );
  return sql.join(names, sql`, `);
}

export function listColumns(table: PgTable): Column[] {
  return Object.values(getTableColumns(table));
}

/** The name of a table without a schema, for places in SQL that allow nothing else. */
export function toTableIdentifier(table: PgTable): SQLWrapper {
  return sql.identifier(getTableName(table));
}

/** The type of a column for a cast, without its collation: the column that a value is compared with provides it. */
export function toCastType(column: Column): string {
  return column.getSQLType().replace(/ COLLATE.*/, '');
}

/** A placeholder with a cast, for a value that is given when the statement runs. */
export function typedPlaceholder(name: string, type: string): SQL {
  return sql`${sql.placeholder(name)}::${sql.raw(type)}`;
}
