import { hash } from 'node:crypto';
import { CannotStart } from '../../domain/faults.ts';
import type { JsonObject } from '../../domain/json/exact-json.ts';
import { JsonList } from '../../domain/json/json-list.ts';
import { toTagEntries } from '../rows/tag-index.ts';
import { openCopySource, openCopyTarget } from './open.ts';
import {
  type CheckedTable,
  type CopiedTable,
  type CopyEnd,
  type CopyTarget,
  checkedTables,
  copiedTables,
  maxBatchCharacters,
  maxBatchRows,
  measureRow,
  type Row,
  RowRefused,
  type TagEntry,
} from './port.ts';

/** The progress of a copy in one table. */
export interface Progress {
  readonly work: 'copied' | 'checked';
  readonly table: CheckedTable;
  readonly rows: number;
  /** How many rows there were when the work began. */
  readonly total: number;
  readonly isDone: boolean;
}
type Report = (progress: Progress) => void;

export type Counts = Readonly<Record<CheckedTable, number>>;

/**
 * Copies an installation from one database into another, of the same engine or another, and compares both at the end.
 * The target must be empty or left by an earlier run of the same copy; in the second case only rows that differ are
 * written. No gateway opens the target until both are equal.
 * Rejects with `CannotStart`, one line without credentials, when the copy fails or the two differ.
 */
export async function copyInstallation(from: string, to: string, report: Report): Promise<Counts> {
  const source = await openCopySource(from);
  try {
    const target = await openCopyTarget(to, source.identity);
    try {
      for (const table of listNames(copiedTables)) await copyTable(table, source, target, report);
      const counts = await compare(source, target, report);
      await target.finish();
      return counts;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Makes a table of the target equal to the source's. */
async function copyTable(table: CopiedTable, source: CopyEnd, target: CopyTarget, report: Report): Promise<void> {
  const total = await source.count(table);
  let remove: Row[] = [];
  let insert: Row[] = [];
  let size = 0;
  let rows = 0;
  const flush = async () => {
    if (remove.length + insert.length > 0) await write(target, table, remove, insert);
    [remove, insert, size] = [[], [], 0];
  };
  const reportProgress = (isDone: boolean) => report({ work: 'copied', table, rows, total, isDone });
  for await (const { theirs, ours } of readPairs(table, source, target)) {
    if (theirs) rows++;
    if (!theirs || !ours || toRowText(theirs) !== toRowText(ours)) {
      if (ours) remove.push(ours);
      if (theirs) insert.push(theirs);
      size += theirs ? measureRow(theirs) : 0;
    }
    if (Math.max(remove.length, insert.length) >= maxBatchRows || size >= maxBatchCharacters) await flush();
    if (rows % 100 === 0) reportProgress(false);
  }
  await flush();
  reportProgress(true);
}

/**
 * Pairs the rows of both ends by key, reading both in key order; one side is undefined where the other has no such row.
 */
async function* readPairs(
  table: CopiedTable,
  source: CopyEnd,
  target: CopyEnd,
): AsyncGenerator<{ theirs?: Row | undefined; ours?: Row | undefined }> {
  const [sourceRows, targetRows] = [readRows(source, table), readRows(target, table)];
  const next = async (rows: typeof sourceRows): Promise<Row | undefined> => (await rows.next()).value ?? undefined;
  let [theirs, ours] = [await next(sourceRows), await next(targetRows)];
  while (theirs || ours) {
    const order = !theirs ? 1 : !ours ? -1 : compareKeys(table, theirs, ours);
    yield { theirs: order <= 0 ? theirs : undefined, ours: order >= 0 ? ours : undefined };
    if (order <= 0) theirs = await next(sourceRows);
    if (order >= 0) ours = await next(targetRows);
  }
}

/** Yields every row of a table in key order. Fetches the next page while the caller works on the current one. */
async function* readRows(end: CopyEnd, table: CopiedTable): AsyncGenerator<Row, undefined> {
  let nextPage = end.page(table, undefined);
  for (;;) {
    const page = await nextPage;
    if (page.length === 0) return;
    nextPage = end.page(table, page.at(-1));
    // A failure surfaces where the page is awaited; this only prevents an unhandled rejection.
    nextPage.catch(() => undefined);
    yield* page;
  }
}

function compareKeys(table: CopiedTable, one: Row, other: Row): number {
  for (const at of copiedTables[table].keys()) {
    const [left, right] = [one[at], other[at]];
    if (left === right) continue;
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)));
  }
  return 0;
}

