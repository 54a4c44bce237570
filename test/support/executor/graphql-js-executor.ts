import { type ExecutionArgs, type ExecutionResult, execute, subscribe } from 'graphql';
import { restoreExactVariables } from '../../../src/graphql-executor/sent-values.ts';
import type { Execution, Executor } from '../../../src/http/graphql/executor.ts';

/** graphql-js in place of the gateway's own executor. It does not charge the response to the budget. */
export const graphqlJsExecutor: Executor = {
  execute: (execution) => execute(toArgs(execution)),
  async subscribe(execution) {
    const answers = await subscribe(toArgs(execution));
    if (!(Symbol.asyncIterator in answers)) return answers;
    const { budget } = execution;
    const counted: AsyncIterableIterator<ExecutionResult> = {
      next() {
        budget.restart();
        return answers.next();
      },
      async return() {
        budget.restart();
        return answers.return();
      },
      [Symbol.asyncIterator]() {
        return counted;
      },
    };
    return counted;
  },
};

function toArgs({
  schema,
  document,
  operation,
  contextValue,
  hideSuggestions,
  variableValues,
}: Execution): ExecutionArgs {
  return {
    schema,
    document,
    operationName: operation.name?.value,
    contextValue,
    variableValues: restoreExactVariables(schema, operation, variableValues ?? {}),
    hideSuggestions,
    // Callers never get more errors than this (contract, section 7).
    options: { maxCoercionErrors: 10 },
  };
}
