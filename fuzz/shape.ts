import {
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql';
import { schema } from '../src/schema/index.ts';

/** The document of a text; undefined when it does not parse or is not valid. */
export function parseValid(query: string): DocumentNode | undefined {
  try {
    const document = parse(query);
    return validate(schema, document).length === 0 ? document : undefined;
  } catch {
    return undefined;
  }
}

/** Where data differ from the shape that a valid document asks for. */
export function findShapeFaults(
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  data: any,
): string[] {
  const operation = document.definitions.find((node) => node.kind === 'OperationDefinition') as OperationDefinitionNode;
  const root = schema.getRootType(operation.operation) as GraphQLObjectType;
  const given = new Map(
    operation.variableDefinitions?.map(({ variable, defaultValue }) => {
      const { value: name } = variable.name;
      return [name, name in variables ? variables[name] : (defaultValue as any)?.value];
    }),
  );

  const isIncluded = ({ directives = [] }: { directives?: readonly any[] | undefined }) =>
    directives.every(({ name, arguments: [argument] }) => {
      const condition =
        argument.value.kind === 'Variable' ? given.get(argument.value.name.value) : argument.value.value;
      return name.value === 'skip' ? condition !== true : condition === true;
    });

  function collect(
    type: GraphQLObjectType,
    sets: readonly SelectionSetNode[],
  ): Map<string, { name: string; sets: SelectionSetNode[] }> {
    const fields = new Map<string, { name: string; sets: SelectionSetNode[] }>();
    const visit = (set: SelectionSetNode) => {
      for (const node of set.selections.filter(isIncluded)) {
        if (node.kind === 'Field') {
          const key = node.alias?.value ?? node.name.value;
          const field = fields.get(key) ?? { name: node.name.value, sets: [] };
          fields.set(key, field);
          if (node.selectionSet) field.sets.push(node.selectionSet);
          continue;
        }
        const fragment =
          node.kind === 'InlineFragment'
            ? node
            : document.definitions.find(
                (each) => each.kind === 'FragmentDefinition' && each.name.value === node.name.value,
              );
        if (fragment?.kind !== 'InlineFragment' && fragment?.kind !== 'FragmentDefinition') continue;
        const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value);
        const applies =
          !condition || condition === type || (!isObjectType(condition) && schema.isSubType(condition as any, type));
        if (applies) visit(fragment.selectionSet);
      }
    };
    for (const set of sets) visit(set);
    return fields;
  }

  function check(type: GraphQLOutputType, value: any, sets: readonly SelectionSetNode[], path: string): string[] {
    if (isNonNullType(type)) return value === null ? [`${path} is null`] : check(type.ofType, value, sets, path);
    if (value === null) return [];
    if (isListType(type)) {
      if (!Array.isArray(value)) return [`${path} is no list`];
      return value.flatMap((each, index) => check(type.ofType, each, sets, `${path}.${index}`));
    }
    const named = getNamedType(type);
    if (isLeafType(named)) return value === undefined ? [`${path} is missing`] : [];
    if (typeof value !== 'object') return [`${path} is no object`];
    const actual = isObjectType(named) ? named : schema.getType(value.__typename);
    return isObjectType(actual) ? checkObject(actual, value, sets, path) : [`${path} has no known type`];
  }

  function checkObject(type: GraphQLObjectType, value: any, sets: readonly SelectionSetNode[], path: string): string[] {
    const fields = collect(type, sets);
    const keys = Object.keys(value).join();
    if (keys !== [...fields.keys()].join()) return [`${path} has ${keys} instead of ${[...fields.keys()].join()}`];
    return [...fields].flatMap(([key, { name, sets }]) => {
      if (name === '__typename') return value[key] === type.name ? [] : [`${path}.${key} is ${value[key]}`];
      const field = type.getFields()[name];
      return field ? check(field.type, value[key], sets, `${path}.${key}`) : [];
    });
  }

  return data === null ? [] : checkObject(root, data, [operation.selectionSet], 'data');
}
