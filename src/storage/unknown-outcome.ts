import { OutcomeUnknown, StorageUnavailable } from '../domain/faults.ts';

/** How often to retry a write while a database is in doubt, in milliseconds. */
const retryIntervalMs = 1_000;

/** A database is in doubt while it has left the outcome of a write unknown and no write has succeeded since. */
export interface Doubt {
  /** Records that an outcome is unknown, and returns the error for the caller of that write. */
  raise(cause: unknown): OutcomeUnknown;
  /** Records that a write has succeeded. */
  settle(): void;
  /** Whether an outcome is unknown. */
  isOpen(): boolean;
  /** Throws `StorageUnavailable` while an outcome is unknown: the database is not ready. */
  assertSettled(): void;
  /** Stops retrying. */
  close(): void;
}

/**
 * Keeps a database that did not confirm a commit out of service until a write succeeds. Meanwhile `tryToWrite` runs
 * every second, so that a gateway without traffic becomes ready again too. It must call `settle` once it has written.
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
      if (isInDoubt) throw new StorageUnavailable('The outcome of a write is unknown.');
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
