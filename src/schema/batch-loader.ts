/**
 * Loads all keys that are requested in one turn, as a whole page does, with a single call. Caches nothing, since a
 * stream may live long.
 */
export function createBatchLoader<Key, Result>(
  load: (keys: readonly Key[]) => Promise<Result>,
): (key: Key) => Promise<Result> {
  let waiting: Key[] = [];
  let batch: Promise<Result> | undefined;
  return (key) => {
    waiting.push(key);
    batch ??= Promise.resolve().then(() => {
      const keys = waiting;
      waiting = [];
      batch = undefined;
      return load(keys);
    });
    return batch;
  };
}
