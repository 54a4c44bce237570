import {
  defaultTypeResolver,
  type ExecutionResult,
  GraphQLError,
  type GraphQLResolveInfo,
  locatedError,
  responsePathAsArray,
  type VariableValues,
} from 'graphql';
import { Arguments } from './arguments.ts';
import type { Budget, Execution } from './execution.ts';
import { Info, type Path } from './info.ts';
import type { FieldPlan, Plan, Shape } from './plan.ts';
import { awaitMembers, ignoreRejections, isPromise } from './promises.ts';

/** A completed value, or a promise of one. */
type Completed = unknown;

/** One execution, with the errors that it has collected. */
export class Run {
  readonly plan: Plan;
  readonly variables: VariableValues;
  readonly #context: unknown;
  readonly #arguments: Arguments;
  readonly #budget: Budget | undefined;
  readonly #errors: GraphQLError[] = [];
  /** Where an error has left null: errors below it are suppressed (spec 6.4.4). */
  readonly #nulled = new Set<Path | undefined>();

  constructor(
    plan: Plan,
    { contextValue, hideSuggestions, variableValues, budget }: Execution,
    variables: VariableValues,
  ) {
    this.plan = plan;
    this.variables = variables;
    this.#context = contextValue;
    this.#arguments = new Arguments(variableValues ?? {}, variables, hideSuggestions);
    this.#budget = budget;
  }

