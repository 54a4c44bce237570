import type Database from 'better-sqlite3';
import { Column, is, Param, Placeholder, type SQL } from 'drizzle-orm';

type Values = Readonly<Record<string, unknown>>;

/** A query as Drizzle builds it. */
interface Query {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] };
}

/** A prepared statement, run with the values of its placeholders. */
export interface Statement<Row> {
  get(values: Values): Row | undefined;
  all(values: Values): Row[];
  /** The rows one by one: what is not taken is not read. */
  iterate(values: Values): IterableIterator<Row>;
  run(values: Values): void;
}

/**
 * Prepares a query that Drizzle built, to be run by the driver itself: what Drizzle does to values and rows on their
 * way costs more than most queries do. `fields` are those that the query selects, in its order; rows come with their
 * names, decoded as their columns decode.
 */
export function prepareQuery<Row>(
  client: Database.Database,
  query: Query,
  fields: Readonly<Record<string, Column | SQL.Aliased | SQL>> = {},
): Statement<Row> {
  const { sql, params } = query.toSQL();
  const names = Object.keys(fields);
  const decoders = Object.values(fields).map(decoderOf);
  const statement = client.prepare<unknown[], unknown[]>(sql);
  if (names.length > 0) statement.raw();
  const bind = binder(params);

  function rowOf(values: readonly unknown[]): Row {
    const row: Record<string, unknown> = {};
    for (let at = 0; at < names.length; at++) {
      const decode = decoders[at];
      row[names[at] as string] = decode ? decode(values[at]) : values[at];
    }
    return row as Row;
  }

  return {
    get(values) {
      const found = statement.get(...bind(values));
      return found && rowOf(found);
    },
    all: (values) => statement.all(...bind(values)).map(rowOf),
    *iterate(values) {
      for (const row of statement.iterate(...bind(values))) yield rowOf(row);
    },
    run: (values) => void statement.run(...bind(values)),
  };
}

/** What a column makes of the driver's value; undefined where that is the value itself. */
function decoderOf(field: unknown): ((value: unknown) => unknown) | undefined {
  if (!is(field, Column) || field.mapFromDriverValue === Column.prototype.mapFromDriverValue) return undefined;
  return (value) => (value === null ? null : field.mapFromDriverValue(value));
}

/** Puts values in the places of their placeholders, encoded as their columns encode. */
function binder(params: readonly unknown[]): (values: Values) => unknown[] {
  const parts = params.map((param): ((values: Values) => unknown) => {
    if (is(param, Placeholder)) return (values) => values[param.name];
    if (is(param, Param) && is(param.value, Placeholder)) {
      const { name } = param.value;
      return (values) => param.encoder.mapToDriverValue(values[name]);
    }
    return () => param;
  });
  return (values) => parts.map((part) => part(values));
}
