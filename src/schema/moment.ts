import { GraphQLScalarType, type ValueNode } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import { type Moment, parseMoment, roundUp } from '../domain/moment.ts';

/** The `DateTime` scalar. Accepts the texts that graphql-scalars accepts, rounded up to a whole millisecond. */
export function createMomentScalar(coerceOutputValue: (value: unknown) => string): GraphQLScalarType<Date, string> {
  const { serialize: _, ...dateTime } = DateTimeResolver.toConfig();
  const coerceInputValue = (value: unknown) => {
    DateTimeResolver.parseValue(value);
    return roundUp(parseMoment(value as string) as Moment);
  };
  const parseLiteral = (node: ValueNode) => {
    DateTimeResolver.parseLiteral(node, {});
    return roundUp(parseMoment((node as { readonly value: string }).value) as Moment);
  };
  return new GraphQLScalarType({
    ...dateTime,
    parseValue: coerceInputValue,
    coerceInputValue,
    parseLiteral,
    coerceOutputValue,
  });
}
