import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql';
import { schema } from '../../../src/schema/index.ts';

/** Far from what a document may have (contract, section 7): checking larger ones takes most of the time of a test. */
const maxTokens = 600;

/** A selection of everything that a type has, as deep as a document of moderate size allows; empty for a leaf. */
export function selectEverything(type: GraphQLOutputType): string {
  for (let depth = 4; depth > 0; depth--) {
    const selection = select(type, depth);
    if ((selection.match(/\w+|[^\s\w]/g) ?? []).length <= maxTokens) return selection;
  }
  return select(type, 0);
}

function select(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (isObjectType(named)) return ` { __typename ${selectFields(named, depth, new Map())} }`;
  if (!isUnionType(named) && !isInterfaceType(named)) throw new Error(`${String(type)} is no type of an answer.`);
  // A name may not stand for two types in one selection, so the first member that has it wins.
  const taken = new Map<string, string>();
  const members = schema
    .getPossibleTypes(named)
    .map((member) => `... on ${member.name} { __typename ${selectFields(member, depth, taken)} }`);
  return ` { __typename ${members.join(' ')} }`;
}

function selectFields(type: GraphQLObjectType, depth: number, taken: Map<string, string>): string {
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const result = String(field.type);
    if (field.args.some(isRequiredArgument) || (taken.get(field.name) ?? result) !== result) return [];
    taken.set(field.name, result);
    if (isLeafType(getNamedType(field.type))) return field.name;
    return depth > 0 ? field.name + select(field.type, depth - 1) : [];
  });
  return fields.join(' ');
}
