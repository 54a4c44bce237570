import { realpathSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { isLocked } from './faults.ts';
import { createPrivateFile } from './file.ts';

/** Runs work while no other process can write to the database. Throws when the lock is not available. */
type UnderLock = (work: () => void) => void;

/** The registration of one gateway among those that serve the same file. */
export interface Presence {
  /** Whether another gateway was serving the file when this one joined. */
  readonly hasCompany: boolean;
  /** Ends the registration, and removes the side file when no other gateway is left. */
  leave(runUnderLock: UnderLock): void;
}

/**
 * Registers this gateway with others that serve the same file. Each holds a shared lock on a side file for as long as
 * its process lives, so the system releases it even after kill -9, and detects others by trying an exclusive lock
 * first. The database's write lock keeps two that join at once from missing each other. Commands do not serve, and so
 * do not register.
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
    leave(runUnderLockNow) {
      if (!lock?.open) return;
      const held = lock;
      held.exec('ROLLBACK');
      try {
        runUnderLockNow(() => void tryExclusively(held, () => rmSync(sidePath, { force: true })));
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
