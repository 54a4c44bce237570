import type Database from 'better-sqlite3';
import { Column, is, Param, Placeholder, type SQL } from 'drizzle-orm';

type Values = Readonly<Record<string, unknown>>;

/** A query as Drizzle builds it. */
interface Query {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] };
}

/** A prepared statement, run with values for its placeholders. */
export interface Statement<Row> {
  get(values: Values): Row | undefined;
  all(values: Values): Row[];
  /** Yields the rows one by one; rows that are not taken are not read. */
  iterate(values: Values): IterableIterator<Row>;
  run(values: Values): void;
}

/**
 * Prepares a query that Drizzle built on its first use, to be run by the driver directly: Drizzle's mapping of values and
 * rows costs more than most queries do. `fields` lists the fields that the query selects, in its order; rows have their
 * names, and values are decoded by their columns.
 */
export function prepareQuery<Row>(
  client: Database.Database,
  query: Query,
  fields: Readonly<Record<string, Column | SQL.Aliased | SQL>> = {},
): Statement<Row> {
  const names = Object.keys(fields);
  const decoders = Object.values(fields).map(findDecoder);
  const prepare = prepareOnUse(client, query, names.length > 0);

  function toRow(values: readonly unknown[]): Row {
    const row: Record<string, unknown> = {};
    for (let at = 0; at < names.length; at++) {
      const decode = decoders[at];
      row[names[at] as string] = decode ? decode(values[at]) : values[at];
    }
    return row as Row;
  }

  return {
    get(values) {
      const { statement, bind } = prepare();
      const found = statement.get(...bind(values));
      return found && toRow(found);
    },
    all(values) {
      const { statement, bind } = prepare();
      return statement.all(...bind(values)).map(toRow);
    },
    *iterate(values) {
      const { statement, bind } = prepare();
      for (const row of statement.iterate(...bind(values))) yield toRow(row);
    },
    run(values) {
      const { statement, bind } = prepare();
      statement.run(...bind(values));
    },
  };
}

interface Prepared {
  readonly statement: Database.Statement<unknown[], unknown[]>;
  readonly bind: (values: Values) => unknown[];
}

/** A start needs few of the statements, and preparing all of them takes longer than opening the file. */
function prepareOnUse(client: Database.Database, query: Query, isRaw: boolean): () => Prepared {
  let prepared: Prepared | undefined;
  return () => {
    if (prepared) return prepared;
    const { sql, params } = query.toSQL();
    const statement = client.prepare<unknown[], unknown[]>(sql);
    if (isRaw) statement.raw();
    prepared = { statement, bind: createBinder(params) };
    return prepared;
  };
}

/**
 * Prepares a query whose rows decode nothing: each property, named by `names` in the query's order, looks into the array
 * that the driver returned. Having the driver build objects takes a quarter longer.
 */
export function prepareRows<Row>(
  client: Database.Database,
  query: Query,
  names: readonly string[],
): Pick<Statement<Row>, 'all' | 'iterate'> {
  const prepare = prepareOnUse(client, query, true);
  const toRow = createRowView(names) as (values: readonly unknown[]) => Row;
  return {
    all(values) {
      const { statement, bind } = prepare();
      return statement.all(...bind(values)).map(toRow);
    },
    *iterate(values) {
      const { statement, bind } = prepare();
      for (const row of statement.iterate(...bind(values))) yield toRow(row);
    },
  };
}

function createRowView(names: readonly string[]): (values: readonly unknown[]) => object {
  class RowView {
    readonly values: readonly unknown[];

    constructor(values: readonly unknown[]) {
      this.values = values;
    }
  }
  for (const [at, name] of names.entries()) {
    Object.defineProperty(RowView.prototype, name, {
      get(this: RowView) {
        return this.values[at];
      },
    });
  }
  return (values) => new RowView(values);
}

/** How a column decodes the driver's value; undefined where it uses the value as it is. */
function findDecoder(field: unknown): ((value: unknown) => unknown) | undefined {
  if (!is(field, Column) || field.mapFromDriverValue === Column.prototype.mapFromDriverValue) return undefined;
  return (value) => (value === null ? null : field.mapFromDriverValue(value));
}

/** Returns a function that puts values in place of their placeholders, encoded by their columns. */
function createBinder(params: readonly unknown[]): (values: Values) => unknown[] {
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
