import { type Column, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { ChangesPage, ChangesQuery, ExperimentChange } from '../../domain/experiment/change-feed.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { ExperimentFilter } from '../../domain/experiment/query.ts';
import { isSureToFit, selectTexts } from '../../domain/experiment/reading.ts';
import { changesPage } from '../../domain/limits.ts';
import type { Bind } from './condition.ts';
import { describeShape } from './experiment-filter.ts';
import { createBinder } from './experiment-page.ts';
import type { ExperimentRow } from './experiment-row.ts';
import { measureTexts, selectColumns } from './part-of-row.ts';

/** The parts of a query of changes that depend on the engine. */
export interface ChangesDialect<Name extends string> {
  readonly experiments: Readonly<
    Record<Exclude<Name, 'isStalled'> | 'organization' | 'id' | 'changed' | 'deletedAt', Column>
  > &
    SQLWrapper;
  /** The column `is_stalled`, which is computed. */
  readonly isStalled: SQL;
  readonly purgedExperiments: Readonly<Record<'organization' | 'id' | 'changed', Column>> & SQLWrapper;
  readonly columnNames: readonly Name[];
  matches(filter: ExperimentFilter, organization: string, bind: Bind): SQL | undefined;
  /** Null of the type of a column. */
  toNull(column: Column): SQL;
  /** Further conditions on the number of a change, beginning with `and`. */
  readonly isSettled?: (changed: Column) => SQL;
}

/** One row of a page of changes. The columns of an experiment are null where its content was purged. */
export type ChangeRow = ExperimentRow & { readonly changed: number; readonly kind: ExperimentChange['kind'] };

/** The parts of a statement, which queries of one `shape` share, and the values of its placeholders. */
export interface ChangesPlan<Name extends string> {
  readonly shape: string;
  readonly columns: readonly Name[];
  /** Whether a page has room for its rows whatever they contain. */
  readonly isSureToFit: boolean;
  /** Selects `changed`, `kind` and the columns, in no order, of what is stored and of what was purged. */
  build(): { readonly stored: SQL; readonly purged: SQL };
  readonly values: Readonly<Record<string, string | number>>;
}

/**
 * Plans a page of changes, in the order of their index. What a filter makes of a row is decided in SQL, in the words of
 * the list with the same filter.
 */
export function planChanges<Name extends string>(
  dialect: ChangesDialect<Name>,
  { organization, filter, after, fields }: ChangesQuery,
): ChangesPlan<Name> {
  const columns = selectColumns(dialect.columnNames, { fields });
  const { bind, values } = createBinder();
  const matches = dialect.matches(filter, organization, bind);
  const budget = { bytesLeft: changesPage.bytes, chargeRead: () => undefined };
  return {
    shape: `${describeShape(filter)} ${columns.join()}`,
    columns,
    isSureToFit: isSureToFit({ fields, budget }, changesPage.rows + 1),
    build: () => buildSelects(dialect, columns, filter.deleted === true, matches),
    values: { ...values, organization, after: after.number, afterId: after.id, limit: changesPage.rows + 1 },
  };
}

function buildSelects<Name extends string>(
  { experiments, isStalled, purgedExperiments, toNull, isSettled }: ChangesDialect<Name>,
  columns: readonly Name[],
  isTrash: boolean,
  matches: SQL | undefined,
): ReturnType<ChangesPlan<Name>['build']> {
  const isNext = (table: typeof purgedExperiments) =>
    sql`${table.organization} = ${sql.placeholder('organization')}
      and (${table.changed}, ${table.id}) > (${sql.placeholder('after')}, ${sql.placeholder('afterId')})
      ${isSettled?.(table.changed)}`;
  const isDeleted = isTrash ? undefined : sql`when ${experiments.deletedAt} is not null then 'DELETED'`;
  const kind = sql`case when coalesce(${matches}, false) then 'SAVED' ${isDeleted} else 'UNMATCHED' end`;
  const isComputed = (name: Name): name is Extract<Name, 'isStalled'> => name === 'isStalled';
  const selected = columns.map((name) =>
    isComputed(name) ? sql`, ${isStalled} as is_stalled` : sql`, ${experiments[name as Exclude<Name, 'isStalled'>]}`,
  );
  const nulls = columns.map((name) => {
    if (isComputed(name)) return sql`, false`;
    return sql`, ${name === 'id' ? purgedExperiments.id : toNull(experiments[name as Exclude<Name, 'isStalled'>])}`;
  });
  return {
    // The offset keeps PostgreSQL from joining the whole tables.
    stored: sql`select ${experiments.changed}, ${kind} as kind${sql.join(selected)}
      from ${experiments} where ${isNext(experiments)}`,
    purged: sql`select ${purgedExperiments.changed}, 'DELETED' as kind${sql.join(nulls)}
      from ${purgedExperiments} where ${isNext(purgedExperiments)} and not exists (
        select 1 from ${experiments} where ${experiments.organization} = ${purgedExperiments.organization}
          and ${experiments.id} = ${purgedExperiments.id} limit 1 offset 0
      )`,
  };
}

/**
 * Builds a page from rows in order, and takes no more of them than it holds. The row that it does not take shows that
 * there are more.
 */
export function toChanges(
  rows: Iterable<ChangeRow>,
  { fields }: Pick<ChangesQuery, 'fields'>,
  toNode: (row: ExperimentRow) => Experiment,
): Pick<ChangesPage, 'changes' | 'hasMore'> {
  const texts = selectTexts({ fields });
  const changes: ChangesPage['changes'][number][] = [];
  let bytes = 0;
  for (const row of rows) {
    if (changes.length === changesPage.rows || bytes >= changesPage.bytes) return { changes, hasMore: true };
    bytes += measureTexts(row, texts);
    const { kind, id, changed: number } = row;
    const change: ExperimentChange = kind === 'SAVED' ? { kind, id, experiment: toNode(row) } : { kind, id };
    changes.push({ change, position: { number, id } });
  }
  return { changes, hasMore: false };
}
