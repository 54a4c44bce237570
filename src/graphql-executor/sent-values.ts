import {
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  GraphQLScalarType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  type ValueNode,
  type VariableValues,
} from 'graphql';

/**
 * The `sentValues` extension of any-value scalars. JavaScript cannot represent every JSON number, so these scalars read
 * members of variables from the text that was sent.
 */
export interface SentValues {
  /** Whether the scalar accepts bare numbers. */
  readonly takesNumbers: boolean;
  /** Whether this object may contain numbers that their parsed values do not represent exactly. */
  has(container: object): boolean;
  /** A member of an object or array, exactly as it was sent. */
  readMember(container: object, key: string | number): unknown;
  /** The text of a value, as written in a literal. */
  toText(value: unknown): string;
}

/** The any-value scalars of a schema. */
interface AnyValues {
  readonly sent: SentValues;
  /** Whether any argument or input field takes a list of them. If none does, lists need not be read entry by entry. */
  readonly hasLists: boolean;
}

type Values = Readonly<Record<string, unknown>>;

const extension = 'sentValues';

/** All any-value scalars of a schema share one source. */
const found = new WeakMap<GraphQLSchema, AnyValues | 'none'>();

function findAnyValues(schema: GraphQLSchema): AnyValues | undefined {
  let known = found.get(schema);
  if (!known) {
    const types = Object.values(schema.getTypeMap());
    const sent = types.find((type) => extension in type.extensions)?.extensions[extension] as SentValues | undefined;
    known = sent ? { sent, hasLists: types.flatMap(findInputTypes).some(isListOfAnyValue) } : 'none';
    found.set(schema, known);
  }
  return known === 'none' ? undefined : known;
}

function findInputTypes(type: GraphQLNamedType): GraphQLInputType[] {
  if (isInputObjectType(type)) return Object.values(type.getFields()).map((field) => field.type);
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => field.args.map((argument) => argument.type));
}

/** Whether a type is a list whose entries may be bare numbers. Entries that are objects carry their own text. */
function isListOfAnyValue(type: GraphQLInputType): boolean {
  if (isNonNullType(type)) return isListOfAnyValue(type.ofType);
  return isListType(type) && isForAnyValue(getNamedType(type));
}

function isForAnyValue(type: GraphQLNamedType): boolean {
  return (type.extensions[extension] as SentValues | undefined)?.takesNumbers === true;
}

/** Whether a type is a scalar whose values may be any JSON, or any JSON object. */
export function isAnyValueScalar(type: GraphQLNamedType): boolean {
  return extension in type.extensions;
}

/**
 * Returns the variables to coerce, with values as they were sent wherever their types contain an any-value scalar.
 * Returns the given object if nothing differs. Execution and subscription must coerce these, or bare numbers lose
 * digits (R11).
 */
export function restoreExactVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  values: Values,
): Values {
  const known = findAnyValues(schema);
  if (!known?.sent.has(values)) return values;
  let exact = values;
  for (const { variable, type } of operation.variableDefinitions ?? []) {
    const { value: name } = variable.name;
    const inputType = typeFromAST(schema, type) as GraphQLInputType | undefined;
    if (!inputType || !Object.hasOwn(values, name) || !containsAnyValue(inputType)) continue;
    exact = setMember(exact, name, restoreExactAt(known, inputType, values, name));
  }
  return exact;
}

function restoreExactAt(known: AnyValues, type: GraphQLInputType, container: object, key: string | number): unknown {
  if (isNonNullType(type)) return restoreExactAt(known, type.ofType, container, key);
  const value = (container as Record<string | number, unknown>)[key];
  if (isListType(type)) {
    if (!Array.isArray(value)) return restoreExactAt(known, type.ofType, container, key);
    // A body may hold half a million numbers.
    if (!known.hasLists && isForAnyValue(getNamedType(type))) return value;
    return value.map((_, index) => restoreExactAt(known, type.ofType, value, index));
  }
  if (!isInputObjectType(type)) return known.sent.readMember(container, key);
  if (typeof value !== 'object' || value === null) return value;
  let exact = value as Values;
  for (const field of Object.values(type.getFields())) {
    if (!Object.hasOwn(value, field.name) || !containsAnyValue(field.type)) continue;
    exact = setMember(exact, field.name, restoreExactAt(known, field.type, value, field.name));
  }
  return exact;
}

function setMember(values: Values, name: string, value: unknown): Values {
  return values[name] === value ? values : { ...values, [name]: value };
}

/** Whether an input type contains an any-value scalar that accepts bare numbers. */
function containsAnyValue(type: GraphQLInputType, seen = new Set<unknown>()): boolean {
  const named = getNamedType(type);
  if (isForAnyValue(named)) return true;
  if (!isInputObjectType(named) || seen.has(named)) return false;
  seen.add(named);
  return Object.values(named.getFields()).some((field) => containsAnyValue(field.type, seen));
}

/** The variables inside literals for any-value scalars, each as often as it occurs. */
export interface InlinedVariables {
  readonly scalar: GraphQLScalarType;
  readonly names: readonly string[];
}

/** Finds the variables inside literals for any-value scalars in the arguments of a field. */
export function findInlined(definition: GraphQLField<unknown, unknown>, node: FieldNode): InlinedVariables | undefined {
  const names: string[] = [];
  let scalar: GraphQLScalarType | undefined;

  function collectFrom(value: ValueNode, type: GraphQLInputType): void {
    if (isNonNullType(type)) return collectFrom(value, type.ofType);
    if (isListType(type)) {
      for (const entry of value.kind === Kind.LIST ? value.values : [value]) collectFrom(entry, type.ofType);
    } else if (isInputObjectType(type)) {
      for (const field of value.kind === Kind.OBJECT ? value.fields : []) {
        const fieldType = type.getFields()[field.name.value]?.type;
        if (fieldType) collectFrom(field.value, fieldType);
      }
    } else if (type instanceof GraphQLScalarType && extension in type.extensions && value.kind !== Kind.VARIABLE) {
      const before = names.length;
      collectVariables(value, names);
      if (names.length > before) scalar = type;
    }
  }

  for (const { name, value } of node.arguments ?? []) {
    const argument = definition.args.find((arg) => arg.name === name.value);
    if (argument) collectFrom(value, argument.type);
  }
  return scalar && { scalar, names };
}

function collectVariables(node: ValueNode, names: string[]): void {
  if (node.kind === Kind.VARIABLE) names.push(node.name.value);
  else if (node.kind === Kind.LIST) for (const value of node.values) collectVariables(value, names);
  else if (node.kind === Kind.OBJECT) for (const { value } of node.fields) collectVariables(value, names);
}

/**
 * The variables as a literal for an any-value scalar sees them: whatever their declared type, they appear as they were
 * sent, even `1.0` for a `Float`.
 */
export function inlineVariables(scalar: GraphQLScalarType, given: Values, { coerced, sources }: VariableValues) {
  const sent = scalar.extensions[extension] as SentValues;
  const inlined: VariableValues['sources'] = Object.fromEntries(
    Object.entries(sources).map(([name, { signature, value }]) => [
      name,
      {
        signature: { ...signature, type: scalar },
        ...(value !== undefined && { value: sent.readMember(given, name) }),
      },
    ]),
  );
  return {
    values: { coerced, sources: inlined },
    /** The length of an inlined variable, in characters. */
    measure: (name: string) => (inlined[name]?.value === undefined ? 0 : sent.toText(inlined[name].value).length),
  };
}
