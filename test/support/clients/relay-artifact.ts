import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  getOperationAST,
  isAbstractType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  parse,
  print,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
  valueFromASTUntyped,
  visit,
} from 'graphql';
import type { ConcreteRequest } from 'relay-runtime';
import { schema } from '../../../src/schema/index.ts';

/**
 * Compiles an operation for relay-runtime, in the format of relay-compiler 21, which is a binary of 118 MB. Fields,
 * arguments and inline fragments are supported, and each record must select its `id`. examples/relay has what the
 * compiler itself generates.
 */
export function compileForRelay(text: string): ConcreteRequest {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation?.name) throw new Error('Relay needs one operation, with a name.');
  const name = operation.name.value;
  const rootType = schema.getRootType(operation.operation) as GraphQLObjectType;
  const argumentDefinitions = (operation.variableDefinitions ?? []).map(({ variable }) => ({
    defaultValue: null,
    kind: 'LocalArgument',
    name: variable.name.value,
  }));
  const selections = compileSelection(operation.selectionSet, rootType);
  return {
    fragment: {
      argumentDefinitions,
      kind: 'Fragment',
      metadata: null,
      name,
      selections,
      type: rootType.name,
      abstractKey: null,
    },
    kind: 'Request',
    operation: { argumentDefinitions, kind: 'Operation', name, selections },
    params: {
      cacheID: text,
      id: null,
      metadata: {},
      name,
      operationKind: operation.operation,
      text: print(visit(document, { InlineFragment: { leave: addAbstractKey } })),
    },
  } as never;
}

function compileSelection({ selections }: SelectionSetNode, parent: GraphQLCompositeType): any[] {
  return selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return compileField(node, parent);
    if (node.kind !== Kind.INLINE_FRAGMENT) throw new Error('Named fragments are not supported.');
    const type = (schema.getType(node.typeCondition?.name.value ?? '') ?? parent) as GraphQLCompositeType;
    const below = compileSelection(node.selectionSet, type);
    return { kind: 'InlineFragment', selections: below, type: type.name, abstractKey: toAbstractKey(type) };
  });
}

function compileField(node: FieldNode, parent: GraphQLCompositeType): any[] {
  const name = node.name.value;
  const definition = name === '__typename' ? TypeNameMetaFieldDef : schema.getField(parent as never, name);
  if (!definition) throw new Error(`There is no field ${parent.name}.${name}.`);
  const type = getNamedType(definition.type);
  const args = (node.arguments ?? [])
    .map(({ name: argument, value }) =>
      value.kind === Kind.VARIABLE
        ? { kind: 'Variable', name: argument.value, variableName: value.name.value }
        : { kind: 'Literal', name: argument.value, value: valueFromASTUntyped(value) },
    )
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const field = { alias: node.alias?.value ?? null, args: args.length > 0 ? args : null, name, storageKey: null };
  if (!isCompositeType(type) || !node.selectionSet) {
    return [{ ...field, kind: 'ScalarField' }];
  }
  return [
    {
      ...field,
      concreteType: isObjectType(type) ? type.name : null,
      kind: 'LinkedField',
      plural: isListType(getNullableType(definition.type)),
      selections: compileSelection(node.selectionSet, type),
    },
  ];
}

/** Relay recognizes a fragment on an abstract type by this key in the response. */
function toAbstractKey(type: GraphQLCompositeType): string | null {
  return isAbstractType(type) ? `__is${type.name}` : null;
}

function addAbstractKey(node: any): any {
  const key = toAbstractKey(schema.getType(node.typeCondition.name.value) as GraphQLCompositeType);
  if (!key) return undefined;
  const field = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: key },
    name: { kind: Kind.NAME, value: '__typename' },
  };
  return { ...node, selectionSet: { ...node.selectionSet, selections: [field, ...node.selectionSet.selections] } };
}
