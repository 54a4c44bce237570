import { type Column, getTableColumns, type Table } from 'drizzle-orm';
import { commandLine } from '../../domain/command-line.ts';
import { CannotStart } from '../../domain/faults.ts';

/**
 * The tables that are copied row by row, in this order, each with its key columns. The target derives everything else
 * again, such as the tag index.
 */
export const copiedTables = {
  api_keys: ['id'],
  datasets: ['organization', 'id'],
  experiments: ['organization', 'id'],
  experiment_revisions: ['organization', 'experiment_id', 'revision'],
  purged_experiments: ['organization', 'id'],
  idempotency_keys: ['organization', 'key'],
} as const;
export type CopiedTable = keyof typeof copiedTables;

/** The tables that are compared at the end. */
export const checkedTables = {
  ...copiedTables,
  experiment_tags: ['organization', 'key', 'value', 'experiment_id'],
  experiment_evaluators: ['organization', 'evaluator_id', 'experiment_id'],
} as const;
export type CheckedTable = keyof typeof checkedTables;

/**
 * A row, the same from every engine: key columns, then the others sorted by name; booleans as 0 and 1, JSON as text.
 */
export type Row = readonly (string | number | null)[];

/** The work of one transaction: it removes, then inserts. */
export interface Batch {
  readonly table: CopiedTable;
  /** Only the keys are read. */
  readonly remove: readonly Row[];
  readonly insert: readonly Row[];
  /** The tag index entries of the inserted rows. */
  readonly tags: readonly TagEntry[];
}
export type TagEntry = readonly [organization: string, key: string, value: string, experimentId: string];

/** The most rows in a page or batch. */
export const maxBatchRows = 1_000;
/** A page or batch takes no further row once it has this many characters. */
export const maxBatchCharacters = 4 * 1024 * 1024;

/** The size of a row in characters; a number or null counts as 8. */
export function measureRow(row: Row): number {
  return row.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
}

/** One end of a copy. Every method rejects with `CannotStart` when the database does not respond. */
export interface CopyEnd {
  /** Identifies the database, whichever URL was used to reach it. Contains no credentials. */
  readonly identity: string;
  /** The column names in the order of `Row`. */
  columns(table: CheckedTable): readonly string[];
  count(table: CheckedTable): Promise<number>;
  /**
   * The rows after a given one in key order, where texts compare by bytes; without one, the first. Empty at the end.
   */
  page(table: CheckedTable, after: Row | undefined): Promise<Row[]>;
  /** Converts a text of the tag index to a form that is the same on every engine. */
  tagPart(text: string): string;
  close(): Promise<void>;
}

export interface CopyTarget extends CopyEnd {
  /** Rejects with `RowRefused`, with nothing written, when the database cannot store a row. */
  write(batch: Batch): Promise<void>;
  /** Marks the copy as complete, so that gateways may open it. */
  finish(): Promise<void>;
}

/** The database cannot store a row of a batch. */
export class RowRefused extends Error {}

/**
 * A table with one row, which marks a database as the target of a copy and names the source and the run that may write:
 * an earlier run that is still alive must stop.
 */
export const incompleteTable = 'incomplete_copy';

/** The content of a target; `source` is the source of an incomplete copy. */
export type TargetState = 'nothing' | 'an installation' | { readonly source: string };

/** Throws `CannotStart` for a target that a copy from this source must not touch. */
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
export const howToCreate = `the commands serve and migrate create one (${commandLine} migrate)`;
export const noDatabase = `There is no gateway database here: ${howToCreate}.`;
export const otherRun = 'Another run of this copy has taken over.';
export const notMigrated = 'It was not migrated to this version. Run the command migrate with this DATABASE_URL first.';

/** The numbers of changes, which mean something only in their own database: everything in a copy is older than any change. */
const ownColumn = 'changed';

/** The columns of a table in the order of `Row`. */
export function listRowColumns(table: Table, key: readonly string[]): Column[] {
  const columns = Object.values(getTableColumns(table)).filter(({ name }) => name !== ownColumn);
  const place = ({ name }: Column) => (key.includes(name) ? key.indexOf(name) : key.length);
  return columns.toSorted((one, other) => place(one) - place(other) || (one.name < other.name ? -1 : 1));
}
