import {
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';
import { isAnyValueScalar } from './sent-values.ts';

/** More entries than any list may have. Lists up to here are answered by what they are for, with their own limit. */
const maxEntries = 10_000;
/** More fields than any input has, those of the inputs in it included. */
const maxFields = 1_000;
/** How deep graphql-js writes an invalid value into an error, and how many entries of a list. */
const writtenLevels = 3;
const writtenEntries = 10;
/** The maximum number of errors about variables: each may quote a whole value. */
export const maxVariableErrors = 10;

/** What is too large in a variable, and where. */
interface Oversize {
  readonly path: string;
  readonly problem: string;
}

/**
 * Returns an error for each variable whose value would hold the event loop: a list so long that no limit of a field
 * allows it, or an invalid object with more than 1,000 fields. graphql-js writes such an object into each of its errors,
 * which took seconds for a hundred thousand fields. Values of JSON scalars may have any size where they are valid.
 */
export function findOversizedVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>>,
): readonly GraphQLError[] {
  const errors: GraphQLError[] = [];
  for (const node of variableDefinitions) {
    const { value: name } = node.variable.name;
    const value = values[name];
    if (typeof value !== 'object' || value === null || !Object.hasOwn(values, name)) continue;
    const type = typeFromAST(schema, node.type) as GraphQLInputType | undefined;
    const found = type && findOversize(type, value);
    if (!found || errors.length === maxVariableErrors) continue;
    const place = found.path && ` at "${found.path.slice(1)}"`;
    errors.push(new GraphQLError(`Variable "$${name}" has ${found.problem}${place}.`, { nodes: node }));
  }
  return errors;
}

function findOversize(type: GraphQLInputType, value: unknown): Oversize | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isNonNullType(type)) return findOversize(type.ofType, value);
  if (isListType(type)) return Array.isArray(value) ? findInList(type.ofType, value) : findOversize(type.ofType, value);
  if (isInputObjectType(type) && !Array.isArray(value)) return findInObject(type, value);
  return isAnyValueScalar(type) ? undefined : findManyFields(value);
}

function findInList(type: GraphQLInputType, entries: readonly unknown[]): Oversize | undefined {
  if (entries.length > maxEntries) return { path: '', problem: `a list with more than ${maxEntries} entries` };
  for (let index = 0; index < entries.length; index++) {
    const found = findOversize(type, entries[index]);
    if (found) return { ...found, path: `.${index}${found.path}` };
  }
  return undefined;
}

function findInObject(type: GraphQLInputObjectType, value: object): Oversize | undefined {
  const fields = type.getFields();
  let unknown = 0;
  for (const name in value) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field && ++unknown > maxFields) return manyFields;
    const found = field && findOversize(field.type, (value as Record<string, unknown>)[name]);
    if (found) return { ...found, path: `.${name}${found.path}` };
  }
  const isValid = unknown === 0 && listRequired(type).every((name) => Object.hasOwn(value, name));
  return isValid ? undefined : findManyFields(value);
}

const requiredFields = new WeakMap<GraphQLInputObjectType, readonly string[]>();

function listRequired(type: GraphQLInputObjectType): readonly string[] {
  let names = requiredFields.get(type);
  if (!names) {
    names = Object.values(type.getFields()).flatMap((field) => (isRequiredInputField(field) ? field.name : []));
    requiredFields.set(type, names);
  }
  return names;
}

const manyFields: Oversize = { path: '', problem: `an invalid value with more than ${maxFields} fields` };

function findManyFields(value: unknown): Oversize | undefined {
  return countFields(value, writtenLevels) > maxFields ? manyFields : undefined;
}

/** Counts the fields that an error about a value would write. Stops beyond the limit. */
function countFields(value: unknown, levels: number): number {
  if (levels === 0 || typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const entry of value.slice(0, writtenEntries)) count += countFields(entry, levels - 1);
    return count;
  }
  for (const name in value) {
    count += 1 + countFields((value as Record<string, unknown>)[name], levels - 1);
    if (count > maxFields) break;
  }
  return count;
}
