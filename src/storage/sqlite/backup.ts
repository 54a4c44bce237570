import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { CannotStart } from '../../domain/faults.ts';
import { createPrivateFile } from './file.ts';

/** In one step, on one state: SQLite begins again when another process has written between two steps. */
const allPages = 0x7fffffff;

/**
 * Copies a database to a new file by SQLite's own backup: a consistent state, while others write. The file has its name
 * only once it is complete, checked and on disk, so a copy that was interrupted is never taken for one.
 */
export async function backUp(client: Database.Database, target: string): Promise<void> {
  if (existsSync(target))
    throw new CannotStart(`There is a file ${target} already. Accepted: a file that does not exist.`);
  const partial = `${target}.part`;
  rmSync(partial, { force: true });
  try {
    createPrivateFile(partial);
    await client.backup(partial, { progress: () => allPages });
    assertWhole(partial);
    sync(partial);
    renameSync(partial, target);
    sync(dirname(target));
  } catch (error) {
    rmSync(partial, { force: true });
    throw new CannotStart(`The backup failed: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function assertWhole(path: string): void {
  const copy = new Database(path);
  try {
    // One file, without a log beside it.
    copy.pragma('journal_mode = DELETE');
    const finding = copy.pragma('integrity_check(1)', { simple: true });
    if (finding !== 'ok') throw new CannotStart('the copy is damaged, as the database is');
  } finally {
    copy.close();
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}
