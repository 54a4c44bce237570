/**
 * Gives work that has one key its turn, one after the other: writers of one experiment would meet in storage, and wait
 * for each other there, or read what another is about to change.
 */
export function createKeyedQueue(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key);
    const mine = before ? before.then(work, work) : work();
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}

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
