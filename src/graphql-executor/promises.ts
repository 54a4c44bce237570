export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Awaits the `pending` members of an object, and returns the same object. */
export async function awaitMembers(
  results: Record<string, unknown>,
  pending: readonly string[],
): Promise<Record<string, unknown>> {
  const values = await Promise.all(pending.map((key) => results[key]));
  for (const [index, key] of pending.entries()) results[key] = values[index];
  return results;
}

/** Ignores rejections of the promises among `values`: they continue, but nothing awaits them. */
export function ignoreRejections(values: Iterable<unknown>): void {
  for (const value of values) if (isPromise(value)) value.then(undefined, () => undefined);
}
