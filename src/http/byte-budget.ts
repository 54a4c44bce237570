/** An amount of bytes that several requests share. */
export interface ByteBudget {
  /** Takes the bytes and returns true; takes none and returns false when fewer are left. */
  take(bytes: number): boolean;
  give(bytes: number): void;
  /** How many bytes are taken. */
  countUsed(): number;
}

/** Creates a budget of `size` bytes. Bytes taken from it are taken from `within` as well, if given. */
export function createByteBudget(size: number, within?: ByteBudget): ByteBudget {
  let left = size;
  return {
    take(bytes) {
      if (bytes > left || within?.take(bytes) === false) return false;
      left -= bytes;
      return true;
    },
    give(bytes) {
      left += bytes;
      within?.give(bytes);
    },
    countUsed: () => size - left,
  };
}
