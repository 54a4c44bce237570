import { type Column, type SQL, sql } from 'drizzle-orm';
import type { ChangesPage, ChangesQuery, FeedEnd } from '../../domain/experiment/change-feed.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import { textFields } from '../../domain/experiment/reading.ts';
import type { ExperimentStore } from '../../domain/experiment/store.ts';
import { changesPage } from '../../domain/limits.ts';
import { type ChangeRow, type ChangesPlan, planChanges, toChanges } from '../rows/experiment-changes.ts';
import type { ExperimentRow } from '../rows/experiment-row.ts';
import { buildIsStalled } from '../rows/lease.ts';
import { createExperimentReader } from '../rows/part-of-row.ts';
import { rowMatches } from './experiment-filter.ts';
import { type ColumnName, columnNames, remember } from './experiment-pages.ts';
import { clock, isStalled } from './leases.ts';
import type { Db, Named, PostgresDatabase } from './open.ts';
import { nameShape, prepareSql, toCastType } from './statement.ts';
import { changeFeed, experiments, purgedExperiments } from './tables.ts';

/**
 * The number of the oldest transaction that has not ended in the snapshot of the statement. All smaller numbers have:
 * what they wrote is visible, and they write nothing more. So changes are read only below it, and a change that is
 * committed later never has a number that a reader has passed.
 */
const horizon = sql.raw('pg_snapshot_xmin(pg_current_snapshot())::text::bigint');
const feedName = sql`(select ${changeFeed.name} from ${changeFeed} limit 1)`;

const dialect = {
  experiments,
  isStalled: buildIsStalled(experiments.leaseExpiresAt, clock),
  purgedExperiments,
  columnNames,
  matches: rowMatches,
  toNull: (column: Column) => sql.raw(`null::${toCastType(column)}`),
  isSettled: (changed: Column) => sql`and ${changed} < (select number from horizon)`,
};

/** The feed of changes. */
export function createFeedReads(database: PostgresDatabase): Pick<ExperimentStore, 'findFeedEnd' | 'listChanges'> {
  const reads = database.prepareOnce(prepareFeed);
  return {
    findFeedEnd: () => database.run(() => reads().findFeedEnd()),
    listChanges: (query) => database.run(() => reads().listChanges(query)),
  };
}

function prepareFeed(db: Db, named: Named) {
  const statements = new Map<string, ChangesStatement>();
  const end = prepareSql<{ feed: string | null; number: number }>(
    db,
    named('find_feed_end'),
    sql`select ${feedName} as feed, ${horizon} as number`,
    { feed: sql`feed`.as('feed'), number: sql`number`.mapWith(Number).as('number') },
  );

  return {
    async findFeedEnd(): Promise<FeedEnd> {
      const [found] = await end.execute({});
      return { feed: found?.feed ?? '', position: { number: found?.number ?? 0, id: '' } };
    },

    async listChanges(query: ChangesQuery): Promise<ChangesPage> {
      const plan = planChanges(dialect, query);
      const { statement, toNode } = remember(statements, plan.shape, (isKept) =>
        prepareChanges(db, plan, isKept ? named(nameShape('changes', plan.shape)) : ''),
      );
      const rows = await statement.execute(plan.values);
      const [state] = rows;
      // Without changes, one row has the state of the feed alone.
      const found = state?.found ? rows : [];
      const { changes, hasMore } = toChanges(found, query, toNode);
      return {
        feed: state?.feed ?? '',
        changes,
        hasMore: hasMore || found.length < (state?.found ?? 0),
        isPending: state?.isPending ?? false,
      };
    },
  };
}

interface FeedState {
  readonly feed: string | null;
  /** Whether there are committed changes that are not settled. */
  readonly isPending: boolean;
  /** How many rows were found before the bytes of the page cut them. */
  readonly found: number;
}

interface ChangesStatement {
  readonly statement: { execute(values: Record<string, unknown>): Promise<(ChangeRow & FeedState)[]> };
  readonly toNode: (row: ExperimentRow) => Experiment;
}

function prepareChanges(db: Db, plan: ChangesPlan<ColumnName>, name: string): ChangesStatement {
  const columns = plan.columns.map((each) => (each === 'isStalled' ? { name: 'is_stalled' } : experiments[each]));
  const fields = {
    feed: sql`feed`.as('feed'),
    isPending: sql`is_pending`.mapWith(Boolean).as('is_pending'),
    found: sql`found`.mapWith(Number).as('found'),
    changed: experiments.changed,
    kind: sql`kind`.as('kind'),
    ...Object.fromEntries(plan.columns.map((each) => [each, each === 'isStalled' ? isStalled : experiments[each]])),
  };
  return {
    // Only the columns that are asked for: reading another one throws.
    statement: prepareSql<ChangeRow & FeedState>(db, name, buildChanges(plan, columns), fields as never),
    toNode: createExperimentReader(plan.columns),
  };
}

/** Reads texts only of rows that match, and that the page has room for: the server knows their sizes without them. */
function buildChanges(
  { build, columns: names, isSureToFit }: ChangesPlan<ColumnName>,
  columns: readonly { readonly name: string }[],
): SQL {
  const { stored, purged } = build();
  const limitRows = (select: SQL) => sql`(${select} order by changed, id limit ${sql.placeholder('limit')})`;
  const isText = (column: { readonly name: string }) =>
    textFields.some((field) => names.includes(field) && experiments[field] === column);
  const selected = columns.map((column) => {
    const value = sql.identifier(column.name);
    return isText(column) ? sql`case when kind = 'SAVED' then ${value} end as ${value}` : sql`${value}`;
  });
  const sizes = columns.filter(isText).map((column) => sql`coalesce(octet_length(${sql.identifier(column.name)}), 0)`);
  const size =
    isSureToFit || sizes.length === 0
      ? sql`0`
      : sql`case when kind = 'SAVED' then ${sql.join(sizes, sql` + `)} else 0 end`;
  return sql`with horizon as materialized (select ${horizon} as number),
    page as materialized (
      select * from (${limitRows(stored)} union all ${limitRows(purged)}) as either
      order by changed, id limit ${sql.placeholder('limit')}
    ), sized as (
      select *, sum(${size}) over (order by changed, id rows unbounded preceding) - ${size} as bytes_before from page
    ), state as (
      select ${feedName} as feed, (select count(*) from page) as found, 
        coalesce(greatest(${selectLast(experiments)}, ${selectLast(purgedExperiments)}) >= (select number from horizon), false) as is_pending
    )
    select state.feed, state.is_pending, state.found, changed, kind, ${sql.join(selected, sql`, `)}
    from state left join sized on bytes_before < ${sql.raw(String(changesPage.bytes))} order by changed, id`;
}

/** The number of the last visible change in a table: one look at its index, where `exists` may read the whole table. */
function selectLast(table: typeof experiments | typeof purgedExperiments): SQL {
  return sql`(select max(${table.changed}) from ${table} where ${table.organization} = ${sql.placeholder('organization')})`;
}
