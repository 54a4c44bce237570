import Database from 'better-sqlite3';
import { CannotStart, StorageUnavailable } from '../../domain/faults.ts';

export const damagedMessage = 'The database is damaged or is not a SQLite database: restore it from a backup.';

export function readCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

export function isLocked(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(readCode(error));
}

const storageFault = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|NOMEM|PROTOCOL|PERM|AUTH)/;

/** Whether storage was unusable or did not respond. */
export function isStorageFault(error: unknown): boolean {
  return error instanceof StorageUnavailable || error instanceof CannotStart || storageFault.test(readCode(error));
}

/**
 * Whether a commit that failed with this error may still take effect for the next process: the whole commit can be in
 * the log before the sync fails. Not so when the disk is full, since part of the commit was refused, nor for a broken
 * constraint, which is detected before anything is written.
 */
export function mayBeReplayed(error: unknown): boolean {
  return isStorageFault(error) && !isLocked(error) && readCode(error) !== 'SQLITE_FULL';
}

export function toUnavailable(error: unknown): StorageUnavailable {
  if (error instanceof StorageUnavailable) return error;
  return new StorageUnavailable('The database did not answer.', { cause: error });
}

/** Turns a storage fault into one line for the terminal; returns any other error unchanged. */
export function toCannotStart(error: unknown): unknown {
  return isStorageFault(error) ? new CannotStart(describeError(error)) : error;
}

/** Why a database cannot be used, in our own words where we recognize the fault. */
export function describeError(error: unknown): string {
  if (error instanceof CannotStart) return error.message;
  if (error instanceof StorageUnavailable && error.cause !== undefined) return describeError(error.cause);
  if (/CORRUPT|NOTADB/.test(readCode(error))) return damagedMessage;
  return `The database cannot be used: ${error instanceof Error ? error.message : String(error)}.`;
}
