import { type Column, getTableColumns, type Table } from 'drizzle-orm';
import { CannotStart } from '../../domain/faults.ts';

/**
 * What a copy takes over row by row, in this order, each with its key. What is derived from these, the index of tags
 * among it, the target derives again.
 */
export const copiedTables = {
  api_keys: ['id'],
  datasets: ['organization', 'id'],
  experiments: ['organization', 'id'],
  experiment_revisions: ['organization', 'experiment_id', 'revision'],
  purged_experiments: ['organization', 'id'],
} as const;
export type CopiedTable = keyof typeof copiedTables;

/** What is compared at the end. */
export const checkedTables = {
  ...copiedTables,
  experiment_tags: ['organization', 'key', 'value', 'experiment_id'],
} as const;
export type CheckedTable = keyof typeof checkedTables;

/** A row as both engines give it: the key, then all other columns by name; false and true as 0 and 1, JSON as its text. */
export type Row = readonly (string | number | null)[];

/** What one transaction does: it removes, then it inserts. */
export interface Batch {
  readonly table: CopiedTable;
  /** Only the keys are read. */
  readonly remove: readonly Row[];
  readonly insert: readonly Row[];
  /** The index of tags of what is inserted. */
  readonly tags: readonly TagEntry[];
}
export type TagEntry = readonly [organization: string, key: string, value: string, experimentId: string];

/** How much a page or a batch holds: so many rows at most, and no row more once it has so many characters. */
export const maxBatchRows = 1_000;
export const maxBatchCharacters = 4 * 1024 * 1024;

export function measureRow(row: Row): number {
  return row.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
}

/** One end of a copy. Every call rejects with `CannotStart` when the database does not answer. */
export interface CopyEnd {
  /** Which database this is, in its own words and whatever its URL: without credentials. */
  readonly identity: string;
  /** The names of what stands in a row. */
  columns(table: CheckedTable): readonly string[];
  count(table: CheckedTable): Promise<number>;
  /** What follows a row in the order of keys, each text by its bytes; from the beginning without one. Empty at the end. */
  page(table: CheckedTable, after: Row | undefined): Promise<Row[]>;
  /** A text of the index of tags as the other end would have it, too. */
  tagPart(text: string): string;
  close(): Promise<void>;
}

export interface CopyTarget extends CopyEnd {
  /** Rejects with `RowRefused`, with nothing written, when the database cannot keep a row. */
  write(batch: Batch): Promise<void>;
  /** From here on gateways may open it. */
  finish(): Promise<void>;
}

/** The database cannot keep a row of a batch. */
export class RowRefused extends Error {}

/**
 * A table of one row that says that a database is the target of a copy, from which source, and which run of the copy
 * may write: an earlier one that is still alive has to stop.
 */
export const incompleteTable = 'incomplete_copy';

/** What a target was found to hold. */
export type TargetState = 'nothing' | 'an installation' | { readonly source: string };

/** Throws `CannotStart` for a database that a copy from this source must not touch. */
export function assertTarget(identity: string, state: TargetState, source: string): void {
  if (identity === source) throw new CannotStart('It is the source itself. Accepted: another database.');
  if (state === 'an installation')
    throw new CannotStart(
      'It is not empty. Accepted: an empty database, or what an earlier run of the same copy left.',
    );
  if (state !== 'nothing' && state.source !== source)
    throw new CannotStart(
      `It holds an incomplete copy of ${state.source}. Accepted: that source, or an empty database.`,
    );
}

export const incompleteCopy =
  'A copy into this database is not complete. Run the same copy again, or use an empty database.';
export const noDatabase = 'There is no database of the gateway: the commands serve and migrate create one.';
export const otherRun = 'Another run of this copy has taken over.';
export const notMigrated = 'It was not migrated to this version. Run the command migrate with this DATABASE_URL first.';

/** The columns of a table in the order of `Row`. */
export function listRowColumns(table: Table, key: readonly string[]): Column[] {
  const columns = Object.values(getTableColumns(table));
  const place = ({ name }: Column) => (key.includes(name) ? key.indexOf(name) : key.length);
  return columns.toSorted((one, other) => place(one) - place(other) || (one.name < other.name ? -1 : 1));
}
