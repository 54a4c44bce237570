import { OutcomeUnknown, StorageUnavailable } from '../../domain/faults.ts';
import { isLocked, isStorageFault, toUnavailable } from './faults.ts';

/** How many writes are committed together at most. */
const maxTogether = 64;
/** How many writes wait at most; more are refused at once. */
const maxWaiting = 5_000;
/** How long a write waits for a lock that another process holds, in milliseconds (contract, section 7). */
export const lockTimeout = 2_000;

interface Write {
  readonly work: () => unknown;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
  readonly deadline: number;
}

export interface GroupCommit {
  /**
   * Runs work in a transaction that it may share with others, calls `committed` once it is on disk, in the order of
   * commit, and resolves then. The work may be run again, so it must do nothing but write. Rejects with
   * `StorageUnavailable` when the lock cannot be had in time, too many writes wait or the disk refuses; nothing of the
   * work is written then, unless it is an `OutcomeUnknown`.
   */
  write<Result>(work: () => Result, committed?: (result: Result) => void): Promise<Result>;
  /** Commits what waits. */
  flush(): void;
}

/**
 * Commits writes that come at the same time together, in the order in which they came: the disk is asked to sync once
 * for all of them, and each is acknowledged only after that. A transaction in which one write fails is undone, and its
 * writes are made again one by one, so that none harms its neighbours; savepoints would cost every write what almost
 * none needs. `transaction` runs work in one transaction that is undone when the work or the commit throws; after an
 * `OutcomeUnknown` nothing is made again, for it may be written already.
 */
export function createGroupCommit(transaction: <Result>(work: () => Result) => Result): GroupCommit {
  let waiting: Write[] = [];
  let isScheduled = false;
  /** How many of those that wait are committed one by one, since they failed together. */
  let alone = 0;

  function schedule(delay?: number): void {
    if (isScheduled || waiting.length === 0) return;
    isScheduled = true;
    if (delay === undefined) setImmediate(commitNext);
    else setTimeout(commitNext, delay);
  }

  function commitNext(): void {
    isScheduled = false;
    // Waits without blocking while another process writes.
    schedule(commit(takeBatch()) ? undefined : 5 + Math.random() * 20);
  }

  function takeBatch(): Write[] {
    if (alone === 0) return waiting.splice(0, maxTogether);
    alone--;
    return waiting.splice(0, 1);
  }

  /** Answers whether the lock was free; writes that did not get it in time fail, the others wait on. */
  function commit(writes: readonly Write[]): boolean {
    let results: unknown[];
    try {
      results = transaction(() => writes.map(({ work }) => work()));
    } catch (error) {
      if (isLocked(error)) {
        const now = performance.now();
        for (const { failed } of writes.filter(({ deadline }) => deadline < now)) failed(toUnavailable(error));
        waiting = [...writes.filter(({ deadline }) => deadline >= now), ...waiting];
        return false;
      }
      if (writes.length > 1 && !(error instanceof OutcomeUnknown)) {
        waiting = [...writes, ...waiting];
        alone = writes.length;
      } else for (const { failed } of writes) failed(isStorageFault(error) ? toUnavailable(error) : error);
      return true;
    }
    for (const [index, { done }] of writes.entries()) done(results[index]);
    return true;
  }

  return {
    write<Result>(work: () => Result, committed?: (result: Result) => void): Promise<Result> {
      if (waiting.length >= maxWaiting) return Promise.reject(new StorageUnavailable('Too many writes are waiting.'));
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const done = (result: unknown) => {
        try {
          committed?.(result as Result);
          resolve(result as Result);
        } catch (error) {
          reject(error);
        }
      };
      waiting.push({ work, done, failed: reject, deadline: performance.now() + lockTimeout });
      schedule();
      return promise;
    },
    flush() {
      while (waiting.length > 0 && commit(takeBatch()));
    },
  };
}
