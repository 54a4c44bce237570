import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { ExperimentRevision } from '../../domain/experiment/experiment.ts';
import type { Reading } from '../../domain/experiment/reading.ts';
import { countRows, type RevisionRange } from '../../domain/experiment/revisions.ts';
import { parseRevisionRow, type RevisionRow } from '../rows/experiment-row.ts';
import { createRevisionReader, selectColumns } from '../rows/part-of-row.ts';
import type { Connection } from './connect.ts';
import { readWithin } from './read-within.ts';
import { prepareQuery, prepareRows, type Statement } from './statement.ts';
import { experimentRevisions } from './tables.ts';

/** Reads ranges of revisions. Each selection of columns is prepared once. */
export function prepareRevisions({ client, db }: Connection) {
  const statements = new Map<string, RevisionStatement>();

  function prepare(reading: Reading): RevisionStatement {
    const columns = selectColumns(columnNames, reading);
    const isCounted = reading.fields?.has('workflowCount') && !reading.fields.has('workflow');
    const key = [...columns, isCounted].join();
    const known = statements.get(key);
    if (known) return known;
    const isWhole = columns.length === columnNames.length;
    const selected: Record<string, SQLiteColumn | SQL.Aliased> = isWhole
      ? revisionColumns
      : {
          ...Object.fromEntries(columns.map((name) => [name, revisionColumns[name]])),
          ...(isCounted && { workflowCount: workflowCount.as('workflowCount') }),
        };
    // In table order: sorting in SQL would read every row before it returned the first.
    const query = db
      .select(selected as never)
      .from(experimentRevisions)
      .innerJoin(sql`json_each(${sql.placeholder('ranges')}) as range`, sql`true`)
      .where(
        and(
          eq(experimentRevisions.organization, sql.placeholder('organization')),
          eq(experimentRevisions.experimentId, selectRange('experimentId')),
          sql`${experimentRevisions.revision} between ${selectRange('from')} and ${selectRange('to')}`,
        ),
      );
    const made = isWhole
      ? { statement: prepareQuery<RevisionRow>(client, query, revisionColumns), toNode: parseRevisionRow }
      : {
          statement: prepareRows<RevisionRow>(client, query, Object.keys(selected)),
          toNode: createRevisionReader(Object.keys(selected)),
        };
    if (statements.size >= maxSelections) statements.clear();
    statements.set(key, made);
    return made;
  }

  return {
    revisions(organization: string, ranges: readonly RevisionRange[], reading: Reading = {}): ExperimentRevision[] {
      const { statement, toNode } = prepare(reading);
      const values = { organization, ranges: JSON.stringify(ranges) };
      return readWithin(statement, values, countRows(ranges), reading)
        .toSorted(compareRevisions)
        .map((row) => toNode(row));
    },
  };
}

/** How many selections of columns stay prepared. */
const maxSelections = 100;

interface RevisionStatement {
  readonly statement: Pick<Statement<RevisionRow>, 'all' | 'iterate'>;
  readonly toNode: (row: RevisionRow) => ExperimentRevision;
}

const revisionColumns = getTableColumns(experimentRevisions);
const columnNames = Object.keys(revisionColumns) as (keyof typeof revisionColumns)[];
const workflowCount = sql<number>`json_array_length(${experimentRevisions.workflow})`;
const selectRange = (name: keyof RevisionRange) => sql`range.value ->> ${sql.raw(`'$.${name}'`)}`;

function compareRevisions(one: RevisionRow, other: RevisionRow): number {
  if (one.experimentId === other.experimentId) return other.revision - one.revision;
  return one.experimentId < other.experimentId ? -1 : 1;
}