  readonly toResult = (data: unknown): ExecutionResult =>
    this.#errors.length > 0
      ? { errors: this.#errors, data: data as ExecutionResult['data'] }
      : { data: data as ExecutionResult['data'] };

  readonly toFailure = (error: unknown): ExecutionResult => {
    this.#add(toGraphQLError(error), undefined);
    return this.toResult(null);
  };

  /** Executes the root fields of a mutation one after the other. */
  async executeSerially(): Promise<Record<string, unknown>> {
    const results = createEmptyObject(this.plan.root);
    for (const field of this.plan.root) {
      this.#budget?.charge(field.bytes);
      try {
        results[field.key] = await this.#settle(field.shape, field, toPath(field, undefined), undefined, true);
      } catch (error) {
        throw locatedError(error, field.nodes, [field.key]);
      }
    }
    return results;
  }

  executeFields(selection: readonly FieldPlan[], source: unknown, path: Path | undefined): Completed {
    const results = createEmptyObject(selection);
    let pending: string[] | undefined;
    if (this.#budget) this.#budget.charge(countBytes(selection));
    try {
      for (const field of selection) {
        const completed = this.#settle(field.shape, field, toPath(field, path), source, true);
        results[field.key] = completed;
        if (isPromise(completed)) (pending ??= []).push(field.key);
      }
    } catch (error) {
      ignoreRejections(Object.values(results));
      throw error;
    }
    return pending ? awaitMembers(results, pending) : results;
  }

  /**
   * Resolves and completes a field of an object, or completes an entry of a list. An error becomes null here or, for a
   * non-null type, propagates. One function does both, since another call per field costs a page of 50 a few percent.
   */
  #settle(shape: Shape, field: FieldPlan, path: Path, source: unknown, isField: boolean): Completed {
    try {
      const value = isField ? this.#resolve(field, source, path) : source;
      const completed = isPromise(value)
        ? Promise.resolve(value).then((resolved) => this.#complete(shape, field, path, resolved))
        : this.#complete(shape, field, path, value);
      return isPromise(completed)
        ? completed.then(undefined, (error: unknown) => this.#fail(error, shape, field, path))
        : completed;
    } catch (error) {
      return this.#fail(error, shape, field, path);
    }
  }

  #resolve(field: FieldPlan, source: unknown, path: Path): unknown {
    const { definition, takesInfo } = field;
    const { resolve } = definition;
    const args = field.args ?? this.#arguments.coerce(field);
    if (resolve) {
      const info = (takesInfo ? this.#createInfo(field, path) : undefined) as GraphQLResolveInfo;
      return resolve(source, args, this.#context, info);
    }
    if ((typeof source !== 'object' && typeof source !== 'function') || source === null) return undefined;
    const value = (source as Record<string, unknown>)[definition.name];
    return typeof value === 'function' ? value.call(source, args, this.#context, this.#createInfo(field, path)) : value;
  }

  #createInfo(field: FieldPlan, path: Path): GraphQLResolveInfo {
    return new Info(this.plan, this.variables, field, path);
  }

  #complete(shape: Shape, field: FieldPlan, path: Path, value: unknown): Completed {
    if (value instanceof Error) throw value;
    if (value === null || value === undefined) {
      if (shape.isNonNull) throw new Error(`Cannot return null for non-nullable field ${nameField(field)}.`);
      return null;
    }
    switch (shape.kind) {
      case 'leaf': {
        const coerced = shape.type.coerceOutputValue(value);
        if (coerced !== null && coerced !== undefined) {
          if (typeof coerced === 'string') this.#budget?.chargeText(coerced);
          return coerced;
        }
        throw new Error(`Expected \`${shape.type.name}.coerceOutputValue\` of ${nameField(field)} to return a value.`);
      }
      case 'list':
        return this.#completeList(shape.item, field, path, value);
      case 'object':
        return this.#completeObject(shape.type, field, path, value);
      case 'abstract': {
        const { type } = shape;
        const resolveType = type.resolveType ?? defaultTypeResolver;
        const name = resolveType(value, this.#context, this.#createInfo(field, path), type);
        return isPromise(name)
          ? name.then((resolved) => this.#completeObject(this.#findType(resolved, shape, field), field, path, value))
          : this.#completeObject(this.#findType(name, shape, field), field, path, value);
      }
    }
  }

  #completeList(item: Shape, field: FieldPlan, path: Path, value: unknown): Completed {
    if (typeof value !== 'object' || value === null || !(Symbol.iterator in value))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${nameField(field)}".`);
    const results: unknown[] = [];
    let isPending = false;
    try {
      for (const entry of value as Iterable<unknown>) {
        const completed = this.#settle(
          item,
          field,
          { prev: path, key: results.length, typename: undefined },
          entry,
          false,
        );
        results.push(completed);
        if (isPromise(completed)) isPending = true;
      }
    } catch (error) {
      ignoreRejections(results);
      ignoreRejections(value as Iterable<unknown>); // the entries after the one that failed
      throw error;
    }
    return isPending ? Promise.all(results) : results;
  }

  #completeObject(type: Plan['rootType'], field: FieldPlan, path: Path, value: unknown): Completed {
    const isOfType = type.isTypeOf ? type.isTypeOf(value, this.#context, this.#createInfo(field, path)) : true;
    if (isPromise(isOfType)) return isOfType.then((isOf) => this.#executeBelow(isOf, type, field, path, value));
    return this.#executeBelow(isOfType, type, field, path, value);
  }

  #executeBelow(isOfType: boolean, type: Plan['rootType'], field: FieldPlan, path: Path, value: unknown): Completed {
    if (!isOfType) throw new GraphQLError(`Expected value of type "${type.name}" for ${nameField(field)}.`, field);
    return this.executeFields(this.plan.below(field, type), value, path);
  }

  #findType(name: unknown, { type }: Shape & { kind: 'abstract' }, field: FieldPlan): Plan['rootType'] {
    const { schema } = this.plan;
    const found = schema.getPossibleTypes(type).find((possible) => possible.name === name);
    if (found) return found;
    throw new GraphQLError(
      `Abstract type "${type.name}" of ${nameField(field)} must resolve to one of its types.`,
      field,
    );
  }

  /** Handles an error: records it and returns null or, for a non-null type, throws it to the parent. */
  #fail(cause: unknown, { isNonNull }: Shape, { nodes }: FieldPlan, path: Path): null {
    // The whole answer is refused, so errors for each of its fields would be useless.
    if (this.#budget?.refused) throw this.#budget.refused;
    const error = locatedError(cause, nodes, responsePathAsArray(path));
    if (isNonNull) throw error;
    this.#add(error, path);
    return null;
  }

  #add(error: GraphQLError, path: Path | undefined): void {
    for (let at = path; at; at = at.prev) if (this.#nulled.has(at)) return;
    if (this.#nulled.has(undefined)) return;
    this.#nulled.add(path);
    this.#errors.push(error);
  }
}

function toPath({ key, parentType }: FieldPlan, prev: Path | undefined): Path {
  return { prev, key, typename: parentType.name };
}

function nameField({ parentType, definition }: FieldPlan): string {
  return `${parentType.name}.${definition.name}`;
}

/** An object for the fields of a selection. A key `__proto__` would set the prototype of a plain object. */
function createEmptyObject(selection: readonly FieldPlan[]): Record<string, unknown> {
  return selection.some(({ key }) => key === '__proto__') ? Object.create(null) : {};
}

/** The size of an object with these fields in JSON, in bytes, without their values. */
function countBytes(selection: readonly FieldPlan[]): number {
  let bytes = 2;
  for (const field of selection) bytes += field.bytes;
  return bytes;
}

/** Converts a thrown value to an error of the answer. */
export function toGraphQLError(error: unknown): GraphQLError {
  return error instanceof GraphQLError ? error : locatedError(error, undefined);
}
