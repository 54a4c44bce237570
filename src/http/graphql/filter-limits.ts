import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  isInputObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { countTextConditions } from '../../domain/experiment/query.ts';
import { documentLimits, filterLimits } from '../../domain/limits.ts';
import { createRefusal } from '../refusal.ts';
import { indexFragments } from './document-limits.ts';

type Values = Readonly<Record<string, unknown>>;

const knownFilters = new WeakMap<OperationDefinitionNode, readonly ValueNode[]>();

/** Returns why an operation must not be executed: too many filtered lists, or too many text conditions in a filter. */
export function findFilterExcess(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Values,
): GraphQLError | undefined {
  let nodes = knownFilters.get(operation);
  if (!nodes) {
    nodes = findFilters(schema, document, operation);
    knownFilters.set(operation, nodes);
  }
  if (nodes.length === 0) return undefined;
  const values = { ...findDefaults(operation), ...variables };
  const names = listFilterFields(schema);
  const filters = nodes.map((node) => valueFromASTUntyped(node, values)).filter((filter) => !isEmpty(filter, names));
  if (filters.length > documentLimits.filteredLists) {
    return createRefusal(400, `The document has more than ${documentLimits.filteredLists} lists with a filter.`);
  }
  if (filters.some((filter) => countTextConditions(filter) > filterLimits.textConditions)) {
    return createRefusal(400, `A filter has more than ${filterLimits.textConditions} text conditions.`);
  }
  return undefined;
}

/**
 * The `filter` arguments of root fields: no other field takes one. Fields that are merged in the answer count once,
 * since validation has checked that their arguments are the same.
 */
function findFilters(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): ValueNode[] {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const fragments = indexFragments(document);
  const found = new Map<string, ValueNode>();
  const seen = new Set<string>();
  const look = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const takesFilter = fields[selection.name.value]?.args.some(({ name }) => name === 'filter');
        const filter = takesFilter && selection.arguments?.find(({ name }) => name.value === 'filter');
        if (filter) found.set((selection.alias ?? selection.name).value, filter.value);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment) look(fragment.selectionSet);
      }
    }
  };
  look(operation.selectionSet);
  return [...found.values()];
}

function findDefaults({ variableDefinitions = [] }: OperationDefinitionNode): Values {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    ),
  );
}

function listFilterFields(schema: GraphQLSchema): readonly string[] {
  const type = schema.getType('ExperimentFilter');
  return isInputObjectType(type) ? Object.keys(type.getFields()) : [];
}

/**
 * Whether a filter matches everything, so that its list costs no more than an unfiltered one. Looks only at the fields
 * that a filter has: a hundred thousand others would take a while, and are refused later.
 */
function isEmpty(filter: unknown, names: readonly string[]): boolean {
  if (typeof filter !== 'object' || filter === null) return filter == null;
  return names.every((name) => (filter as Readonly<Record<string, unknown>>)[name] == null);
}
