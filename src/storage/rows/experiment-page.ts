import { and, asc, type Column, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { ExperimentFilter, ExperimentQuery, OrderField } from '../../domain/experiment/query.ts';
import type { BadCursor, Page } from '../../domain/pagination.ts';
import type { Bind } from './condition.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { describeShape } from './experiment-filter.ts';
import type { ExperimentRow } from './experiment-row.ts';
import { toPage } from './page.ts';
import { selectColumns } from './part-of-row.ts';

const sortKeys = {
  CREATED_AT: 'createdAt',
  UPDATED_AT: 'updatedAt',
  NAME: 'name',
  STATUS: 'status',
  DATASET_ID: 'datasetId',
  ID: 'id',
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
  readonly order: readonly SQL[];
  /** Whether the placeholder `skip` says how many rows to leave out. */
  readonly isSkipping: boolean;
  /** Builds the condition, which is needed only when the shape is new. */
  buildWhere(): SQL | undefined;
  readonly values: Readonly<Record<string, string | number>>;
}

/** Plans a page by keyset, so that every page costs the same, however deep. Only rows to skip cost more. */
export function planPage<Name extends string>(
  { experiments, columnNames, matches }: PageDialect<Name>,
  { organization, filter, order, page, reading = {} }: ExperimentQuery,
): PagePlan<Name> | BadCursor {
  const { field, direction } = order;
  const after = page.after === null ? null : decodeCursor(field, page.after);
  if (page.after !== null && !after) return { kind: 'badCursor', argument: 'after' };
  const before = page.before === null ? null : decodeCursor(field, page.before);
  if (page.before !== null && !before) return { kind: 'badCursor', argument: 'before' };

  const columns = selectColumns(columnNames, reading);
  const filterShape = describeShape(filter);
  const column = experiments[sortKeys[field]];
  // The engines disagree about the place of null. No dataset has an empty id.
  const sorted = field === 'DATASET_ID' ? sql`coalesce(${column}, '')` : column;
  const toDirection = (direction === 'ASC') !== page.fromEnd ? asc : desc;
  const isBeyond = (name: 'after' | 'before'): SQL => {
    const comparison = sql.raw((direction === 'ASC') === (name === 'after') ? '>' : '<');
    const keyset = sql`(${sql.placeholder(name)}, ${sql.placeholder(`${name}Id`)})`;
    return sql`(${sorted}, ${experiments.id}) ${comparison} ${keyset}`;
  };
  const buildWhere = () =>
    and(
      // The condition on ids includes the organization. Without another one, SQLite looks their rows up and sorts them;
      // with one, it would walk the whole organization in order.
      filter.ids ? undefined : eq(experiments.organization, sql.placeholder('organization')),
      after ? isBeyond('after') : undefined,
      before ? isBeyond('before') : undefined,
      matches(filter, organization, createBinder().bind),
    );
  const values: Record<string, string | number> = { organization, limit: page.size + 1 };
  if (after) [values.after, values.afterId] = [after.value, after.id];
  if (before) [values.before, values.beforeId] = [before.value, before.id];
  const isSkipping = page.skip !== undefined;
  if (isSkipping) values.skip = page.skip;
  if (filterShape !== '') Object.assign(values, bindFilter(matches, filter, organization));
  return {
    shape: `${field} ${direction} ${page.fromEnd} ${after !== null} ${before !== null} ${isSkipping} ${filterShape} ${columns.join()}`,
    columns,
    sortKey: sortKeys[field],
    order: field === 'ID' ? [toDirection(column)] : [toDirection(sorted), toDirection(experiments.id)],
    isSkipping,
    buildWhere,
    values,
  };
}

/** The values of the placeholders of a filter, in the order in which its SQL names them. */
function bindFilter(matches: PageDialect<string>['matches'], filter: ExperimentFilter, organization: string) {
  const { bind, values } = createBinder();
  matches(filter, organization, bind);
  return values;
}

/** Builds a page from the rows that its statement returned. */
export function toExperimentPage(
  rows: readonly ExperimentRow[],
  { order: { field }, page }: ExperimentQuery,
  toNode: (row: ExperimentRow) => Experiment,
): Page<Experiment> {
  return toPage(rows, page, (row) => ({
    node: toNode(row),
    cursor: encodeCursor(field, { value: row[sortKeys[field]] ?? '', id: row.id }),
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
