/** How many characters the keys of each of two generations have together: a document takes about a hundred bytes for each. */
const mostCharacters = 131_072;

/**
 * Keeps what was used lately, by short keys only: documents that nobody repeats take no memory for long. What is found in
 * the old generation moves to the young one; when that is full it becomes the old one, and what nobody used is gone.
 */
export function boundedCache<Value>() {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  let characters = 0;

  function set(key: string, value: Value): void {
    if (key.length > mostCharacters / 8) return;
    characters += key.length;
    if (characters > mostCharacters) {
      old = young;
      young = new Map();
      characters = key.length;
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
