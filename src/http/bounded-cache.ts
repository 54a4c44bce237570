/** How many documents are kept, and how many characters each may have. */
const mostEntries = 1_000;
const mostCharacters = 16_384;

/** Keeps what was used last, by short keys only: documents that nobody repeats take no memory for long. */
export function boundedCache<Value>() {
  const entries = new Map<string, Value>();
  return {
    get(key: string): Value | undefined {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key: string, value: Value): void {
      if (key.length > mostCharacters) return;
      if (entries.size >= mostEntries) entries.delete(entries.keys().next().value as string);
      entries.set(key, value);
    },
  };
}
