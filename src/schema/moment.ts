import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import { quote } from '../domain/messages.ts';
import { type Moment, parseMoment, roundUp } from '../domain/moment.ts';

/**
 * The `DateTime` scalar. Accepts the texts that graphql-scalars accepts, rounded up to a whole millisecond, and refuses
 * others in our words.
 */
export function createMomentScalar(coerceOutputValue: (value: unknown) => string): GraphQLScalarType<Date, string> {
  const { serialize: _, ...dateTime } = DateTimeResolver.toConfig();
  return new GraphQLScalarType({
    ...dateTime,
    parseValue: coerceInputValue,
    coerceInputValue,
    parseLiteral: (node: ValueNode) => coerceInputValue(node.kind === Kind.STRING ? node.value : undefined),
    coerceOutputValue,
  });
}

function coerceInputValue(value: unknown): Date {
  if (typeof value !== 'string') throw new GraphQLError('DateTime cannot represent a value that is not a string.');
  try {
    DateTimeResolver.parseValue(value);
  } catch {
    throw new GraphQLError(
      `DateTime cannot represent ${quote(value)}, which is not a time such as 2026-11-22T10:00:00.000Z.`,
    );
  }
  return roundUp(parseMoment(value) as Moment);
}
