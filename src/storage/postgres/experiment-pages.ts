import { and, count, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { ExperimentFilter, ExperimentQuery } from '../../domain/experiment/query.ts';
import type { StatusCount } from '../../domain/experiment/store.ts';
import type { BadCursor, Page } from '../../domain/pagination.ts';
import { describeShape } from '../rows/experiment-filter.ts';
import { createBinder, type PagePlan, planPage, toExperimentPage } from '../rows/experiment-page.ts';
import { type ExperimentRow, parseRow } from '../rows/experiment-row.ts';
import { createExperimentReader } from '../rows/part-of-row.ts';
import { matches } from './experiment-filter.ts';
import { isStalled } from './leases.ts';
import type { Db, Named } from './open.ts';
import { prepareReader, type RowReader } from './read-within.ts';
import { nameShape } from './statement.ts';
import { experimentCounts, experiments } from './tables.ts';

/** Each shape of query is prepared once. */
export function preparePages(db: Db, named: Named) {
  const pages = new Map<string, PageStatement>();
  const kept = db
    .select({ count: sql`coalesce(sum(${experimentCounts.count}), 0)`.mapWith(Number) })
    .from(experimentCounts)
    .where(eq(experimentCounts.organization, sql.placeholder('organization')))
    .prepare(named('count_experiments'));

  function prepare({ shape, columns, ...plan }: PagePlan<ColumnName>, isKept: boolean): PageStatement {
    const names = [...columns, plan.sortKey];
    const selected = Object.fromEntries(names.map((name) => [name, experimentColumns[name]]));
    const nameStatement = (kind: string) => (isKept ? named(nameShape('page', `${kind} ${shape}`)) : '');
    return {
      reader: prepareReader<ExperimentRow>(db, preparePage(db, selected, plan), selected, nameStatement),
      toNode: columns.length === columnNames.length ? parseRow : createExperimentReader(columns),
    };
  }

  return {
    async list(query: ExperimentQuery): Promise<Page<Experiment> | BadCursor> {
      const plan = planPage(dialect, query);
      if ('kind' in plan) return plan;
      const { reader, toNode } = remember(pages, plan.shape, (isKept) => prepare(plan, isKept));
      const rows = await reader.read(plan.values, query.page.size, query.reading ?? {});
      return toExperimentPage(rows, query, toNode);
    },

    /** How many experiments match. Triggers maintain the total for the empty filter; any other filter counts rows. */
    async count(organization: string, filter: ExperimentFilter): Promise<number> {
      if (describeShape(filter) === '') return (await kept.execute({ organization }))[0]?.count ?? 0;
      const { bind, values } = createBinder();
      const where = and(eq(experiments.organization, bind(organization)), matches(filter, organization, bind));
      const [row] = await db.select({ count: count() }).from(experiments).where(where).prepare('').execute(values);
      return row?.count ?? 0;
    },

    async countByStatus(organization: string, filter: ExperimentFilter): Promise<StatusCount[]> {
      const { bind, values } = createBinder();
      const where = and(eq(experiments.organization, bind(organization)), matches(filter, organization, bind));
      const { status } = experiments;
      const counts = db.select({ status, count: count() }).from(experiments).where(where).groupBy(status);
      return counts.prepare('').execute(values);
    },
  };
}

interface PageStatement {
  readonly reader: RowReader<ExperimentRow>;
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
  selected: Record<string, PgColumn | SQL.Aliased>,
  { buildWhere, order, isSkipping }: Pick<PagePlan<ColumnName>, 'buildWhere' | 'order' | 'isSkipping'>,
) {
  const page = db
    .select(selected)
    .from(experiments)
    .where(buildWhere())
    .orderBy(...order)
    .limit(sql.placeholder('limit'));
  return isSkipping ? page.offset(sql.placeholder('skip')) : page;
}

/** How many shapes of list queries are prepared by name. Each server connection keeps them for its lifetime. */
const maxShapes = 100;

/** Returns the cached value, or makes one and tells `make` whether it will be kept: not once the cache is full. */
export function remember<Value>(known: Map<string, Value>, key: string, make: (isKept: boolean) => Value): Value {
  const found = known.get(key);
  if (found) return found;
  const isKept = known.size < maxShapes;
  const made = make(isKept);
  if (isKept) known.set(key, made);
  return made;
}
