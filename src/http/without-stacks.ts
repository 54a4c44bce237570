/**
 * Runs work that creates errors for callers. They need no stack: capturing one takes longer than the rest of a refusal, and
 * keeps the state of a validation alive.
 */
export function runWithoutStacks<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
