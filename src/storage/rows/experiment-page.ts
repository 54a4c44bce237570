import { and, type Column, eq, type SQL, sql } from 'drizzle-orm';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { ExperimentFilter, ExperimentQuery, OrderField } from '../../domain/experiment/query.ts';
import type { BadCursor, Page } from '../../domain/pagination.ts';
import { decodeCursor, encodeCursor, type Keyset } from './cursor.ts';
import { type Bind, describeShape } from './experiment-filter.ts';
import type { ExperimentRow } from './experiment-row.ts';
import { toPage } from './page.ts';
import { selectColumns } from './part-of-row.ts';

const sortKeys = {
  CREATED_AT: 'createdAt',
  UPDATED_AT: 'updatedAt',
  NAME: 'name',
  STATUS: 'status',
} as const satisfies Record<OrderField, keyof ExperimentRow>;
type SortKey = (typeof sortKeys)[OrderField];

/** The parts of a page query that depend on the engine: its columns, and its filter conditions. */
interface PageDialect<Name extends string> {
  readonly experiments: Readonly<Record<SortKey | 'organization' | 'id', Column>>;
  readonly columnNames: readonly Name[];
  matches(filter: ExperimentFilter, organization: string, bind: Bind): SQL | undefined;
}

/** The parts of a page's statement, which pages of one `shape` share, and the values of its placeholders. */
export interface PagePlan<Name extends string> {
  readonly shape: string;
  readonly columns: readonly Name[];
  readonly sortKey: SortKey;
  readonly isAscending: boolean;
  readonly where: SQL | undefined;
  readonly values: Readonly<Record<string, string | number>>;
}

/** Plans a page by keyset, so that every page costs the same, however deep. */
export function planPage<Name extends string>(
  { experiments, columnNames, matches }: PageDialect<Name>,
  { organization, filter, order, page, reading = {} }: ExperimentQuery,
): PagePlan<Name> | BadCursor {
  const { field, direction } = order;
  const after = page.after === null ? null : decodeCursor(field, page.after);
  if (page.after !== null && !after) return { kind: 'badCursor', argument: 'after' };
  const before = page.before === null ? null : decodeCursor(field, page.before);
  if (page.before !== null && !before) return { kind: 'badCursor', argument: 'before' };

  const { bind, values } = createBinder();
  const columns = selectColumns(columnNames, reading);
  const beyond = (keyset: Keyset | null, isAfter: boolean): SQL | undefined => {
    if (!keyset) return undefined;
    const comparison = sql.raw((direction === 'ASC') === isAfter ? '>' : '<');
    return sql`(${experiments[sortKeys[field]]}, ${experiments.id}) ${comparison} (${bind(keyset.value)}, ${bind(keyset.id)})`;
  };
  const where = and(
    eq(experiments.organization, bind(organization)),
    beyond(after, true),
    beyond(before, false),
    matches(filter, organization, bind),
  );
  return {
    shape: [field, direction, page.fromEnd, after !== null, before !== null, describeShape(filter), columns].join(' '),
    columns,
    sortKey: sortKeys[field],
    isAscending: (direction === 'ASC') !== page.fromEnd,
    where,
    values: { ...values, limit: page.size + 1 },
  };
}

/** Builds a page from the rows that its statement returned. */
export function toExperimentPage(
  rows: readonly ExperimentRow[],
  { order: { field }, page }: ExperimentQuery,
  toNode: (row: ExperimentRow) => Experiment,
): Page<Experiment> {
  return toPage(rows, page, (row) => ({
    node: toNode(row),
    cursor: encodeCursor(field, { value: row[sortKeys[field]], id: row.id }),
  }));
}

/** `bind` returns a placeholder for each value, and `values` collects them. */
export function createBinder(): { readonly bind: Bind; readonly values: Readonly<Record<string, string | number>> } {
  const values: Record<string, string | number> = {};
  const bind = (value: string | number): SQL => {
    const name = `p${Object.keys(values).length}`;
    values[name] = value;
    return sql`${sql.placeholder(name)}`;
  };
  return { bind, values };
}
