import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CannotStart } from '../../domain/faults.ts';
import { describeError } from './faults.ts';
import { folderMessage } from './url.ts';

/**
 * Readable and writable by the gateway's own account only. SQLite gives its log (-wal) and index (-shm) the same mode.
 */
const privateMode = 0o600;

/** The size of a file in bytes; undefined when there is none. Throws `CannotStart` for a folder, device or pipe. */
export function measureFile(path: string): number | undefined {
  const found = readStatus(path);
  if (found?.isDirectory()) throw new CannotStart(folderMessage);
  if (found && !found.isFile()) throw new CannotStart('This is not a file.');
  return found?.size;
}

function readStatus(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new CannotStart(describeError(error));
  }
}

/** Creates an empty file that only its owner can read, unless the file exists. Its folder must exist. */
export function createPrivateFile(path: string): void {
  if (existsSync(path)) return; // opening and closing it would release the locks that this process holds on it
  closeSync(openSync(path, 'a', privateMode));
}

/**
 * Creates a folder level by level: with `recursive`, Node never returns for a place such as /proc, which refuses
 * folders.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // another gateway that is starting may have created it
  }
  syncFolder(dirname(folder));
}

/**
 * Makes the names in a folder survive a power cut, which syncing the files themselves does not. SQLite does so for the
 * folder of its files, but not for folders above. Does nothing where the system cannot sync a folder.
 */
export function syncFolder(folder: string): void {
  try {
    syncFile(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EIO') throw error;
  }
}

/** Returns once the content of a file is on disk. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The identity (device and inode) of the file that a path points to now; undefined when there is none. */
export function readIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
