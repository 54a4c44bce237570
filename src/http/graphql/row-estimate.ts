import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  visit,
} from 'graphql';
import { pageSize } from '../../domain/limits.ts';
import { indexFragments } from './document-limits.ts';

/**
 * The most rows that each root field of an operation could return: page sizes multiplied down the nesting, every level
 * counted. A mutation of a batch returns a row for each entry.
 */
export function estimateRows(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number[] {
  const fragments = indexFragments(document);
  const defaults = (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [
    variable.name.value,
    readSize(defaultValue, {}),
  ]);
  const values = { ...Object.fromEntries(defaults), ...variables };
  const readPageSize = (field: FieldNode): number => {
    const sizes = ['first', 'last'].map((name) => {
      const argument = field.arguments?.find((given) => given.name.value === name);
      return readSize(argument?.value, values);
    });
    const size = sizes.find((given) => typeof given === 'number');
    // The field itself refuses a size that is out of bounds.
    return Math.min(Math.max(size ?? pageSize.default, 0), pageSize.max);
  };
  // A fragment costs the same wherever it is spread.
  const known = new Map<string, number>();

  function estimateSelection(selectionSet: SelectionSetNode | undefined, parent: GraphQLCompositeType): number {
    let total = 0;
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FIELD) total += estimateField(selection, parent);
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        total += estimateSelection(selection.selectionSet, findType(selection.typeCondition?.name.value) ?? parent);
      else total += estimateFragment(selection.name.value);
    }
    return total;
  }

  function estimateField(field: FieldNode, parent: GraphQLCompositeType): number {
    const definition =
      isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[field.name.value] : undefined;
    const type = definition && getNamedType(definition.type);
    if (!isCompositeType(type)) return 0;
    const below = estimateSelection(field.selectionSet, type);
    // A list that is not a page says in the schema how long it can be.
    const maxRows = definition?.extensions.maxRows as number | undefined;
    const rows = type.name.endsWith('Connection') ? readPageSize(field) : maxRows && Math.min(maxRows, batchRows);
    return rows === undefined ? below : rows * (1 + below);
  }

  function estimateFragment(name: string): number {
    const found = known.get(name);
    if (found !== undefined) return found;
    known.set(name, 0);
    const fragment = fragments.get(name);
    const type = findType(fragment?.typeCondition.name.value);
    const total = fragment && type ? estimateSelection(fragment.selectionSet, type) : 0;
    known.set(name, total);
    return total;
  }

  function findType(name: string | undefined): GraphQLCompositeType | undefined {
    const type = name === undefined ? undefined : schema.getType(name);
    return isCompositeType(type) ? type : undefined;
  }

  /** How many entries a batch has; as many as there may be, when that is not known. */
  function countEntries({ arguments: given = [] }: FieldNode): number {
    const batch = given.find(({ name }) => batchArguments.has(name.value));
    const entries = readSize(batch?.value, values);
    return Array.isArray(entries) ? entries.length : Number.POSITIVE_INFINITY;
  }

  function listRootFields(selectionSet: SelectionSetNode | undefined): FieldNode[] {
    return (selectionSet?.selections ?? []).flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return selection;
      if (selection.kind === Kind.INLINE_FRAGMENT) return listRootFields(selection.selectionSet);
      return listRootFields(fragments.get(selection.name.value)?.selectionSet);
    });
  }

  const root = schema.getRootType(operation.operation);
  if (!root) return [];
  const rootFields = listRootFields(operation.selectionSet);
  // The largest batch counts for all of them, since they may share fragments.
  const batchRows = Math.max(0, ...rootFields.map(countEntries));
  return rootFields.map((field) => estimateField(field, root));
}

const pageSizeArguments: ReadonlySet<string> = new Set(['first', 'last']);
/** The arguments of mutations that write several rows. */
const batchArguments: ReadonlySet<string> = new Set(['ids', 'items']);

/** The names of the variables on whose size the number of rows depends. */
export function findSizeVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Argument: ({ name, value }) => {
      if (value.kind === Kind.VARIABLE && (pageSizeArguments.has(name.value) || batchArguments.has(name.value)))
        names.add(value.name.value);
    },
  });
  return [...names];
}

/** The number or the list that a value is, as far as the number of rows depends on it. */
function readSize(
  value: ValueNode | undefined,
  variables: Readonly<Record<string, unknown>>,
): number | readonly unknown[] | undefined {
  if (value?.kind === Kind.INT) return Number(value.value);
  if (value?.kind === Kind.LIST) return value.values;
  const given = value?.kind === Kind.VARIABLE ? variables[value.name.value] : undefined;
  return typeof given === 'number' || Array.isArray(given) ? given : undefined;
}
