import { setImmediate } from 'node:timers/promises';

export const fail = (message = 'no'): never => {
  throw new Error(message);
};

/** Returns a value in a later turn. */
export async function later<Value>(value: Value): Promise<Value> {
  await setImmediate();
  return value;
}

/** Fails in a later turn. */
export async function reject(message = 'no'): Promise<never> {
  await setImmediate();
  return fail(message);
}
