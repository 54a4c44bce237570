import {
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';

/** More fields than any input has. */
const maxFields = 1_000;

/**
 * Returns an error for each variable with an input object of so many fields that most cannot exist. graphql-js writes
 * the whole object into each of its errors, which took seconds for a hundred thousand fields.
 */
export function findOversizedVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>>,
): GraphQLError[] {
  return variableDefinitions.flatMap((node) => {
    const { value: name } = node.variable.name;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (typeof value !== 'object' || value === null) return [];
    if (!isOversized(typeFromAST(schema, node.type) as GraphQLInputType | undefined, value)) return [];
    const message = `Variable "$${name}" has an object with more than ${maxFields} fields, which no input has.`;
    return new GraphQLError(message, { nodes: node });
  });
}

function isOversized(type: GraphQLInputType | undefined, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (isNonNullType(type)) return isOversized(type.ofType, value);
  if (isListType(type)) {
    if (!Array.isArray(value)) return isOversized(type.ofType, value);
    return value.some((entry) => isOversized(type.ofType, entry));
  }
  if (!isInputObjectType(type)) return false;
  if (hasManyFields(value)) return true;
  const fields = type.getFields();
  return Object.entries(value).some(([name, member]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return field ? isOversized(field.type, member) : hasManyFields(member);
  });
}

/** Stops counting at the limit. */
function hasManyFields(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  let count = 0;
  for (const _name in value) if (++count > maxFields) return true;
  return false;
}
