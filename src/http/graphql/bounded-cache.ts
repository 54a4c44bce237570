export interface BoundedCache<Value> {
  get(key: string): Value | undefined;
  /** Keeps a value that costs so many bytes, its key included; one that costs more than an eighth of all is not kept. */
  set(key: string, value: Value, cost: number): void;
}

/**
 * Keeps what was used lately within about twice `maxBytes`, in two generations: what is found in the old one moves to
 * the young one; when that is full it becomes the old one, and what was not used since is dropped.
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
