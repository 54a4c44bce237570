import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonList } from '../../../src/domain/json/json-list.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { anExperiment, author } from '../gateway/experiments.ts';
import { type NumberedFault, toFaultCode } from './failing-disk.ts';

/** How a walk is made. It runs in a process whose disk can fail (`failingDisk`). */
export interface Walk extends Pick<NumberedFault, 'error' | 'lasts'> {
  /** A folder for databases. */
  readonly folder: string;
  /** A database to begin with; a new one when absent. */
  readonly template?: string;
  /** The length of a workflow. Beyond 4 MB, SQLite writes its log back after each write. */
  readonly length: number;
  /** How far apart the operations that fail are. */
  readonly step: number;
}

const ids = ['one', 'two', 'three'];

/**
 * Lets each operation on the disk fail in turn, while storage is opened and written to. Returns how many there were, and
 * what was wrong: an unknown error, a write that is lost, or one that was refused and is there all the same.
 */
export async function walkFaults(walk: Walk): Promise<{ operations: number; outcomes: string[]; wrong: string[] }> {
  const wrong: string[] = [];
  const outcomes = new Set<string>();
  for (let operation = 1; ; operation += walk.step) {
    const before = wrong.length;
    const isOver = await failOnce(walk, operation, outcomes, (what) => wrong.push(`operation ${operation}: ${what}`));
    if (isOver || wrong.length > before + 5)
      return { operations: operation, outcomes: [...outcomes].toSorted(), wrong };
  }
}

/** Returns whether there were fewer operations. */
async function failOnce(
  { folder, template, length, error, lasts }: Walk,
  operation: number,
  outcomes: Set<string>,
  report: (what: string) => void,
): Promise<boolean> {
  const file = process.env.FAULT_FILE ?? '';
  const place = join(folder, `${operation}`);
  const url = `file:${join(place, 'gateway.db')}`;
  mkdirSync(place);
  if (template !== undefined) cpSync(template, place, { recursive: true });
  const insert = async (storage: Awaited<ReturnType<typeof openStorage>>, id: string): Promise<string> => {
    const workflow = JsonList.of([{ text: id.padEnd(length, '.') }]);
    return storage.experiments.insert(anExperiment({ id, workflow }), author).then(({ kind }) => kind, describe);
  };
  const describe = (fault: unknown): string => {
    const { message, constructor } = fault instanceof Error ? fault : new Error(String(fault));
    const { name } = constructor;
    if (!['StorageUnavailable', 'OutcomeUnknown', 'CannotStart'].includes(name)) report(`${name}: ${message}`);
    return name;
  };

  writeFileSync(file, toFaultCode({ operation, error, lasts }));
  const told: string[] = [];
  let storage = await openStorage(url).catch(describe);
  if (typeof storage === 'string') outcomes.add(`start: ${storage}`);
  else for (const id of ids) told.push(await insert(storage, id));
  // A fault that lasts never disappears, but it has not begun while nothing fails.
  const isOver = lasts ? told.filter((each) => each === 'inserted').length === ids.length : existsSync(file);
  rmSync(file, { force: true });
  // What a process that is killed now would leave.
  const copy = join(folder, `${operation}-copy`);
  cpSync(place, copy, { recursive: true, filter: (path) => !path.endsWith('-shm') });

  for (const outcome of told) outcomes.add(outcome);
  const found = await openStorage(`file:${join(copy, 'gateway.db')}`);
  for (const [index, outcome] of told.entries()) {
    const id = ids[index] ?? '';
    const isThere = (await found.experiments.find('acme', id)) !== null;
    if (outcome === 'inserted' && !isThere) report(`${id} is lost`);
    if (outcome === 'StorageUnavailable' && isThere) report(`${id} was refused, and is there`);
  }
  await found.close();

  // The disk is well again.
  if (typeof storage === 'string') storage = await openStorage(url).catch(describe);
  if (typeof storage === 'string') report(`the next start fails: ${storage}`);
  else {
    const after = await insert(storage, 'after');
    if (after !== 'inserted') report(`the next write fails: ${after}`);
    await storage.close();
  }
  for (const each of [place, copy]) rmSync(each, { recursive: true });
  return isOver;
}
