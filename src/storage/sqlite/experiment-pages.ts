import { and, count, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { ExperimentFilter, ExperimentQuery } from '../../domain/experiment/query.ts';
import type { StatusCount } from '../../domain/experiment/store.ts';
import type { BadCursor, Page } from '../../domain/pagination.ts';
import { describeShape } from '../rows/experiment-filter.ts';
import { createBinder, type PagePlan, planPage, toExperimentPage } from '../rows/experiment-page.ts';
import { type ExperimentRow, parseRow } from '../rows/experiment-row.ts';
import { createExperimentReader } from '../rows/part-of-row.ts';
import type { Connection } from './connect.ts';
import { matches } from './experiment-filter.ts';
import { isStalled } from './leases.ts';
import { readWithin } from './read-within.ts';
import { prepareQuery, prepareRows, type Statement } from './statement.ts';
import { experimentCounts, experiments } from './tables.ts';

type Db = Connection['db'];

/** Each shape of query is prepared once. */
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

  function prepare({ columns, ...plan }: PagePlan<ColumnName>): PageStatement {
    if (columns.length === columnNames.length) {
      const query = preparePage(db, experimentColumns, plan);
      return { statement: prepareQuery<ExperimentRow>(client, query, experimentColumns), toNode: parseRow };
    }
    const selected = Object.fromEntries([...columns, plan.sortKey].map((name) => [name, experimentColumns[name]]));
    const query = preparePage(db, selected, plan);
    return {
      statement: prepareRows<ExperimentRow>(client, query, Object.keys(selected)),
      toNode: createExperimentReader(columns),
    };
  }

  return {
    list(query: ExperimentQuery): Page<Experiment> | BadCursor {
      const plan = planPage(dialect, query);
      if ('kind' in plan) return plan;
      const { statement, toNode } = remember(pages, plan.shape, () => prepare(plan));
      const rows = readWithin(statement, plan.values, query.page.size, query.reading ?? {});
      return toExperimentPage(rows, query, toNode);
    },

    /** How many experiments match. Triggers maintain the total for the empty filter; any other filter counts rows. */
    count(organization: string, filter: ExperimentFilter): number {
      if (describeShape(filter) === '') return kept.get({ organization })?.count ?? 0;
      const { bind, values } = createBinder();
      const where = and(eq(experiments.organization, bind(organization)), matches(filter, organization, bind));
      return db.select({ count: count() }).from(experiments).where(where).prepare().get(values)?.count ?? 0;
    },

    countByStatus(organization: string, filter: ExperimentFilter): StatusCount[] {
      const { bind, values } = createBinder();
      const where = and(eq(experiments.organization, bind(organization)), matches(filter, organization, bind));
      const { status } = experiments;
      return db.select({ status, count: count() }).from(experiments).where(where).groupBy(status).prepare().all(values);
    },
  };
}

interface PageStatement {
  readonly statement: Pick<Statement<ExperimentRow>, 'all' | 'iterate'>;
  readonly toNode: (row: ExperimentRow) => Experiment;
}

const {
  foldedName: _,
  foldedId: __,
  foldedDatasetId: ___,
  changed: ____,
  ...readColumns
} = getTableColumns(experiments);
/** The columns that reads return: all but those that only searches compare. */
export const experimentColumns = { ...readColumns, isStalled };
export type ColumnName = keyof typeof experimentColumns;
export const columnNames = Object.keys(experimentColumns) as ColumnName[];
const dialect = { experiments, columnNames, matches };

function preparePage(
  db: Db,
  selected: Record<string, SQLiteColumn | SQL.Aliased>,
  { buildWhere, order, isSkipping }: Pick<PagePlan<ColumnName>, 'buildWhere' | 'order' | 'isSkipping'>,
) {
  const limit = sql.placeholder('limit');
  if (!isSkipping)
    return db
      .select(selected)
      .from(experiments)
      .where(buildWhere())
      .orderBy(...order)
      .limit(limit);
  // Finds the ids first: where SQLite has to sort, it would carry the whole rows, also those that are skipped. A cross
  // join keeps their order.
  const found = db
    .select({ id: experiments.id })
    .from(experiments)
    .where(buildWhere())
    .orderBy(...order)
    .limit(limit)
    .offset(sql.placeholder('skip'))
    .as('found');
  const isFound = and(eq(experiments.organization, sql.placeholder('organization')), eq(experiments.id, found.id));
  return db.select(selected).from(found).crossJoin(experiments).where(isFound);
}

/** How many shapes of list queries stay prepared. */
const maxShapes = 200;

/** Returns the cached statement of a shape, or makes one. */
export function remember<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const found = known.get(key);
  if (found) return found;
  if (known.size >= maxShapes) known.clear();
  const made = make();
  known.set(key, made);
  return made;
}
