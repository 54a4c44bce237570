import type { ClientBase } from 'pg';
import {
  type Batch,
  type CheckedTable,
  checkedTables,
  incompleteTable,
  listRowColumns,
  maxBatchCharacters,
  maxBatchRows,
  type Row,
  type TargetState,
} from '../copy/port.ts';
import { toIndexKey } from '../rows/tag-index.ts';
import { isIncomplete } from './migrate.ts';
import { toCastType } from './statement.ts';
import {
  apiKeys,
  datasets,
  experimentEvaluators,
  experimentRevisions,
  experiments,
  experimentTags,
  idempotencyKeys,
  purgedExperiments,
} from './tables.ts';

/** The columns of each table in the order of `Row`, with their types in SQL. */
const listColumns = (definition: Parameters<typeof listRowColumns>[0], table: CheckedTable) =>
  listRowColumns(definition, checkedTables[table]).map((column) => ({
    name: column.name,
    type: toCastType(column),
  }));
export const columns = {
  api_keys: listColumns(apiKeys, 'api_keys'),
  datasets: listColumns(datasets, 'datasets'),
  experiments: listColumns(experiments, 'experiments'),
  experiment_revisions: listColumns(experimentRevisions, 'experiment_revisions'),
  purged_experiments: listColumns(purgedExperiments, 'purged_experiments'),
  experiment_tags: listColumns(experimentTags, 'experiment_tags'),
  experiment_evaluators: listColumns(experimentEvaluators, 'experiment_evaluators'),
  idempotency_keys: listColumns(idempotencyKeys, 'idempotency_keys'),
} as const;

/** Finds out whether a target is empty, a full installation or an incomplete copy. */
export async function readState(client: ClientBase): Promise<TargetState> {
  if (await isIncomplete(client)) {
    const { rows } = await client.query(`SELECT source FROM ${incompleteTable}`);
    return { source: String(rows[0]?.source) };
  }
  const tables = await client.query('SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()');
  const existing = new Set(tables.rows.map(({ name }) => String(name)));
  for (const table of Object.keys(checkedTables)) {
    // A database from an older gateway may lack some of the tables.
    if (existing.has(table) && (await client.query(`SELECT FROM ${table} LIMIT 1`)).rowCount) return 'an installation';
  }
  return 'nothing';
}

/** See `CopyEnd`. */
export async function readPage(client: ClientBase, table: CheckedTable, after: Row | undefined): Promise<Row[]> {
  const names = columns[table].map(({ name }) => name).join(', ');
  const keys = checkedTables[table];
  const key = keys.join(', ');
  const beyond = after ? `WHERE (${key}) > (${keys.map((_, at) => `$${at + 1}`).join(', ')})` : '';
  const octets = columns[table]
    .filter(({ type }) => type === 'text')
    .map(({ name }) => `coalesce(octet_length(${name}), 0)`);
  // The server also limits the page by size, without reading the long texts that it leaves out.
  const { rows } = await client.query<(string | number | boolean | null)[]>({
    rowMode: 'array',
    text: `SELECT ${names} FROM (
        SELECT *, sum(octets) OVER (ORDER BY ${key} ROWS UNBOUNDED PRECEDING) - octets AS octets_before FROM (
          SELECT ${names}, ${octets.join(' + ')} AS octets FROM ${table} ${beyond} ORDER BY ${key} LIMIT ${maxBatchRows}
        ) AS page
      ) AS sized WHERE octets_before < ${maxBatchCharacters} ORDER BY ${key}`,
    values: (after ?? []).slice(0, keys.length),
  });
  const areNumbers = columns[table].map(({ type }) => type === 'bigint' || type === 'boolean');
  return rows.map((row) =>
    row.map((cell, at) => (areNumbers[at] && cell !== null ? Number(cell) : cell) as Row[number]),
  );
}

/** See `CopyTarget`. Runs in a transaction of the caller. */
export async function write(client: ClientBase, { table, remove, insert, tags }: Batch): Promise<void> {
  const all = columns[table];
  const key = all.slice(0, checkedTables[table].length);
  if (remove.length > 0) {
    const keys = toArrays(key, remove);
    await client.query(`DELETE FROM ${table} WHERE (${joinNames(key)}) IN (SELECT * FROM ${keys.text})`, keys.values);
    if (table === 'experiments')
      await client.query(
        `DELETE FROM experiment_tags WHERE (organization, experiment_id) IN (SELECT * FROM ${keys.text})`,
        keys.values,
      );
  }
  if (insert.length > 0) await insertInto(client, table, all, insert);
  if (tags.length > 0) {
    const entries = tags.map(([organization, name, value, id]) => [
      organization,
      toIndexKey(name),
      toIndexKey(value),
      id,
    ]);
    await insertInto(client, 'experiment_tags', columns.experiment_tags, entries);
  }
}

type Columns = readonly { readonly name: string; readonly type: string }[];

async function insertInto(client: ClientBase, table: CheckedTable, into: Columns, rows: readonly Row[]): Promise<void> {
  const { text, values } = toArrays(into, rows);
  await client.query(`INSERT INTO ${table} (${joinNames(into)}) SELECT * FROM ${text} ON CONFLICT DO NOTHING`, values);
}

/** Rows as one array for each column, so that the statement's text is the same for any number of rows. */
function toArrays(of: Columns, rows: readonly Row[]): { text: string; values: unknown[] } {
  const arrays = of.map(({ type }, at) => `$${at + 1}::${type}[]`);
  return { text: `unnest(${arrays.join(', ')})`, values: of.map((_, at) => rows.map((row) => row[at])) };
}

function joinNames(of: Columns): string {
  return of.map(({ name }) => name).join(', ');
}
