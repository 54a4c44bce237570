export interface BoundedCache<Value> {
  get(key: string): Value | undefined;
  /** Keeps a value. `cost` is in bytes and includes the key; above an eighth of `maxBytes` the value is not kept. */
  set(key: string, value: Value, cost: number): void;
}

/**
 * A cache of recently used values that holds at most about twice `maxBytes`, in two generations. A hit in the old
 * generation moves the value to the young one. When the young one is full it becomes the old one, and values of the
 * previous old one that were not used since are dropped.
 */
export function createBoundedCache<Value>(maxBytes: number): BoundedCache<Value> {
  let young = new Map<string, { readonly value: Value; readonly cost: number }>();
  let old: typeof young = new Map();
  let size = 0;

  function set(key: string, value: Value, cost: number): void {
    if (cost > maxBytes / 8) return;
    size += cost;
    if (size > maxBytes) {
      old = young;
      young = new Map();
      size = cost;
    }
    young.set(key, { value, cost });
  }

  return {
    get(key) {
      const entry = young.get(key);
      if (entry !== undefined) return entry.value;
      const found = old.get(key);
      if (found !== undefined) set(key, found.value, found.cost);
      return found?.value;
    },
    set,
  };
}
