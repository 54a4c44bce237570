import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isLeafType,
  isRequiredArgument,
} from 'graphql';
import { schema } from '../src/schema/index.ts';
import type { Random } from './random.ts';
import { generateValue, type Seen, writeLiteral } from './values.ts';

export interface GeneratedOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

const roots = {
  query: schema.getQueryType(),
  mutation: schema.getMutationType(),
  subscription: schema.getSubscriptionType(),
};
const typos = ['{', '}', '(', ')', ' ...', ' $x', ' @skip', ' nothing', ':', '"', '#', '!', ' on ', '\u{1f600}'];

/** A random document over the schema with its variables: nearly always valid, now and then with a slight fault. */
export function generateOperation(random: Random, seen: Seen): GeneratedOperation {
  const kind = random.chance(0.5) ? 'mutation' : random.chance(0.95) ? 'query' : 'subscription';
  const parameters: string[] = [];
  const variables: Record<string, unknown> = {};
  const fragments: string[] = [];

  function writeArguments(field: GraphQLField<unknown, unknown>): string {
    const given = field.args.filter((arg) => isRequiredArgument(arg) || random.chance(0.3));
    const parts = given.map(({ name, type }) => {
      const value = generateValue(random, type, name, seen);
      if (random.chance(0.3)) return `${name}: ${writeLiteral(value)}`;
      const variable = `v${parameters.length}`;
      parameters.push(`$${variable}: ${String(type)}`);
      variables[variable] = value;
      return `${name}: $${variable}`;
    });
    return parts.length > 0 ? `(${parts.join(', ')})` : '';
  }

  function writeDirective(): string {
    if (!random.chance(0.03)) return '';
    if (random.chance(0.5)) return ` @${random.pick(['skip', 'include'])}(if: ${random.chance(0.5)})`;
    const variable = `v${parameters.length}`;
    parameters.push(`$${variable}: Boolean = ${random.chance(0.5)}`);
    if (random.chance(0.7)) variables[variable] = random.chance(0.5);
    return ` @${random.pick(['skip', 'include'])}(if: $${variable})`;
  }

  function writeSelection(type: GraphQLOutputType, depth: number): string {
    const named = getNamedType(type);
    if (isLeafType(named)) return '';
    if (!isAbstractType(named)) return ` { ${writeFields(named as GraphQLObjectType, depth, new Map())} }`;
    const members = schema.getPossibleTypes(named).filter(() => random.chance(0.6));
    const taken = new Map<string, string>();
    const parts = members.map(
      (member) => `... on ${member.name}${writeDirective()} { ${writeFields(member, depth, taken)} }`,
    );
    return ` { ${['__typename', ...parts].join(' ')} }`;
  }

  function writeFields(type: GraphQLObjectType, depth: number, taken: Map<string, string>): string {
    const all = Object.values(type.getFields());
    const fields = all.filter((field) =>
      random.chance(isLeafType(getNamedType(field.type)) ? 0.4 : depth > 0 ? 0.5 : 0),
    );
    const parts = fields.flatMap((field) => {
      const result = String(field.type);
      if ((taken.get(field.name) ?? result) !== result) return [];
      const isTaken = taken.has(field.name);
      taken.set(field.name, result);
      const alias = random.chance(0.03) ? `a${random.below(9)}_${field.name}: ` : '';
      const args = isTaken ? '' : writeArguments(field);
      return alias + field.name + args + writeDirective() + writeSelection(field.type, depth - 1);
    });
    if (random.chance(0.03) && fragments.length < 3) {
      const name = `F${fragments.length}`;
      fragments.push(`fragment ${name} on ${type.name} { __typename }`);
      parts.push(`...${name}`);
    }
    return ['__typename', ...parts].join(' ');
  }

  const fields = Object.values(roots[kind]?.getFields() ?? {});
  const count = kind === 'subscription' || random.chance(0.7) ? 1 : 1 + random.below(3);
  const calls = Array.from({ length: count }, (_, index) => {
    const field = random.pick(fields);
    return `r${index}: ${field.name}${writeArguments(field)}${writeSelection(field.type, random.below(4))}`;
  });
  const head = parameters.length > 0 ? `${kind} Fuzz(${parameters.join(', ')})` : kind;
  const text = `${head} { ${calls.join(' ')} } ${fragments.join(' ')}`;
  return { kind, query: random.chance(0.05) ? spoil(random, text) : text, variables };
}

/** Inserts, removes or repeats a little of a document. */
function spoil(random: Random, text: string): string {
  const at = random.below(text.length);
  const action = random.below(3);
  if (action === 0) return text.slice(0, at) + random.pick(typos) + text.slice(at);
  if (action === 1) return text.slice(0, at) + text.slice(at + 1 + random.below(5));
  return text.slice(0, at) + text.slice(Math.max(0, at - 10));
}
