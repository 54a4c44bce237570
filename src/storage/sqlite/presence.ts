import { realpathSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { isLocked } from './faults.ts';
import { createPrivateFile } from './file.ts';

/** Runs work while no other process can write to the database. Throws when the lock cannot be had. */
type UnderLock = (work: () => void) => void;

/** A gateway among those that serve one file. */
export interface Presence {
  /** Whether another gateway served the file when this one came. */
  readonly hasCompany: boolean;
  /** Goes, and removes the side file when no other gateway is left. */
  leave(runUnderLock: UnderLock): void;
}

/**
 * Makes this gateway known to others that serve the same file. Each holds a shared lock on a side file for as long as
 * its process lives, so the system releases it even after kill -9, and looks for others by trying an exclusive one
 * first. The write lock of the database keeps two that come at once from overlooking each other. Commands, which do not serve, take no part.
 */
export function joinGateways(path: string, runUnderLock: UnderLock): Presence {
  const sidePath = `${realpathSync(path)}-gateways`;
  let lock: Database.Database | undefined;
  let hasCompany = false;
  runUnderLock(() => {
    createPrivateFile(sidePath);
    lock = new Database(sidePath, { timeout: 0 });
    hasCompany = !tryExclusively(lock, () => undefined);
    lock.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
  });
  return {
    hasCompany,
    leave(underLockNow) {
      if (!lock?.open) return;
      const held = lock;
      held.exec('ROLLBACK');
      try {
        underLockNow(() => void tryExclusively(held, () => rmSync(sidePath, { force: true })));
      } finally {
        held.close();
      }
    },
  };
}

/** Runs work while no other connection has a lock, and returns whether it could. */
function tryExclusively(lock: Database.Database, work: () => void): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    if (isLocked(error)) return false;
    throw error;
  }
  work();
  lock.exec('ROLLBACK');
  return true;
}
