import { type SQL, sql } from 'drizzle-orm';
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core';
import type { ChangesPage, ChangesQuery, FeedEnd } from '../../domain/experiment/change-feed.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { ExperimentStore } from '../../domain/experiment/store.ts';
import { type ChangeRow, type ChangesPlan, planChanges, toChanges } from '../rows/experiment-changes.ts';
import type { ExperimentRow } from '../rows/experiment-row.ts';
import { buildIsStalled } from '../rows/lease.ts';
import { createExperimentReader } from '../rows/part-of-row.ts';
import type { Connection } from './connect.ts';
import { rowMatches } from './experiment-filter.ts';
import { type ColumnName, columnNames, remember } from './experiment-pages.ts';
import { clock } from './leases.ts';
import type { SqliteFile } from './open.ts';
import { prepareQuery, prepareRows, type Statement } from './statement.ts';
import { changeFeed, experiments, purgedExperiments } from './tables.ts';

const sqlite = new SQLiteSyncDialect();
const selectLast = (table: typeof experiments | typeof purgedExperiments) =>
  sql`coalesce((select max(${table.changed}) from ${table} where ${table.organization} = ${sql.placeholder('organization')}), 0)`;
const lastChange = sql`select max(${selectLast(experiments)}, ${selectLast(purgedExperiments)})`;
const dialect = {
  experiments,
  isStalled: buildIsStalled(experiments.leaseExpiresAt, clock),
  purgedExperiments,
  columnNames,
  matches: rowMatches,
  toNull: () => sql`null`,
};

/**
 * The feed of changes. Numbers rise in the order of commits (see `change-numbers.ts`), so every change that is visible
 * may be read, and later ones follow it.
 */
export function createFeedReads(file: SqliteFile): Pick<ExperimentStore, 'findFeedEnd' | 'listChanges'> {
  const statements = file.prepareOnce(prepareFeed);
  return {
    findFeedEnd: (organization) => file.read(() => statements().findFeedEnd(organization)),
    listChanges: (query) => file.read(() => statements().listChanges(query)),
  };
}

function prepareFeed({ client, db }: Connection) {
  const feed = db.select().from(changeFeed).get()?.name ?? '';
  const last = prepareQuery<{ number: number }>(client, toQuery(lastChange), { number: experiments.changed });
  const statements = new Map<string, ChangesStatement>();

  function prepare({ columns, build }: ChangesPlan<ColumnName>): ChangesStatement {
    const { stored, purged } = build();
    const page = sql`${stored} union all ${purged} order by changed, id limit ${sql.placeholder('limit')}`;
    return {
      ...prepareRows<ChangeRow>(client, toQuery(page), ['changed', 'kind', ...columns]),
      toNode: createExperimentReader(columns),
    };
  }

  return {
    findFeedEnd: (organization: string): FeedEnd => ({
      feed,
      position: { number: (last.get({ organization })?.number ?? 0) + 1, id: '' },
    }),

    listChanges(query: ChangesQuery): ChangesPage {
      const plan = planChanges(dialect, query);
      const { all, iterate, toNode } = remember(statements, plan.shape, () => prepare(plan));
      // Reads rows that may be large one by one, and no more than the page takes.
      const found = plan.isSureToFit ? all(plan.values) : iterate(plan.values);
      return { feed, ...toChanges(found, query, toNode), isPending: false };
    },
  };
}

interface ChangesStatement extends Pick<Statement<ChangeRow>, 'all' | 'iterate'> {
  readonly toNode: (row: ExperimentRow) => Experiment;
}

function toQuery(text: SQL) {
  return { toSQL: () => sqlite.sqlToQuery(text) };
}
