import { OutcomeUnknown, StorageUnavailable } from '../../domain/faults.ts';
import { isLocked, isStorageFault, toUnavailable } from './faults.ts';

/** The most rows in one commit. A write of more is committed alone. */
const maxRows = 64;
/** The most writes that may wait; more are refused immediately. */
const maxWaiting = 5_000;
/** How long a write waits for a lock that another process holds, in milliseconds (contract, section 7). */
export const lockTimeout = 2_000;

interface Write {
  readonly work: () => unknown;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
  readonly deadline: number;
  readonly rows: number;
}

/** What is unusual about a write. */
export interface WriteOptions {
  /** How many rows it writes; 1 when absent. */
  readonly rows?: number;
  /** How long it waits for a lock that another process holds, in milliseconds; 2 s when absent. */
  readonly wait?: number;
}

export interface GroupCommit {
  /**
   * Runs work in a transaction that it may share with other writes. Once it is on disk, calls `committed`, in commit
   * order, and resolves. The work may run more than once, so it must do nothing but write. Rejects with
   * `StorageUnavailable` when the lock is not free in time, too many writes wait or the disk refuses. Nothing is
   * written then, except that an `OutcomeUnknown` leaves it open.
   */
  write<Result>(work: () => Result, committed?: (result: Result) => void, options?: WriteOptions): Promise<Result>;
  /** The share of the places that waiting writes take, from 0 to 1. */
  measureQueue(): number;
  /** Commits the waiting writes now, as long as the lock is free. */
  flush(): void;
  /** How many writes wait for their commit. */
  waitingWrites(): number;
}

/**
 * Commits concurrent writes together, in order of arrival: one sync serves all of them, and each is acknowledged only
 * after it. When one write fails, the transaction is rolled back and its writes run again one by one, so that none
 * harms its neighbours. Savepoints were rejected: every write would pay for what almost none needs. `transaction` runs
 * work in one transaction and rolls it back when the work or the commit throws. After an `OutcomeUnknown` nothing is
 * retried, since it may be written already. `onCommit` is told how many writes each commit made durable.
 */
export function createGroupCommit(
  transaction: <Result>(work: () => Result) => Result,
  onCommit: (writes: number) => void = () => undefined,
): GroupCommit {
  let waiting: Write[] = [];
  let isScheduled = false;
  /** How many waiting writes, from the front, are to be committed one by one because they failed together. */
  let oneByOne = 0;

  function schedule(delay?: number): void {
    if (isScheduled || waiting.length === 0) return;
    isScheduled = true;
    if (delay === undefined) setImmediate(commitNext);
    else setTimeout(commitNext, delay);
  }

  function commitNext(): void {
    isScheduled = false;
    // While another process writes, wait without blocking.
    schedule(commit(takeBatch()) ? undefined : 5 + Math.random() * 20);
  }

  function takeBatch(): Write[] {
    if (oneByOne > 0) {
      oneByOne--;
      return waiting.splice(0, 1);
    }
    let rows = 0;
    const next = waiting.findIndex((write) => (rows += write.rows) > maxRows);
    return waiting.splice(0, next === -1 ? waiting.length : Math.max(next, 1));
  }

  /** Returns whether the lock was free. If not, writes past their deadline fail, and the others keep waiting. */
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
        oneByOne = writes.length;
      } else for (const { failed } of writes) failed(isStorageFault(error) ? toUnavailable(error) : error);
      return true;
    }
    onCommit(writes.length);
    for (const [index, { done }] of writes.entries()) done(results[index]);
    return true;
  }

  return {
    write<Result>(
      work: () => Result,
      committed?: (result: Result) => void,
      { rows = 1, wait = lockTimeout }: WriteOptions = {},
    ): Promise<Result> {
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
      waiting.push({ work, done, failed: reject, deadline: performance.now() + wait, rows });
      schedule();
      return promise;
    },
    measureQueue: () => waiting.length / maxWaiting,
    flush() {
      while (waiting.length > 0 && commit(takeBatch()));
    },
    waitingWrites: () => waiting.length,
  };
}
