import type { GraphQLResolveInfo, VariableValues } from 'graphql';
import { type FieldPlan, findSelectedBelow, type Plan } from './plan.ts';

/** The path of a value in the answer: a linked list that starts at the last key. */
export type Path = GraphQLResolveInfo['path'];

/** The `info` argument of a resolver. Most resolvers read nothing of it, so its members are computed on access. */
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

  /** The names of the fields selected at a path of fields below this one; undefined when that depends on a type. */
  findSelectedBelow(names: readonly string[]): ReadonlySet<string> | undefined {
    return findSelectedBelow(this.#plan, this.#field, names);
  }

  /** Executions cannot be cancelled. */
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
