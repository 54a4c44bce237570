import { type ExecutionResult, getVariableValues, type OperationDefinitionNode, type VariableValues } from 'graphql';
import type { Execution } from './execution.ts';
import { isConditional, type Plan, planOperation } from './plan.ts';
import { isPromise } from './promises.ts';
import { Run, toGraphQLError } from './run.ts';
import { restoreExactVariables } from './sent-values.ts';

/** The most errors that variables are refused with: each may quote a value whole. */
const maxVariableErrors = 10;

const plans = new WeakMap<OperationDefinitionNode, Plan | 'conditional'>();

/**
 * Executes a query or mutation of a valid document, as section 6 of the GraphQL specification says and graphql-js does
 * it. Returns the answer, or the promise of it where something in it has to be waited for.
 */
export function execute(execution: Execution): ExecutionResult | Promise<ExecutionResult> {
  const { schema, operation, hideSuggestions } = execution;
  const values = restoreExactVariables(schema, operation, execution.variableValues ?? {});
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], values, {
    maxErrors: maxVariableErrors,
    hideSuggestions,
  });
  if (coerced.errors) return { errors: coerced.errors };
  let planned: Plan;
  try {
    planned = plan(execution, coerced.variableValues);
  } catch (error) {
    // A variable of `@skip` or `@include` that is null.
    return { errors: [toGraphQLError(error)], data: null };
  }
  const run = new Run(planned, execution, coerced.variableValues);
  try {
    const data =
      operation.operation === 'mutation'
        ? run.executeSerially()
        : run.executeFields(planned.root, execution.event, undefined);
    return isPromise(data) ? data.then(run.answer, run.failed) : run.answer(data);
  } catch (error) {
    return run.failed(error);
  }
}

function plan({ schema, document, operation }: Execution, variables: VariableValues): Plan {
  const known = plans.get(operation);
  if (known && known !== 'conditional') return known;
  const made = planOperation(schema, document, operation, variables);
  if (!known) plans.set(operation, isConditional(document) ? 'conditional' : made);
  return made;
}
