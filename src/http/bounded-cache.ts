/** How many entries each of two generations has, and how many characters a key may have. */
const mostEntries = 500;
const mostCharacters = 16_384;

/**
 * Keeps what was used lately, by short keys only: documents that nobody repeats take no memory for long. What is found in
 * the old generation moves to the young one; when that is full it becomes the old one, and what nobody used is gone.
 */
export function boundedCache<Value>() {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();

  function set(key: string, value: Value): void {
    if (key.length > mostCharacters) return;
    if (young.size >= mostEntries) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  }

  return {
    get(key: string): Value | undefined {
      const value = young.get(key);
      if (value !== undefined) return value;
      const found = old.get(key);
      if (found !== undefined) set(key, found);
      return found;
    },
    set,
  };
}
