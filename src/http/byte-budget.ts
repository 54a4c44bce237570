/** An amount of bytes that several requests share. */
export interface ByteBudget {
  /** Takes so many bytes, or none of them and returns false when fewer are left. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** A budget of so many bytes. With `within`, what is taken counts there as well. */
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
  };
}
