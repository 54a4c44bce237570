import * as fc from 'fast-check';
import {
  type GraphQLCompositeType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { executionSchema as schema } from './execution-schema.ts';

const variableTypes: Readonly<Record<string, string>> = {
  yes: 'Boolean! = true',
  no: 'Boolean = false',
  int: 'Int = 6',
  odd: 'Odd',
  in: 'In',
};

/** Values for document variables: present or missing, null, and sometimes invalid. */
export const variables: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.record(
  {
    yes: fc.boolean(),
    no: fc.oneof({ weight: 5, arbitrary: fc.boolean() }, { weight: 1, arbitrary: fc.constant(null) }),
    int: fc.constantFrom(1, 2, null),
    odd: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(1, null) }, { weight: 1, arbitrary: fc.constant(2) }),
    in: fc.constantFrom<unknown[]>({ b: 1 }, { b: 2, deep: { b: 3 } }, null),
  },
  { requiredKeys: [] },
);

/** Arguments, each set with its own alias, so that fields with the same response key never differ. */
const calls: Readonly<Record<string, readonly string[]>> = {
  echo: [
    'echo',
    'e1: echo(int: $int)',
    'e2: echo(must: $int)',
    'e3: echo(odd: $odd, input: $in)',
    'e4: echo(list: [1, $int])',
  ],
  ask: ['ask', 'a1: ask(must: 7)', 'a2: ask(must: $int)', 'a3: ask(input: $in)'],
};

const fragments = { Query: 'F0', Mutation: 'F1', Being: 'F2', Box: 'F3', Cat: 'F4', Found: 'F5', Dog: 'F6' };
type Composite = keyof typeof fragments;
const order = Object.keys(fragments) as Composite[];

const directives = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('skip', 'include'), fc.constantFrom('true', 'false', '$yes', '$no'))
      .map(([name, value]) => ` @${name}(if: ${value})`),
  },
);

const aliased = (name: string) => [
  name,
  name,
  `x_${name}: ${name}`,
  ...(name === 'must' ? ['__proto__: must', 'then: must'] : []),
];

/** A selection on a type. It spreads only fragments on later types, so that there are no cycles. */
function newSelection(typeName: Composite, depth: number, after: number): fc.Arbitrary<string> {
  const type = typeNamed(typeName);
  const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
  const leaves = [
    '__typename',
    ...fields.filter((field) => !isCompositeType(getNamedType(field.type))).map(({ name }) => name),
  ];
  const objects = fields.filter((field) => isCompositeType(getNamedType(field.type)));
  const conditions = order.filter((name) => overlap(type, typeNamed(name)));
  const spreads = conditions.filter((name) => order.indexOf(name) > after);

  const parts = [
    fc
      .tuple(fc.constantFrom(...leaves.flatMap((name) => calls[name] ?? aliased(name))), directives)
      .map(([field, directive]) => `${field}${directive}`),
  ];
  if (spreads.length > 0) {
    parts.push(
      fc.tuple(fc.constantFrom(...spreads), directives).map(([name, directive]) => `...${fragments[name]}${directive}`),
    );
  }
  if (depth > 0) {
    const below = (name: string) => selection(name as Composite, depth - 1, after);
    const inline = fc
      .constantFrom(...conditions)
      .chain((name) => fc.tuple(fc.constant(`... on ${name}`), directives, below(name)));
    parts.push(inline.map((each) => each.join(' ')));
    if (objects.length > 0) {
      const nested = fc
        .constantFrom(...objects)
        .chain(({ name, type }) =>
          fc.tuple(fc.constantFrom(name, name, `o_${name}: ${name}`), directives, below(getNamedType(type).name)),
        );
      parts.push(...[nested, nested].map((each) => each.map((texts) => texts.join(' '))));
    }
  }
  return fc.array(fc.oneof(...parts), { minLength: 1, maxLength: 5 }).map((each) => `{ ${each.join(' ')} }`);
}

const selections = new Map<string, fc.Arbitrary<string>>();

function selection(...how: Parameters<typeof newSelection>): fc.Arbitrary<string> {
  const key = how.join();
  const known = selections.get(key) ?? newSelection(...how);
  selections.set(key, known);
  return known;
}

const typeNamed = (name: string) => schema.getType(name) as GraphQLCompositeType;

function overlap(one: GraphQLCompositeType, other: GraphQLCompositeType): boolean {
  const possible = (type: GraphQLCompositeType) => (isAbstractType(type) ? schema.getPossibleTypes(type) : [type]);
  return possible(one).some((type) => possible(other).includes(type));
}

/** Valid documents with one operation and the fragments and variables that it uses. */
export const documents: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('query', 'query', 'mutation'),
    selection('Query', 3, -1),
    ...order.map((name, at) => selection(name, 1, at)),
  )
  .map(([operation, root, ...bodies]) => {
    const onRoot = (text: string) =>
      operation === 'mutation' ? text.replaceAll('on Query', 'on Mutation').replaceAll('...F0', '...F1') : text;
    let text = onRoot(root);
    for (const [at, name] of order.entries()) {
      if (new RegExp(`\\.\\.\\.F${at}\\b`).test(text)) text += ` fragment F${at} on ${name} ${bodies[at]}`;
    }
    const used = Object.entries(variableTypes).filter(([name]) => new RegExp(`\\$${name}\\b`).test(text));
    const definitions = used.map(([name, type]) => `$${name}: ${type}`);
    return `${operation}${definitions.length > 0 ? ` (${definitions.join(', ')})` : ''} ${text}`;
  });
