import { type ExecutionResult, getVariableValues, type OperationDefinitionNode, type VariableValues } from 'graphql';
import type { Execution } from './execution.ts';
import { findOversizedVariables, maxVariableErrors } from './oversized-values.ts';
import { isConditional, type Plan, planOperation } from './plan.ts';
import { isPromise } from './promises.ts';
import { Run, toGraphQLError } from './run-plan.ts';
import { restoreExactVariables } from './sent-values.ts';

const plans = new WeakMap<OperationDefinitionNode, Plan | 'conditional'>();

/**
 * Executes a query or mutation of a valid document as section 6 of the GraphQL specification requires, like graphql-js.
 * Returns the answer, or a promise if any resolver is asynchronous.
 */
export function execute(execution: Execution): ExecutionResult | Promise<ExecutionResult> {
  const { schema, operation, hideSuggestions } = execution;
  const oversized = findOversizedVariables(schema, operation, execution.variableValues ?? {});
  if (oversized.length > 0) return { errors: oversized };
  const values = restoreExactVariables(schema, operation, execution.variableValues ?? {});
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], values, {
    maxErrors: maxVariableErrors,
    hideSuggestions,
  });
  if (coerced.errors) return { errors: coerced.errors };
  let plan: Plan;
  try {
    plan = findPlan(execution, coerced.variableValues);
  } catch (error) {
    // The variable of a `@skip` or `@include` is null.
    return { errors: [toGraphQLError(error)], data: null };
  }
  const run = new Run(plan, execution, coerced.variableValues);
  try {
    const data =
      operation.operation === 'mutation'
        ? run.executeSerially()
        : run.executeFields(plan.root, execution.event, undefined);
    return isPromise(data) ? data.then(run.toResult, run.toFailure) : run.toResult(data);
  } catch (error) {
    return run.toFailure(error);
  }
}

function findPlan({ schema, document, operation }: Execution, variables: VariableValues): Plan {
  const known = plans.get(operation);
  if (known && known !== 'conditional') return known;
  const created = planOperation(schema, document, operation, variables);
  if (!known) plans.set(operation, isConditional(document) ? 'conditional' : created);
  return created;
}
