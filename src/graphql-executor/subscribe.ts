import { createSourceEventStream, type ExecutionResult, validateSubscriptionArgs } from 'graphql';
import { execute } from './execute.ts';
import type { Execution } from './execution.ts';
import { findOversizedVariables, maxVariableErrors } from './oversized-values.ts';
import { restoreExactVariables } from './sent-values.ts';

/**
 * Subscribes as section 6.2.3 of the GraphQL specification requires, and executes each event like a query. Resolves to
 * a stream of answers, or to the errors that prevented its start. Events are executed one at a time, on demand, and
 * each has the whole budget. `return` ends the source at once, even while it waits for an event.
 */
export async function subscribe(
  execution: Execution,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const { schema, operation } = execution;
  const given = execution.variableValues ?? {};
  const oversized = findOversizedVariables(schema, operation, given);
  if (oversized.length > 0) return { errors: oversized };
  const variableValues = restoreExactVariables(schema, operation, given);
  const args = validateSubscriptionArgs({
    ...execution,
    operationName: operation.name?.value,
    variableValues,
    options: { maxCoercionErrors: maxVariableErrors },
  });
  if (!('operation' in args)) return { errors: args };
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const events = source[Symbol.asyncIterator]();
  let isEnded = false;
  const answers: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      // The reader has taken the previous answer.
      execution.budget?.restart();
      const event = await events.next();
      if (event.done) return { done: true, value: undefined };
      const value = await execute({ ...execution, event: event.value });
      if (isEnded) execution.budget?.restart();
      return { done: false, value };
    },
    async return() {
      isEnded = true;
      execution.budget?.restart();
      await events.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return answers;
    },
  };
  return answers;
}
