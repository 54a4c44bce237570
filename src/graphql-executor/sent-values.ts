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
 * What the scalars for any value add as their extension `sentValues`: JavaScript does not hold every number that JSON
 * has, so these scalars take a member of a variable from where it was sent.
 */
export interface SentValues {
  /** Whether the scalar takes bare numbers. */
  readonly takesNumbers: boolean;
  /** Whether members of this object may be more than their values. */
  has(container: object): boolean;
  /** A member of an object or array, exactly as it was sent. */
  readMember(container: object, key: string | number): unknown;
  /** The text of a value, as it stands in a literal. */
  toText(value: unknown): string;
}

/** What of a schema has to do with scalars for any value. */
interface AnyValues {
  readonly sent: SentValues;
  /** Whether an argument or an input field takes a list of them. Where none does, no list is read entry by entry. */
  readonly hasLists: boolean;
}

type Values = Readonly<Record<string, unknown>>;

const extension = 'sentValues';

/** Scalars of a schema take what they take from one place. */
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

/** A list whose entries may be bare numbers; those that are objects carry their text themselves. */
function isListOfAnyValue(type: GraphQLInputType): boolean {
  if (isNonNullType(type)) return isListOfAnyValue(type.ofType);
  return isListType(type) && isForAnyValue(getNamedType(type));
}

function isForAnyValue(type: GraphQLNamedType): boolean {
  return (type.extensions[extension] as SentValues | undefined)?.takesNumbers === true;
}

/**
 * The variables to coerce: as they were sent wherever their types lead to a scalar for any value, the given object itself
 * where nothing differs. What executes or subscribes has to coerce these, or bare numbers lose digits (R11).
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
    if (!inputType || !Object.hasOwn(values, name) || !leadsToAnyValue(inputType)) continue;
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
    if (!Object.hasOwn(value, field.name) || !leadsToAnyValue(field.type)) continue;
    exact = setMember(exact, field.name, restoreExactAt(known, field.type, value, field.name));
  }
  return exact;
}

function setMember(values: Values, name: string, value: unknown): Values {
  return values[name] === value ? values : { ...values, [name]: value };
}

/** Whether values of a type have values of a scalar for any value in them. */
function leadsToAnyValue(type: GraphQLInputType, seen = new Set<unknown>()): boolean {
  const named = getNamedType(type);
  if (isForAnyValue(named)) return true;
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
        ...(value !== undefined && { value: sent.readMember(given, name) }),
      },
    ]),
  );
  return {
    values: { coerced, sources: inlined },
    /** How long a variable is where it stands in a literal, in characters. */
    measureLength: (name: string) => (inlined[name]?.value === undefined ? 0 : sent.toText(inlined[name].value).length),
  };
}