async function write(target: CopyTarget, table: CopiedTable, remove: readonly Row[], insert: readonly Row[]) {
  const columns = target.columns(table);
  const tags = table === 'experiments' ? insert.flatMap((row) => buildTagEntries(row, columns)) : [];
  try {
    await target.write({ table, remove, insert, tags });
  } catch (error) {
    if (!(error instanceof RowRefused)) throw error;
    if (insert.length === 1 && remove.length === 0) {
      const key = insert[0]?.slice(0, copiedTables[table].length).join('/');
      throw new CannotStart(`The target cannot store a row of ${table}, ${key}: ${error.message}.`);
    }
    // Write the rows one by one to find the refused one; the rows before it may stay.
    await write(target, table, remove, []);
    for (const row of insert) await write(target, table, [], [row]);
  }
}

function buildTagEntries(row: Row, columns: readonly string[]): TagEntry[] {
  const [organization, id] = row.map(String) as [string, string];
  const tags = JsonList.fromText<JsonObject>(String(row[columns.indexOf('tags')]));
  return toTagEntries(tags).map(([key, value]) => [organization, key, value, id]);
}

/** Reads both ends completely again. Rejects with `CannotStart` when a table differs. */
async function compare(source: CopyEnd, target: CopyEnd, report: Report): Promise<Counts> {
  const counts = { ...checkedTables } as unknown as Record<CheckedTable, number>;
  const differences: string[] = [];
  for (const table of listNames(checkedTables)) {
    const [theirs, ours] = await Promise.all([digestTable(source, table, report), digestTable(target, table)]);
    counts[table] = theirs.rows;
    if (theirs.rows !== ours.rows) differences.push(`${table} (${theirs.rows} rows, the copy has ${ours.rows})`);
    else if (theirs.digest !== ours.digest) differences.push(`${table} (${theirs.rows} rows, with other content)`);
  }
  if (differences.length === 0) return counts;
  throw new CannotStart(
    `The copy differs from its source in ${differences.join(', ')}. If anything was written to the source meanwhile, stop its writers and run the same copy again: it writes only what differs. If it still differs, use an empty database.`,
  );
}

const digestSpace = 1n << 256n;

/**
 * The number of rows in a table, and the sum of their SHA-256 digests. The sum changes with any byte of any row, but
 * not with the order of rows, which differs between engines: the tag index is ordered by digests where it stores
 * digests of long texts.
 */
async function digestTable(
  end: CopyEnd,
  table: CheckedTable,
  report?: Report,
): Promise<{ rows: number; digest: bigint }> {
  const total = report ? await end.count(table) : 0;
  let [rows, sum] = [0, 0n];
  for (let page = await end.page(table, undefined); page.length > 0; page = await end.page(table, page.at(-1))) {
    for (const row of page) {
      const comparable = table === 'experiment_tags' ? toComparableTag(end, row) : row;
      sum += BigInt(`0x${hash('sha256', toRowText(comparable), 'hex')}`);
    }
    rows += page.length;
    report?.({ work: 'checked', table, rows, total, isDone: false });
  }
  report?.({ work: 'checked', table, rows, total, isDone: true });
  return { rows, digest: sum % digestSpace };
}

function toComparableTag(end: CopyEnd, [organization, key, value, id]: Row): Row {
  return [organization, end.tagPart(String(key)), end.tagPart(String(value)), id] as Row;
}

function toRowText(row: Row): string {
  return JSON.stringify(row);
}

function listNames<Name extends string>(tables: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(tables) as Name[];
}
