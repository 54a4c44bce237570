import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLDirective,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type VariableValues,
  visit,
} from 'graphql';
import { findInlined, type InlinedVariables } from './sent-values.ts';

/** What becomes of a value, by the type of its field. */
export type Shape =
  | { readonly isNonNull: boolean; readonly kind: 'leaf'; readonly type: GraphQLLeafType }
  | { readonly isNonNull: boolean; readonly kind: 'list'; readonly item: Shape }
  | { readonly isNonNull: boolean; readonly kind: 'object'; readonly type: GraphQLObjectType }
  | { readonly isNonNull: boolean; readonly kind: 'abstract'; readonly type: GraphQLAbstractType };

/** A field of a selection, with all that does not depend on its source. */
export interface FieldPlan {
  readonly key: string;
  readonly nodes: readonly [FieldNode, ...FieldNode[]];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly shape: Shape;
  /** How many bytes the answer holds for it, its value aside: key, quotes, colon and comma. */
  readonly bytes: number;
  /** Whether the resolver can see the info of its field. */
  readonly takesInfo: boolean;
  /** Its arguments, where they are the same in every execution: one frozen object for all of them. */
  readonly args: Readonly<Record<string, unknown>> | undefined;
  /** The variables that its arguments have inside of literals for scalars of any value. */
  readonly inlined: InlinedVariables | undefined;
  /** What is selected below it, by the type of its value. */
  readonly below: Map<GraphQLObjectType, readonly FieldPlan[]>;
}

/** What an operation selects, collected once: which fields of which types, in which order, with which arguments. */
export interface Plan {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly rootType: GraphQLObjectType;
  readonly root: readonly FieldPlan[];
  /** The fields below a field whose value is of this type. */
  below(field: FieldPlan, type: GraphQLObjectType): readonly FieldPlan[];
}

/** Whether what a document selects depends on its variables, so that its plan is good for one execution only. */
export function isConditional(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive({ name, arguments: given }) {
      const decides = name.value === GraphQLSkipDirective.name || name.value === GraphQLIncludeDirective.name;
      if (decides && given?.some(({ value }) => value.kind === Kind.VARIABLE)) found = true;
    },
  });
  return found;
}

/** Plans a valid operation of the schema. The variables decide where `@skip` and `@include` ask for them. */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: VariableValues,
): Plan {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }

  function isIncluded(node: SelectionNode): boolean {
    if (!node.directives?.length) return true;
    const readCondition = (directive: GraphQLDirective) => getDirectiveValues(directive, node, variables)?.if;
    return readCondition(GraphQLSkipDirective) !== true && readCondition(GraphQLIncludeDirective) !== false;
  }

  function appliesTo(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition === type.name) return true;
    const named = schema.getType(condition);
    return isAbstractType(named) && schema.isSubType(named, type);
  }

  /** The fields of selections for an object of one type, by their keys, those of fragments included. */
  function collect(selections: readonly (SelectionSetNode | undefined)[], type: GraphQLObjectType): FieldPlan[] {
    const found = new Map<string, FieldNode[]>();
    const seen = new Set<string>();
    const look = ({ selections }: SelectionSetNode) => {
      for (const node of selections) {
        if (!isIncluded(node)) continue;
        if (node.kind === Kind.FIELD) {
          const key = (node.alias ?? node.name).value;
          found.set(key, [...(found.get(key) ?? []), node]);
        } else if (node.kind === Kind.INLINE_FRAGMENT) {
          if (appliesTo(node.typeCondition?.name.value, type)) look(node.selectionSet);
        } else if (!seen.has(node.name.value)) {
          seen.add(node.name.value);
          const fragment = fragments[node.name.value];
          if (fragment && appliesTo(fragment.typeCondition.name.value, type)) look(fragment.selectionSet);
        }
      }
    };
    for (const selection of selections) if (selection) look(selection);
    return [...found].flatMap(([key, nodes]) => planField(key, nodes as [FieldNode, ...FieldNode[]], type) ?? []);
  }

  function planField(key: string, nodes: FieldPlan['nodes'], parentType: GraphQLObjectType): FieldPlan | undefined {
    const [node] = nodes;
    const definition = schema.getField(parentType, node.name.value);
    if (!definition) return undefined;
    const parameters = definition.resolve?.length ?? 0;
    return {
      key,
      nodes,
      parentType,
      definition,
      shape: toShape(definition.type),
      bytes: key.length + 4,
      // Resolvers with rest parameters say that they have none.
      takesInfo: parameters === 0 || parameters > 3,
      args: findConstantArgs(definition, node),
      inlined: findInlined(definition, node),
      below: new Map(),
    };
  }

  const rootType = schema.getRootType(operation.operation) as GraphQLObjectType;
  return {
    schema,
    document,
    operation,
    fragments,
    rootType,
    root: collect([operation.selectionSet], rootType),
    below(field, type) {
      let fields = field.below.get(type);
      if (!fields) {
        fields = collect(
          field.nodes.map(({ selectionSet }) => selectionSet),
          type,
        );
        field.below.set(type, fields);
      }
      return fields;
    },
  };
}

function toShape(type: GraphQLOutputType, isNonNull = false): Shape {
  if (isNonNullType(type)) return toShape(type.ofType, true);
  if (isListType(type)) return { isNonNull, kind: 'list', item: toShape(type.ofType) };
  if (isLeafType(type)) return { isNonNull, kind: 'leaf', type };
  return isAbstractType(type) ? { isNonNull, kind: 'abstract', type } : { isNonNull, kind: 'object', type };
}

function findConstantArgs(definition: GraphQLField<unknown, unknown>, node: FieldNode): FieldPlan['args'] {
  let varies = false;
  for (const argument of node.arguments ?? []) {
    visit(argument, {
      Variable() {
        varies = true;
      },
    });
  }
  if (varies) return undefined;
  try {
    return freeze(getArgumentValues(definition, node));
  } catch {
    return undefined; // fails where the field is executed
  }
}

/** Freezes a value with the plain objects and arrays in it; instances of classes stay as they are. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

const selections = new WeakMap<FieldPlan, Map<string, ReadonlySet<string> | undefined>>();

/** The names of the fields that a plan selects behind fields below a field; found once for a plan. */
export function findSelectedBelow(
  plan: Plan,
  field: FieldPlan,
  names: readonly string[],
): ReadonlySet<string> | undefined {
  const known = selections.get(field) ?? new Map<string, ReadonlySet<string> | undefined>();
  selections.set(field, known);
  const path = names.join('.');
  if (!known.has(path)) known.set(path, findSelected(plan, field, names));
  return known.get(path);
}

function findSelected(plan: Plan, field: FieldPlan, [name, ...names]: readonly string[]): Set<string> | undefined {
  const type = getNamedType(field.definition.type);
  if (!isObjectType(type)) return undefined;
  const below = plan.below(field, type);
  if (name === undefined) return new Set(below.map(({ definition }) => definition.name));
  const found = new Set<string>();
  for (const part of below.filter(({ definition }) => definition.name === name)) {
    const selected = findSelected(plan, part, names);
    if (!selected) return undefined;
    for (const each of selected) found.add(each);
  }
  return found;
}
