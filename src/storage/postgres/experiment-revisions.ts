import { and, desc, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { ExperimentRevision } from '../../domain/experiment/experiment.ts';
import type { Reading } from '../../domain/experiment/reading.ts';
import { countRows, type RevisionRange } from '../../domain/experiment/revisions.ts';
import { parseRevisionRow, type RevisionRow } from '../rows/experiment-row.ts';
import { createRevisionReader, selectColumns } from '../rows/part-of-row.ts';
import type { Db, Named } from './open.ts';
import { prepareReader, type RowReader } from './read-within.ts';
import { nameShape } from './statement.ts';
import { experimentRevisions } from './tables.ts';

/** Reads ranges of revisions. Each selection of columns is prepared once. */
export function prepareRevisions(db: Db, named: Named) {
  const statements = new Map<string, RevisionStatement>();

  function prepare(reading: Reading): RevisionStatement {
    const columns = selectColumns(columnNames, reading);
    const isCounted = reading.fields?.has('workflowCount') && !reading.fields.has('workflow');
    const key = [...columns, isCounted].join();
    const known = statements.get(key);
    if (known) return known;
    const selected: Record<string, (typeof revisionColumns)[keyof typeof revisionColumns] | SQL.Aliased> = {
      ...Object.fromEntries(columns.map((name) => [name, revisionColumns[name]])),
      ...(isCounted && { workflowCount: workflowCount.as('workflow_count') }),
    };
    const toNode =
      columns.length === columnNames.length ? parseRevisionRow : createRevisionReader(Object.keys(selected));
    const query = db
      .select(selected as never)
      .from(experimentRevisions)
      .innerJoin(range, sql`${experimentRevisions.experimentId} = range."id"`)
      .where(and(ofOrganization, sql`${experimentRevisions.revision} between range."from" and range."to"`))
      .orderBy(experimentRevisions.experimentId, desc(experimentRevisions.revision));
    const isKept = statements.size < maxSelections;
    const nameStatement = (kind: string) => (isKept ? named(nameShape('revisions', `${kind} ${key}`)) : '');
    const made = { reader: prepareReader<RevisionRow>(db, query, selected, nameStatement), toNode };
    if (isKept) statements.set(key, made);
    return made;
  }

  return {
    async revisions(organization: string, ranges: readonly RevisionRange[], reading: Reading = {}) {
      const { reader, toNode } = prepare(reading);
      const values = {
        organization,
        ids: ranges.map(({ experimentId }) => experimentId),
        from: ranges.map(({ from }) => from),
        to: ranges.map(({ to }) => to),
      };
      return (await reader.read(values, countRows(ranges), reading)).map((row) => toNode(row));
    },
  };
}

/** How many selections of columns are prepared by name. Each server connection keeps them for its lifetime. */
const maxSelections = 100;

interface RevisionStatement {
  readonly reader: RowReader<RevisionRow>;
  readonly toNode: (row: RevisionRow) => ExperimentRevision;
}

const revisionColumns = getTableColumns(experimentRevisions);
const columnNames = Object.keys(revisionColumns) as (keyof typeof revisionColumns)[];
const workflowCount = sql`json_array_length(${experimentRevisions.workflow}::json)`.mapWith(Number);
const ofOrganization = eq(experimentRevisions.organization, sql.placeholder('organization'));
const range = sql`unnest(${sql.placeholder('ids')}::text[], ${sql.placeholder('from')}::bigint[], ${sql.placeholder('to')}::bigint[]) as range ("id", "from", "to")`;
