let lastTurn = Promise.resolve();

/**
 * Resolves in a turn of the event loop that no other waiter gets, so other work runs in between, however many callers
 * are waiting.
 */
export function waitForLoopTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => new Promise((resolve) => void setImmediate(resolve)));
  return lastTurn;
}

/** How long a part of a long computation may hold the event loop, in milliseconds. */
const maxTurnTime = 10;

/** Maps a list in parts of about 10 ms, between which other work runs. */
export async function mapInTurns<Entry, Result>(
  entries: readonly Entry[],
  toResult: (entry: Entry, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  let start = performance.now();
  for (const [index, entry] of entries.entries()) {
    if (performance.now() - start > maxTurnTime) {
      await waitForLoopTurn();
      start = performance.now();
    }
    results.push(toResult(entry, index));
  }
  return results;
}

/** How long small pieces of work may share a turn of the event loop, in milliseconds. */
const maxSharedTime = 5;
let lastShare = Promise.resolve();
let sharedSince: number | undefined;

/**
 * Resolves for one waiter after the other, and in a new turn of the event loop when those before have shared this one for
 * 5 ms. For pieces of work that are too small for a turn each: every turn may have to wait for a commit.
 */
export function shareLoopTurn(): Promise<void> {
  lastShare = lastShare.then(async () => {
    if (sharedSince !== undefined && performance.now() - sharedSince >= maxSharedTime) await waitForLoopTurn();
    if (sharedSince !== undefined) return;
    sharedSince = performance.now();
    setImmediate(() => {
      sharedSince = undefined;
    });
  });
  return lastShare;
}

/**
 * Creates a queue that runs work one at a time. Work that had to wait starts in a separate turn of the event loop,
 * since reads from a SQLite file block the loop.
 */
export function createQueue(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> | undefined;
  return async (work) => {
    const result = last ? last.then(waitForLoopTurn, waitForLoopTurn).then(work) : work();
    last = result;
    try {
      return await result;
    } finally {
      if (last === result) last = undefined;
    }
  };
}
