import { GraphQLError, getArgumentValues, type VariableValues } from 'graphql';
import type { FieldPlan } from './plan.ts';
import { inlineVariables } from './sent-values.ts';

/**
 * The maximum total length of the variables inlined into literals, in characters: as much as a request body may hold.
 */
const maxInlinedLength = 2 * 1024 * 1024;

/** Coerces the arguments of the fields of one execution. */
export class Arguments {
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #variables: VariableValues;
  readonly #hideSuggestions: boolean;
  #inlinedLength = 0;

  constructor(given: Readonly<Record<string, unknown>>, variables: VariableValues, hideSuggestions: boolean) {
    this.#given = given;
    this.#variables = variables;
    this.#hideSuggestions = hideSuggestions;
  }

  /** Throws a `GraphQLError` when arguments are invalid, or literals become too large with their variables inlined. */
  coerce({ definition, nodes, inlined }: FieldPlan): Record<string, unknown> {
    let variables = this.#variables;
    if (inlined) {
      const { values, measure } = inlineVariables(inlined.scalar, this.#given, variables);
      for (const name of inlined.names) this.#inlinedLength += measure(name);
      if (this.#inlinedLength > maxInlinedLength) {
        const message = `Argument of "${definition.name}" is too large: variables inside literals may have at most ${maxInlinedLength} characters in total.`;
        throw new GraphQLError(message, { nodes });
      }
      variables = values;
    }
    return getArgumentValues(definition, nodes[0], variables, undefined, this.#hideSuggestions);
  }
}
