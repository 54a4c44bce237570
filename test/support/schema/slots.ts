import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isScalarType,
} from 'graphql';
import { schema } from '../../../src/schema/index.ts';
import { selectEverything } from './select-everything.ts';

/** A place in the arguments of a field: names of arguments and input fields, and `[]` for the entries of a list. */
type Path = readonly string[];
type Operation = 'query' | 'mutation' | 'subscription';

/** An argument or input field, at any depth, that takes a text. */
export interface Slot {
  /** Where it is: `Mutation.replaceExperiments(items.[].id)`. */
  readonly name: string;
  readonly operation: Operation;
  /** The name of the argument or input field. */
  readonly leaf: string;
  readonly type: 'ID' | 'String';
  /** Builds an operation with a value in this place, valid values in the required ones, and perhaps another argument. */
  build(value: string, other?: OtherArgument): { query: string; variables: Record<string, unknown> };
  /** Optional arguments of the same field that may change what it does, each with a value. */
  readonly others: readonly OtherArgument[];
}
export type OtherArgument = readonly [name: string, value: unknown];

/** The id of the caller's own experiment, which stands wherever an id is required. */
export const ownId = 'exp-0own';

/** The fields below the root ones that take arguments, and how to get there. */
const hosts: Record<string, [open: string, close: string]> = {
  'Experiment.revisions': [`experiment(id: "${ownId}") {`, '}'],
};

/** Every place of the schema that takes an ID or a String. Fails when a field with arguments is not reached. */
export function findSlots(): Slot[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  const slots = roots.flatMap(([operation, type]) =>
    Object.values(type?.getFields() ?? {}).flatMap((field) => findFieldSlots(operation, `${type?.name}`, field)),
  );
  const rootTypes = new Set<unknown>(roots.map(([, type]) => type));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__') || rootTypes.has(type)) continue;
    for (const field of Object.values(type.getFields()).filter(({ args }) => args.length > 0)) {
      const host = hosts[`${type.name}.${field.name}`];
      if (!host) throw new Error(`${type.name}.${field.name} takes arguments: say in \`hosts\` how to get there.`);
      slots.push(...findFieldSlots('query', type.name, field, host));
    }
  }
  return slots;
}

type Field = GraphQLField<unknown, unknown>;

function findFieldSlots(operation: Operation, owner: string, field: Field, host = ['', '']): Slot[] {
  // One document for all places: what is not given is as if it were not there.
  const parameters = field.args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const args = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
  const call = `result: ${field.name}(${args})${selectEverything(field.type)}`;
  const query = `${operation} (${parameters}) { ${host[0]} ${call} ${host[1]} }`;
  return field.args.flatMap((arg) =>
    findLeaves(arg).map(({ path, type }): Slot => {
      const top = path[0] ?? '';
      const others = field.args.filter(({ name }) => name !== top && !['first', 'last'].includes(name));
      return {
        name: `${owner}.${field.name}(${path.join('.')})`,
        operation,
        leaf: path.findLast((part) => part !== '[]') ?? '',
        type,
        others: others.flatMap((other) => toOthers(other)),
        build(value, other) {
          const given = new Map<string, unknown>(other && [other]);
          for (const required of field.args.filter(isRequiredArgument))
            given.set(required.name, buildRequired(required.type));
          given.set(top, buildAt(arg.type, path.slice(1), value));
          return { query, variables: Object.fromEntries(given) };
        },
      };
    }),
  );
}

/** The leaves of an argument that take a text. A filter in a filter is followed once. */
function findLeaves(
  { name, type }: GraphQLArgument | GraphQLInputField,
  seen: readonly string[] = [],
): { path: Path; type: 'ID' | 'String' }[] {
  const named = getNamedType(type);
  const entries = isListType(isNonNullType(type) ? type.ofType : type) ? [name, '[]'] : [name];
  if (isScalarType(named))
    return named.name === 'ID' || named.name === 'String' ? [{ path: entries, type: named.name }] : [];
  if (!isInputObjectType(named) || seen.filter((each) => each === named.name).length > 1) return [];
  return Object.values(named.getFields()).flatMap((field) =>
    findLeaves(field, [...seen, named.name]).map((leaf) => ({ type: leaf.type, path: entries.concat(leaf.path) })),
  );
}

/** The value of an argument with a text in one place. */
function buildAt(type: GraphQLInputType, path: Path, value: string): unknown {
  if (isNonNullType(type)) return buildAt(type.ofType, path, value);
  if (isListType(type)) {
    const entry = buildAt(type.ofType, path.slice(1), value);
    // Beside a valid entry, unless both would name the same experiment.
    const isAlone = isInputObjectType(getNamedType(type)) && path.at(-1) !== 'id';
    return isAlone ? [entry] : [buildRequired(type.ofType), entry];
  }
  if (!isInputObjectType(type)) return value;
  const [name = '', ...rest] = path;
  const field = type.getFields()[name];
  if (!field) throw new Error(`${type.name} has no field ${name}.`);
  return { ...(buildRequired(type) as object), [name]: buildAt(field.type, rest, value) };
}

function buildRequired(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return buildRequired(type.ofType);
  if (isListType(type)) return [buildRequired(type.ofType)];
  if (isEnumType(type)) return type.getValues().at(-1)?.name;
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, buildRequired(field.type)]));
  }
  const values: Record<string, unknown> = { ID: ownId, String: 'text', Int: 1, Float: 1, Boolean: true, JSON: {} };
  if (!(type.name in values)) throw new Error(`No value is known for the scalar ${type.name}: add one here.`);
  return values[type.name];
}

function toOthers({ name, type }: GraphQLArgument): OtherArgument[] {
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues().map((value) => [name, value.name]);
  return isScalarType(named) && ['Boolean', 'Int'].includes(named.name) ? [[name, buildRequired(named)]] : [];
}
