import Database from 'better-sqlite3';
import { CannotStart, StorageUnavailable } from '../../domain/faults.ts';

export const damaged = 'The database is damaged, or no SQLite database: restore it from a backup.';

export function readCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

export function isLocked(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(readCode(error));
}

const storageFault = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|NOMEM|PROTOCOL|PERM|AUTH)/;

/** Whether storage could not be used, or could not answer. */
export function isStorageFault(error: unknown): boolean {
  return error instanceof StorageUnavailable || error instanceof CannotStart || storageFault.test(readCode(error));
}

/**
 * Whether the next process may find what a commit that failed with this had to write: all of it can be in the log
 * before the sync fails. A disk without room has refused a part of it, and a broken rule is found before anything is
 * written.
 */
export function mayBeReplayed(error: unknown): boolean {
  return isStorageFault(error) && !isLocked(error) && readCode(error) !== 'SQLITE_FULL';
}

export function toUnavailable(error: unknown): StorageUnavailable {
  if (error instanceof StorageUnavailable) return error;
  return new StorageUnavailable('The database did not answer.', { cause: error });
}

/** A fault of storage as one line for the person at the terminal. */
export function toCannotStart(error: unknown): unknown {
  return isStorageFault(error) ? new CannotStart(describeError(error)) : error;
}

/** Why a database cannot be used, in words of ours. */
export function describeError(error: unknown): string {
  if (error instanceof CannotStart) return error.message;
  if (error instanceof StorageUnavailable && error.cause !== undefined) return describeError(error.cause);
  if (/CORRUPT|NOTADB/.test(readCode(error))) return damaged;
  return `The database cannot be used: ${error instanceof Error ? error.message : String(error)}.`;
}
