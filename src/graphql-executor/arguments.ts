import { GraphQLError, getArgumentValues, type VariableValues } from 'graphql';
import type { FieldPlan } from './plan.ts';
import { inlineVariables } from './sent-values.ts';

/** How many characters the variables inside literals may have in all, written out: what a request body could hold. */
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

  /** Throws a `GraphQLError` for arguments that are not valid, and for literals that grow too large with their variables. */
  of({ definition, nodes, inlined }: FieldPlan): Record<string, unknown> {
    let variables = this.#variables;
    if (inlined) {
      const { values, measureLength } = inlineVariables(inlined.scalar, this.#given, variables);
      for (const name of inlined.names) this.#inlinedLength += measureLength(name);
      if (this.#inlinedLength > maxInlinedLength) {
        const message = `Argument of "${definition.name}" has too large a value: variables inside literals may have ${maxInlinedLength} characters in all.`;
        throw new GraphQLError(message, { nodes });
      }
      variables = values;
    }
    return getArgumentValues(definition, nodes[0], variables, undefined, this.#hideSuggestions);
  }
}
