import type { GraphQLResolveInfo, VariableValues } from 'graphql';
import { type FieldPlan, findSelectedBelow, type Plan } from './plan.ts';

/** Where a value stands in the answer, from its end. */
export type Path = GraphQLResolveInfo['path'];

/** What a resolver can see of its field. Most look at nothing of it, so nothing is made before it is looked at. */
export class Info implements GraphQLResolveInfo {
  readonly path: Path;
  readonly variableValues: VariableValues;
  readonly #plan: Plan;
  readonly #field: FieldPlan;

  constructor(plan: Plan, variableValues: VariableValues, field: FieldPlan, path: Path) {
    this.path = path;
    this.variableValues = variableValues;
    this.#plan = plan;
    this.#field = field;
  }

  get fieldName() {
    return this.#field.definition.name;
  }
  get fieldNodes() {
    return this.#field.nodes;
  }
  get returnType() {
    return this.#field.definition.type;
  }
  get parentType() {
    return this.#field.parentType;
  }
  get schema() {
    return this.#plan.schema;
  }
  get fragments() {
    return this.#plan.fragments;
  }
  get operation() {
    return this.#plan.operation;
  }
  get rootValue() {
    return undefined;
  }

  /** The names of the fields that are selected behind fields below this one; undefined where that depends on a type. */
  findSelectedBelow(names: readonly string[]): ReadonlySet<string> | undefined {
    return findSelectedBelow(this.#plan, this.#field, names);
  }

  /** Executions are not cancelled. */
  getAbortSignal() {
    return undefined;
  }
  getAsyncHelpers() {
    return asyncHelpers;
  }
}

const asyncHelpers = {
  promiseAll: <Value>(values: readonly (Value | PromiseLike<Value>)[]) => Promise.all(values),
  track: () => undefined,
};
