let lastTurn = Promise.resolve();

/**
 * Resolves in a turn of the event loop that nobody else who waits here gets: what others have to do comes in between,
 * however much work of this kind there is.
 */
export function waitForLoopTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => new Promise((resolve) => void setImmediate(resolve)));
  return lastTurn;
}

/**
 * Does pieces of work one after the other. What has waited begins in a turn of the event loop of its own, since reads of
 * a file hold the loop as long as they take.
 */
export function createQueue(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> | undefined;
  return async (work) => {
    const mine = last ? last.then(waitForLoopTurn, waitForLoopTurn).then(work) : work();
    last = mine;
    try {
      return await mine;
    } finally {
      if (last === mine) last = undefined;
    }
  };
}
