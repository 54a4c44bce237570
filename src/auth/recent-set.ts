/** A set that forgets what was not added recently. */
export interface RecentSet {
  has(key: string): boolean;
  add(key: string): void;
  delete(key: string): void;
}

/** Creates a set of the keys that were added most recently: at least `size`, at most twice as many. */
export function createRecentSet(size: number): RecentSet {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    has: (key) => young.has(key) || old.has(key),
    add(key) {
      if (young.has(key)) return;
      if (young.size >= size) [young, old] = [new Set(), young];
      young.add(key);
    },
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
  };
}
