import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { CannotStart } from '../../domain/faults.ts';
import { createPrivateFile, syncFile, syncFolder } from './file.ts';

/** Copy in one step: SQLite starts over when another process writes between two steps. */
const allPages = 0x7fffffff;

/**
 * Copies a database to a new file with SQLite's backup API: a consistent snapshot while others write. The file gets its
 * final name only once it is complete, checked and on disk, so an interrupted copy is never mistaken for a backup.
 * Rejects with `CannotStart`.
 */
export async function backUp(client: Database.Database, target: string): Promise<void> {
  if (existsSync(target)) {
    const kind = statSync(target).isDirectory() ? 'folder' : 'file';
    throw new CannotStart(`The ${kind} ${target} already exists. Accepted: a file that does not exist.`);
  }
  const partial = `${target}.part`;
  rmSync(partial, { force: true });
  try {
    createPrivateFile(partial);
    await client.backup(partial, { progress: () => allPages });
    finish(partial);
    syncFile(partial);
    renameSync(partial, target);
    syncFolder(dirname(target));
  } catch (error) {
    rmSync(partial, { force: true });
    throw new CannotStart(`The backup failed: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/**
 * Checks the copy, and names its feed of changes anew: once restored, it gives other changes the numbers that followed
 * in the original.
 */
function finish(path: string): void {
  const copy = new Database(path);
  try {
    // A single file, without a log (-wal) beside it.
    copy.pragma('journal_mode = DELETE');
    copy.exec('UPDATE change_feed SET name = lower(hex(randomblob(8)))');
    const finding = copy.pragma('integrity_check(1)', { simple: true });
    if (finding !== 'ok') throw new CannotStart('the copy is damaged, and so is the database');
  } finally {
    copy.close();
  }
}
