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
