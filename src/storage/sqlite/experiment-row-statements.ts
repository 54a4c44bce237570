import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import { contentColumns, type ExperimentRow, runColumns, toRow } from '../rows/experiment-row.ts';
import type { Connection } from './connect.ts';
import { experimentColumns } from './experiment-pages.ts';
import { prepareQuery } from './statement.ts';
import { experimentRevisions, experiments } from './tables.ts';

/** The statements on the row of one experiment and on its revisions. `nextChange` numbers the change of an update. */
export function prepareRowStatements({ client, db }: Connection, nextChange: (organization: string) => number) {
  const key = and(
    eq(experiments.organization, sql.placeholder('organization')),
    eq(experiments.id, sql.placeholder('id')),
  );
  const findRow = prepareQuery<ExperimentRow>(
    client,
    db.select(experimentColumns).from(experiments).where(key),
    experimentColumns,
  );
  const insertRow = prepareQuery(client, db.insert(experiments).values(toPlaceholders(allColumns) as never));
  /** Updates a row. SQLite rewrites the indexes of every column that is set, so unchanged ones are left out. */
  const prepareUpdate = (columns: readonly StoredColumn[]) => {
    const indexed = indexedColumns.filter((name) => columns.includes(name));
    const variants = new Map<string, ReturnType<typeof prepareQuery>>();
    return (before: Experiment, after: Experiment): void => {
      const unchanged: readonly string[] = indexed.filter((name) => before[name] === after[name]);
      const variant = unchanged.join(' ');
      let update = variants.get(variant);
      if (!update) {
        const set = toPlaceholders(columns.filter((name) => !unchanged.includes(name)));
        update = prepareQuery(client, db.update(experiments).set(set).where(key));
        variants.set(variant, update);
      }
      update.run({ ...toRow(after), changed: nextChange(after.organization) });
    };
  };
  const updateContent = prepareUpdate([...contentColumns, 'updatedAt', 'revision', 'version', 'changed']);
  const updateRun = prepareUpdate([...runColumns, 'changed']);
  const updatePlace = prepareUpdate(['updatedAt', 'version', 'deletedAt', 'purgeAt', 'changed']);
  const deleteRow = prepareQuery(client, db.delete(experiments).where(key));
  const recordRevision = prepareQuery(client, buildRecord(db, key));
  const ofExperiment = and(
    eq(experimentRevisions.organization, sql.placeholder('organization')),
    eq(experimentRevisions.experimentId, sql.placeholder('id')),
  );
  const deleteRevisions = prepareQuery(client, db.delete(experimentRevisions).where(ofExperiment));

  return { findRow, insertRow, updateContent, updateRun, updatePlace, deleteRow, recordRevision, deleteRevisions };
}

type Db = Connection['db'];

const tableColumns = getTableColumns(experiments);
const revisionColumns = getTableColumns(experimentRevisions);
type StoredColumn = keyof typeof tableColumns;
const allColumns = Object.keys(tableColumns) as StoredColumn[];

/** The indexed columns that a write may leave unchanged. */
const indexedColumns = ['name', 'datasetId', 'status', 'leaseExpiresAt'] as const satisfies readonly StoredColumn[];

/** A placeholder for each of these columns, named by the column's key and encoded by the column. */
function toPlaceholders(names: readonly StoredColumn[]): Record<string, SQL> {
  return Object.fromEntries(names.map((name) => [name, sql`${sql.param(sql.placeholder(name), tableColumns[name])}`]));
}

/** Copies the revision from the row just written, so that nothing is encoded or bound twice. */
function buildRecord(db: Db, key: SQL | undefined) {
  const { experimentId: _, createdAt: __, authorKind: ___, authorId: ____, ...copied } = revisionColumns;
  const source = {
    experimentId: experiments.id,
    createdAt: experiments.updatedAt,
    authorKind: sql`${sql.placeholder('authorKind')}`.as('author_kind'),
    authorId: sql`${sql.placeholder('authorId')}`.as('author_id'),
    ...Object.fromEntries(Object.keys(copied).map((name) => [name, experiments[name as keyof typeof copied]])),
  } as Record<string, SQLiteColumn | SQL.Aliased>;
  // INSERT … SELECT needs the columns in the table's order.
  const inOrder = Object.fromEntries(Object.keys(revisionColumns).map((name) => [name, source[name]]));
  const row = db
    .select(inOrder as never)
    .from(experiments)
    .where(key);
  return db.insert(experimentRevisions).select(row as never);
}
