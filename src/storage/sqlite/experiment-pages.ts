import { and, asc, count, desc, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { ExperimentFilter, ExperimentQuery, OrderField } from '../../domain/experiment/query.ts';
import type { BadCursor, PageOf } from '../../domain/page.ts';
import { decodeCursor, encodeCursor, type Keyset } from '../cursor.ts';
import { shapeOf } from '../experiment-filter.ts';
import { type ExperimentRow, fromRow } from '../experiment-row.ts';
import { pageOfRows } from '../page.ts';
import { columnsToRead, partsOfExperiments } from '../part-of-row.ts';
import { matches } from './experiment-filter.ts';
import type { Connection } from './open.ts';
import { readWithin } from './read-within.ts';
import { prepareQuery, prepareRows, renamed, type Statement } from './statement.ts';
import { experimentCounts, experiments } from './tables.ts';

type Db = Connection['db'];

const sortKeys = {
  CREATED_AT: 'createdAt',
  UPDATED_AT: 'updatedAt',
  NAME: 'name',
  STATUS: 'status',
} as const satisfies Record<OrderField, keyof ExperimentRow>;

/** Lists by keyset: a page costs the same wherever it is. Statements are prepared once for each shape of query. */
export function preparePages({ client, db }: Connection) {
  const pages = new Map<string, PageStatement>();
  const kept = prepareQuery<{ count: number }>(
    client,
    db
      .select({ count: experimentCounts.count })
      .from(experimentCounts)
      .where(eq(experimentCounts.organization, sql.placeholder('organization'))),
    { count: experimentCounts.count },
  );
  return {
    list(query: ExperimentQuery): PageOf<Experiment> | BadCursor {
      const { filter, order, page, reading = {} } = query;
      const after = page.after === null ? null : decodeCursor(order.field, page.after);
      if (page.after !== null && !after) return { kind: 'badCursor', argument: 'after' };
      const before = page.before === null ? null : decodeCursor(order.field, page.before);
      if (page.before !== null && !before) return { kind: 'badCursor', argument: 'before' };

      const { bind, values } = binder();
      const columns = columnsToRead(columnNames, reading);
      const { field, direction } = order;
      const shape = [field, direction, page.fromEnd, after !== null, before !== null, shapeOf(filter), columns].join(
        ' ',
      );
      const column = experiments[sortKeys[order.field]];
      const beyond = (keyset: Keyset | null, isAfter: boolean): SQL | undefined => {
        if (!keyset) return undefined;
        const comparison = sql.raw((order.direction === 'ASC') === isAfter ? '>' : '<');
        return sql`(${column}, ${experiments.id}) ${comparison} (${bind(keyset.value)}, ${bind(keyset.id)})`;
      };
      const where = and(
        eq(experiments.organization, bind(query.organization)),
        beyond(after, true),
        beyond(before, false),
        matches(filter, query.organization, bind),
      );
      const isAscending = (order.direction === 'ASC') !== page.fromEnd;
      const { statement, nodeOf } = remember(pages, shape, () => {
        if (columns.length === columnNames.length) {
          const query = pageQuery(db, experimentColumns, where, column, isAscending);
          return { statement: prepareQuery<ExperimentRow>(client, query, experimentColumns), nodeOf: fromRow };
        }
        const names = new Set([...columns, sortKeys[order.field]]);
        const query = pageQuery(db, renamed(experimentColumns, [...names]), where, column, isAscending);
        return { statement: prepareRows<ExperimentRow>(client, query), nodeOf: partsOfExperiments(columns) };
      });
      const rows = readWithin(statement, { ...values, limit: page.size + 1 }, page.size, reading);
      return pageOfRows(rows, page, (row) => {
        const cursor = encodeCursor(order.field, { value: row[sortKeys[order.field]], id: row.id });
        return { node: nodeOf(row), cursor };
      });
    },

    /** How many match; kept by the database for a filter that lets everything through, and counted for any other. */
    count(organization: string, filter: ExperimentFilter): number {
      if (shapeOf(filter) === '') return kept.get({ organization })?.count ?? 0;
      const { bind, values } = binder();
      const where = and(eq(experiments.organization, bind(organization)), matches(filter, organization, bind));
      return db.select({ count: count() }).from(experiments).where(where).prepare().get(values)?.count ?? 0;
    },
  };
}

interface PageStatement {
  readonly statement: Statement<ExperimentRow>;
  readonly nodeOf: (row: ExperimentRow) => Experiment;
}

const { foldedName: _, ...experimentColumns } = getTableColumns(experiments);
const columnNames = Object.keys(experimentColumns) as (keyof typeof experimentColumns)[];

function pageQuery(
  db: Db,
  columns: Record<string, SQLiteColumn | SQL.Aliased>,
  where: SQL | undefined,
  column: SQLiteColumn,
  isAscending: boolean,
) {
  const direction = isAscending ? asc : desc;
  return db
    .select(columns)
    .from(experiments)
    .where(where)
    .orderBy(direction(column), direction(experiments.id))
    .limit(sql.placeholder('limit'));
}

/** Collects values in the order in which placeholders for them are asked for. */
function binder() {
  const values: Record<string, string | number> = {};
  const bind = (value: string | number): SQL => {
    const name = `p${Object.keys(values).length}`;
    values[name] = value;
    return sql`${sql.placeholder(name)}`;
  };
  return { bind, values };
}

/** How many shapes of list queries stay prepared. */
const mostShapes = 200;

function remember<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const found = known.get(key);
  if (found) return found;
  if (known.size >= mostShapes) known.clear();
  const made = make();
  known.set(key, made);
  return made;
}
