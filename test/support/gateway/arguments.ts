import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

/** An operation that calls one root field with a value for each required argument. */
export interface FieldCall {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/**
 * Calls a root field of the schema as `result`. Ids and strings are `text`, numbers are 1, and everything optional is
 * omitted. `selection` lists the fields to read from an object.
 */
export function buildCall(
  operation: 'query' | 'mutation' | 'subscription',
  field: GraphQLField<unknown, unknown>,
  { text, selection }: { text: string; selection: string },
): FieldCall {
  const required = field.args.filter(isRequiredArgument);
  const definitions = required.map(({ name, type }) => `$${name}: ${String(type)}`);
  const given = required.map(({ name }) => `${name}: $${name}`);
  const parenthesized = (parts: string[]) => (parts.length > 0 ? `(${parts.join(', ')})` : '');
  const selected = isCompositeType(getNamedType(field.type)) ? ` { ${selection} }` : '';
  return {
    query: `${operation} ${parenthesized(definitions)} { result: ${field.name}${parenthesized(given)}${selected} }`,
    variables: Object.fromEntries(required.map(({ name, type }) => [name, buildValue(type, text)])),
  };
}

function buildValue(type: GraphQLInputType, text: string): unknown {
  if (isNonNullType(type)) return buildValue(type.ofType, text);
  if (isListType(type)) return [];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, buildValue(field.type, text)]));
  }
  const values: Record<string, unknown> = {
    ID: text,
    String: text,
    Int: 1,
    Float: 1,
    Boolean: true,
    DateTime: '2026-11-22T10:00:00.000Z',
    JSON: {},
    JSONObject: {},
  };
  if (!(type.name in values)) throw new Error(`No value is known for the scalar ${type.name}: add one here.`);
  return values[type.name];
}
