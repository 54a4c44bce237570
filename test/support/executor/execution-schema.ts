import { inspect } from 'node:util';
import {
  defaultFieldResolver,
  extendSchema,
  GraphQLEnumType,
  type GraphQLField,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLScalarType,
  GraphQLSchema,
  isInterfaceType,
  isObjectType,
  parse,
} from 'graphql';

/** A value of an object type. Its properties and methods are its fields. */
export interface Source {
  readonly [field: string]: unknown;
  /** The name of its type. */
  readonly kind?: unknown;
  /** How it reports its type, and whether it is of a given type: immediately, later, or not at all. */
  readonly tell?: (answer: unknown) => unknown;
}

/** What the root fields of an execution return. */
export interface Root {
  readonly root: Source;
}

/** Internal enum values that look nothing like their names. One of them is an object. */
export const red = { shade: 'red' };
const Color = new GraphQLEnumType({ name: 'Color', values: { RED: { value: red }, GREEN: { value: 2 }, BLUE: {} } });

/** Input must be an odd number. On output, an even number becomes undefined, and anything but a number is an error. */
const Odd = new GraphQLScalarType({
  name: 'Odd',
  coerceOutputValue(value: unknown) {
    if (typeof value !== 'number') throw new TypeError(`No number: ${String(value)}`);
    return value % 2 === 0 ? undefined : value;
  },
  coerceInputValue(value: unknown) {
    if (typeof value !== 'number' || value % 2 === 0) throw new TypeError('Not odd.');
    return value;
  },
});

const values = `
  value: Int
  must: Int!
  odd: Odd
  mustOdd: Odd!
  color: Color
  list: [Int]
  mustList: [Int!]!
  colors: [Color!]
  grid: [[Int]]
  mustGrid: [[Int!]!]!
  box: Box
  mustBox: Box!
  boxes: [Box]
  mustBoxes: [Box!]!
  boxGrid: [[Box!]]
  being: Being
  mustBeing: Being!
  beings: [Being!]
  found: Found
  founds: [Found]
  mustFounds: [Found!]!
  echo(int: Int = 3, must: Int! = 4, odd: Odd, color: Color = RED, list: [Int!] = [1, 2], input: In): String
  ask(must: Int! = 5, input: In): String
  seen: String
`;

const sdl = `
  type Query { ${values} }
  type Mutation { ${values} }
  "Told by isTypeOf alone."
  union Found = Box | Cat
  "Told by resolveType."
  interface Being { name: String must: Int! friend: Being friends: [Being!]! }
  type Box { name: String ${values} }
  type Cat implements Being { name: String must: Int! friend: Being friends: [Being!]! lives: Int! found: Found }
  type Dog implements Being { name: String must: Int! friend: Being friends: [Being!]! box: Box }
  input In { a: Int = 1 b: Int! c: [Int!] color: Color = GREEN deep: In }
`;

/** What a resolver saw of its field. */
function told(info: GraphQLResolveInfo): string {
  const { fieldName, fieldNodes, path, parentType, returnType, fragments, operation, variableValues, rootValue } = info;
  return inspect({
    names: [fieldName, String(parentType), String(returnType), operation.name?.value, info.schema === executionSchema],
    nodes: fieldNodes.map(({ loc }) => loc?.start),
    path,
    fragments: Object.keys(fragments),
    variables: variableValues.coerced,
    rootValue,
  });
}

function madeSchema(): GraphQLSchema {
  const schema = extendSchema(
    new GraphQLSchema({ types: [Color, Odd] }),
    parse(`${sdl} schema { query: Query mutation: Mutation }`),
  );
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInterfaceType(type)) type.resolveType = ({ kind, tell }: Source) => (tell ? tell(kind) : kind) as string;
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    if (type.name === 'Box' || type.name === 'Cat')
      type.isTypeOf = ({ kind, tell }: Source) => (tell ? tell(kind === type.name) : kind === type.name) as boolean;
    resolvers(type);
  }
  return schema;
}

function resolvers(type: GraphQLObjectType) {
  const isRoot = type.name === 'Query' || type.name === 'Mutation';
  for (const field of Object.values(type.getFields()) as GraphQLField<unknown, Root>[]) {
    if (field.name === 'echo') field.resolve = (_, args) => inspect(args, { depth: 9 });
    else if (field.name === 'seen') field.resolve = (_, _args, _context, info) => told(info);
    else if (isRoot)
      field.resolve = (_, args, context, info) => defaultFieldResolver(context.root, args, context, info);
  }
}

/** A schema with everything that affects how an operation is executed. */
export const executionSchema = madeSchema();
