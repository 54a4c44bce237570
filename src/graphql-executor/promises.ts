export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** The same object, once what some of its keys promise is there. */
export async function settled(
  results: Record<string, unknown>,
  pending: readonly string[],
): Promise<Record<string, unknown>> {
  const values = await Promise.all(pending.map((key) => results[key]));
  for (const [index, key] of pending.entries()) results[key] = values[index];
  return results;
}

/** Lets the promises among these fail without a word: they go on, and nobody waits for them any more. */
export function forget(values: Iterable<unknown>): void {
  for (const value of values) if (isPromise(value)) value.then(undefined, () => undefined);
}
