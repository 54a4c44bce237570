import type { ExperimentStore } from './store.ts';

/** How often the purge looks for what has expired, in milliseconds (contract, section 4). */
const intervalMs = 60_000;
/** How long other work has between two parts of a purge, in milliseconds. */
const pauseMs = 20;

/**
 * Permanently deletes what has been in the trash for long enough, and idempotency keys that have expired: now and every
 * minute, in small parts. `report` is called with what went wrong; the next minute tries again. Call the returned
 * function to stop; it resolves when the part under way is done.
 */
export function startPurge(
  store: Pick<ExperimentStore, 'purge' | 'purgeKeys'>,
  report: (error: unknown) => void,
  now: () => Date = () => new Date(),
): () => Promise<void> {
  const stopping = new AbortController();
  let pass = purge();
  const timer = setInterval(() => {
    pass = pass.then(purge);
  }, intervalMs);
  timer.unref();

  async function purge(): Promise<void> {
    await purgeAll(() => store.purge(now()));
    await purgeAll(() => store.purgeKeys(now()));
  }

  async function purgeAll(purgePart: () => Promise<boolean>): Promise<void> {
    try {
      while (!stopping.signal.aborted && (await purgePart())) await pause();
    } catch (error) {
      report(error);
    }
  }

  return () => {
    stopping.abort();
    clearInterval(timer);
    return pass;
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, pauseMs).unref());
}
