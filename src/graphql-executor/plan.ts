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

/** How to complete a value, derived from the type of its field. */
export type Shape =
  | { readonly isNonNull: boolean; readonly kind: 'leaf'; readonly type: GraphQLLeafType }
  | { readonly isNonNull: boolean; readonly kind: 'list'; readonly item: Shape }
  | { readonly isNonNull: boolean; readonly kind: 'object'; readonly type: GraphQLObjectType }
  | { readonly isNonNull: boolean; readonly kind: 'abstract'; readonly type: GraphQLAbstractType };

/** A field of a selection, with everything that does not depend on its source. */
export interface FieldPlan {
  readonly key: string;
  readonly nodes: readonly [FieldNode, ...FieldNode[]];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly shape: Shape;
  /** Its size in the answer, in bytes, without its value: key, quotes, colon and comma. */
  readonly bytes: number;
  /** Whether the resolver may read `info`. */
  readonly takesInfo: boolean;
  /** Its arguments, if they are the same in every execution: one shared, frozen object. */
  readonly args: Readonly<Record<string, unknown>> | undefined;
  /** The variables inside literals for any-value scalars in its arguments. */
  readonly inlined: InlinedVariables | undefined;
  /** The fields selected below it, by the type of its value. */
  readonly below: Map<GraphQLObjectType, readonly FieldPlan[]>;
}

/** The selection of an operation, collected once: its fields, by type and in order, with their arguments. */
export interface Plan {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly rootType: GraphQLObjectType;
  readonly root: readonly FieldPlan[];
  /** The fields below `field` when its value is of `type`. */
  below(field: FieldPlan, type: GraphQLObjectType): readonly FieldPlan[];
}

/** Whether the selection of a document depends on its variables, so that its plan is valid for one execution only. */
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

  /** Collects the fields of selections for an object type, grouped by key, including those of fragments. */
  function collect(selections: readonly (SelectionSetNode | undefined)[], type: GraphQLObjectType): FieldPlan[] {
    const found = new Map<string, FieldNode[]>();
    const seen = new Set<string>();
    const collectFrom = ({ selections }: SelectionSetNode) => {
      for (const node of selections) {
        if (!isIncluded(node)) continue;
        if (node.kind === Kind.FIELD) {
          const key = (node.alias ?? node.name).value;
          found.set(key, [...(found.get(key) ?? []), node]);
        } else if (node.kind === Kind.INLINE_FRAGMENT) {
          if (appliesTo(node.typeCondition?.name.value, type)) collectFrom(node.selectionSet);
        } else if (!seen.has(node.name.value)) {
          seen.add(node.name.value);
          const fragment = fragments[node.name.value];
          if (fragment && appliesTo(fragment.typeCondition.name.value, type)) collectFrom(fragment.selectionSet);
        }
      }
    };
    for (const selection of selections) if (selection) collectFrom(selection);
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
      // Rest parameters do not count in `length`.
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
    return undefined; // the same error is thrown when the field is executed
  }
}

/** Freezes a value and the plain objects and arrays in it, but not class instances. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

const selections = new WeakMap<FieldPlan, Map<string, ReadonlySet<string> | undefined>>();

/** The names of the fields that a plan selects at a path of fields below a field. Cached per plan. */
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
