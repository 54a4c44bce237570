import { OutcomeUnknown, StorageUnavailable } from '../domain/faults.ts';

/** How long to wait before a database in doubt is asked to write again, in milliseconds. */
const retryIntervalMs = 1_000;

/** Whether a database has left the outcome of a write open, and has not written anything since. */
export interface Doubt {
  /** Notes that an outcome is not known, and returns the error for the caller who asked for the write. */
  raise(cause: unknown): OutcomeUnknown;
  /** Notes that a write has succeeded. */
  settle(): void;
  /** Whether an outcome is not known. */
  isOpen(): boolean;
  /** Throws `StorageUnavailable` while an outcome is not known: the database is not ready. */
  assertSettled(): void;
  /** Stops retrying. */
  close(): void;
}

/**
 * Keeps a database that did not confirm a commit out of service until a write succeeds. `tryToWrite` runs every second
 * meanwhile, so that a gateway without traffic becomes ready again too; it calls `settle` once it has written.
 */
export function createDoubt(tryToWrite: () => void | Promise<void>): Doubt {
  let isInDoubt = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  function schedule(): void {
    if (!isInDoubt || isClosed || timer) return;
    timer = setTimeout(retry, retryIntervalMs).unref();
  }

  async function retry(): Promise<void> {
    try {
      await tryToWrite();
    } catch {
      // Still in doubt.
    }
    timer = undefined;
    schedule();
  }

  return {
    raise(cause) {
      isInDoubt = true;
      schedule();
      return new OutcomeUnknown('The database did not confirm a write: it may or may not have been written.', {
        cause,
      });
    },
    settle() {
      isInDoubt = false;
    },
    isOpen: () => isInDoubt,
    assertSettled() {
      if (isInDoubt) throw new StorageUnavailable('The outcome of a write is not known.');
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
