import {
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  GraphQLScalarType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  type ValueNode,
  type VariableValues,
} from 'graphql';

/**
 * What the scalars for any value add as their extension `sentValues`: JavaScript does not hold every number that JSON
 * has, so these scalars take a member of a variable from where it was sent.
 */
export interface SentValues {
  /** Whether members of this object may be more than their values. */
  has(container: object): boolean;
  /** A member of an object or array, exactly as it was sent. */
  memberOf(container: object, key: string | number): unknown;
  /** The text of a value, as it stands in a literal. */
  textOf(value: unknown): string;
}

type Values = Readonly<Record<string, unknown>>;

const extension = 'sentValues';

/** Scalars of a schema take what they take from one place. */
const found = new WeakMap<GraphQLSchema, SentValues | 'none'>();

function findSentValues(schema: GraphQLSchema): SentValues | undefined {
  let sent = found.get(schema);
  if (!sent) {
    const scalar = Object.values(schema.getTypeMap()).find((type) => extension in type.extensions);
    sent = (scalar?.extensions[extension] as SentValues | undefined) ?? 'none';
    found.set(schema, sent);
  }
  return sent === 'none' ? undefined : sent;
}

/**
 * The variables to coerce: as they were sent wherever their types lead to a scalar for any value, the given object itself
 * where nothing differs. What executes or subscribes has to coerce these, or bare numbers lose digits (R11).
 */
export function exactVariables(schema: GraphQLSchema, operation: OperationDefinitionNode, values: Values): Values {
  const sent = findSentValues(schema);
  if (!sent?.has(values)) return values;
  let exact = values;
  for (const { variable, type } of operation.variableDefinitions ?? []) {
    const { value: name } = variable.name;
    const inputType = typeFromAST(schema, type) as GraphQLInputType | undefined;
    if (!inputType || !Object.hasOwn(values, name) || !leadsToAnyValue(inputType)) continue;
    exact = withMember(exact, name, exactAt(sent, inputType, values, name));
  }
  return exact;
}

function exactAt(sent: SentValues, type: GraphQLInputType, container: object, key: string | number): unknown {
  if (isNonNullType(type)) return exactAt(sent, type.ofType, container, key);
  const value = (container as Record<string | number, unknown>)[key];
  if (isListType(type)) {
    if (!Array.isArray(value)) return exactAt(sent, type.ofType, container, key);
    return value.map((_, index) => exactAt(sent, type.ofType, value, index));
  }
  if (!isInputObjectType(type)) return sent.memberOf(container, key);
  if (typeof value !== 'object' || value === null) return value;
  let exact = value as Values;
  for (const field of Object.values(type.getFields())) {
    if (!Object.hasOwn(value, field.name) || !leadsToAnyValue(field.type)) continue;
    exact = withMember(exact, field.name, exactAt(sent, field.type, value, field.name));
  }
  return exact;
}

function withMember(values: Values, name: string, value: unknown): Values {
  return values[name] === value ? values : { ...values, [name]: value };
}

/** Whether values of a type have values of a scalar for any value in them. */
function leadsToAnyValue(type: GraphQLInputType, seen = new Set<unknown>()): boolean {
  const named = getNamedType(type);
  if (extension in named.extensions) return true;
  if (!isInputObjectType(named) || seen.has(named)) return false;
  seen.add(named);
  return Object.values(named.getFields()).some((field) => leadsToAnyValue(field.type, seen));
}

/** The variables inside the literals for scalars of any value, each as often as it stands there. */
export interface InlinedVariables {
  readonly scalar: GraphQLScalarType;
  readonly names: readonly string[];
}

/** Which variables the arguments of a field have inside of literals for scalars of any value. */
export function findInlined(definition: GraphQLField<unknown, unknown>, node: FieldNode): InlinedVariables | undefined {
  const names: string[] = [];
  let scalar: GraphQLScalarType | undefined;

  function look(value: ValueNode, type: GraphQLInputType): void {
    if (isNonNullType(type)) return look(value, type.ofType);
    if (isListType(type)) {
      for (const entry of value.kind === Kind.LIST ? value.values : [value]) look(entry, type.ofType);
    } else if (isInputObjectType(type)) {
      for (const field of value.kind === Kind.OBJECT ? value.fields : []) {
        const fieldType = type.getFields()[field.name.value]?.type;
        if (fieldType) look(field.value, fieldType);
      }
    } else if (type instanceof GraphQLScalarType && extension in type.extensions && value.kind !== Kind.VARIABLE) {
      const before = names.length;
      collectVariables(value, names);
      if (names.length > before) scalar = type;
    }
  }

  for (const { name, value } of node.arguments ?? []) {
    const argument = definition.args.find((arg) => arg.name === name.value);
    if (argument) look(value, argument.type);
  }
  return scalar && { scalar, names };
}

function collectVariables(node: ValueNode, names: string[]): void {
  if (node.kind === Kind.VARIABLE) names.push(node.name.value);
  else if (node.kind === Kind.LIST) for (const value of node.values) collectVariables(value, names);
  else if (node.kind === Kind.OBJECT) for (const { value } of node.fields) collectVariables(value, names);
}

/**
 * The variables as literals for a scalar of any value take them: whatever their own type is, they stand there as they were
 * sent, `1.0` for a `Float` too.
 */
export function inlineVariables(scalar: GraphQLScalarType, given: Values, { coerced, sources }: VariableValues) {
  const sent = scalar.extensions[extension] as SentValues;
  const inlined: VariableValues['sources'] = Object.fromEntries(
    Object.entries(sources).map(([name, { signature, value }]) => [
      name,
      {
        signature: { ...signature, type: scalar },
        ...(value !== undefined && { value: sent.memberOf(given, name) }),
      },
    ]),
  );
  return {
    values: { coerced, sources: inlined },
    /** How long a variable is where it stands in a literal, in characters. */
    lengthOf: (name: string) => (inlined[name]?.value === undefined ? 0 : sent.textOf(inlined[name].value).length),
  };
}
