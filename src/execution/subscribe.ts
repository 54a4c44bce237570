import { createSourceEventStream, type ExecutionResult, validateSubscriptionArgs } from 'graphql';
import { type Execution, execute } from './execute.ts';

/**
 * Subscribes as section 6.2.3 of the GraphQL specification says, and executes each event as a query is executed. Resolves
 * to a stream of answers, or to the errors that kept it from starting. Each event is an answer of its own to the budget. They are executed one at a time, as they are asked for; `return` ends the source at once, whatever it is waiting for.
 */
export async function subscribe(
  execution: Execution & { readonly operationName: string | null | undefined },
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const args = validateSubscriptionArgs(execution);
  if (!('operation' in args)) return { errors: args };
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const events = source[Symbol.asyncIterator]();
  const answers: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      const event = await events.next();
      if (event.done) return { done: true, value: undefined };
      execution.budget?.restart();
      return { done: false, value: await execute({ ...execution, event: event.value }) };
    },
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return answers;
    },
  };
  return answers;
}
