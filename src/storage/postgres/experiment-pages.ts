import { and, asc, count, desc, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { ExperimentFilter, ExperimentQuery, OrderField } from '../../domain/experiment/query.ts';
import type { BadCursor, PageOf } from '../../domain/page.ts';
import { decodeCursor, encodeCursor, type Keyset } from '../cursor.ts';
import { shapeOf } from '../experiment-filter.ts';
import { type ExperimentRow, fromRow } from '../experiment-row.ts';
import { pageOfRows } from '../page.ts';
import { columnsToRead, partsOfExperiments } from '../part-of-row.ts';
import { matches } from './experiment-filter.ts';
import type { Db, Named } from './open.ts';
import { prepareReader, type RowReader } from './read-within.ts';
import { nameOfShape } from './statement.ts';
import { experimentCounts, experiments } from './tables.ts';

const sortKeys = {
  CREATED_AT: 'createdAt',
  UPDATED_AT: 'updatedAt',
  NAME: 'name',
  STATUS: 'status',
} as const satisfies Record<OrderField, keyof ExperimentRow>;

/** Lists by keyset: a page costs the same wherever it is. Statements are prepared once for each shape of query. */
export function preparePages(db: Db, named: Named) {
  const pages = new Map<string, PageStatement>();
  const kept = db
    .select({ count: sql`coalesce(sum(${experimentCounts.count}), 0)`.mapWith(Number) })
    .from(experimentCounts)
    .where(eq(experimentCounts.organization, sql.placeholder('organization')))
    .prepare(named('count_experiments'));
  return {
    async list(query: ExperimentQuery): Promise<PageOf<Experiment> | BadCursor> {
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
      const { reader, nodeOf } = remember(pages, shape, (isKept) => {
        const names = [...columns, sortKeys[order.field]];
        const selected = Object.fromEntries(names.map((name) => [name, experimentColumns[name]]));
        const nameOf = (kind: string) => (isKept ? named(nameOfShape('page', `${kind} ${shape}`)) : '');
        return {
          reader: prepareReader<ExperimentRow>(
            db,
            pageQuery(db, { selected, where, column, isAscending }),
            selected,
            nameOf,
          ),
          nodeOf: columns.length === columnNames.length ? fromRow : partsOfExperiments(columns),
        };
      });
      const rows = await reader.read({ ...values, limit: page.size + 1 }, page.size, reading);
      return pageOfRows(rows, page, (row) => {
        const cursor = encodeCursor(order.field, { value: row[sortKeys[order.field]], id: row.id });
        return { node: nodeOf(row), cursor };
      });
    },

    /** How many match; kept by the database for a filter that lets everything through, and counted for any other. */
    async count(organization: string, filter: ExperimentFilter): Promise<number> {
      if (shapeOf(filter) === '') return (await kept.execute({ organization }))[0]?.count ?? 0;
      const { bind, values } = binder();
      const where = and(eq(experiments.organization, bind(organization)), matches(filter, organization, bind));
      const [row] = await db.select({ count: count() }).from(experiments).where(where).prepare('').execute(values);
      return row?.count ?? 0;
    },
  };
}

interface PageStatement {
  readonly reader: RowReader<ExperimentRow>;
  readonly nodeOf: (row: ExperimentRow) => Experiment;
}

const { foldedName: _, ...experimentColumns } = getTableColumns(experiments);
const columnNames = Object.keys(experimentColumns) as (keyof typeof experimentColumns)[];

interface Shape {
  readonly selected: Record<string, PgColumn>;
  readonly where: SQL | undefined;
  readonly column: PgColumn;
  readonly isAscending: boolean;
}

function pageQuery(db: Db, { selected, where, column, isAscending }: Shape) {
  const direction = isAscending ? asc : desc;
  return db
    .select(selected)
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

/** How many shapes of list queries stay prepared: each connection of the server keeps them as long as it lives. */
const mostShapes = 100;

/** Makes what is not known yet, and tells it whether it will be kept. */
function remember<Value>(known: Map<string, Value>, key: string, make: (isKept: boolean) => Value): Value {
  const found = known.get(key);
  if (found) return found;
  const isKept = known.size < mostShapes;
  const made = make(isKept);
  if (isKept) known.set(key, made);
  return made;
}
