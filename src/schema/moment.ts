import { GraphQLScalarType, type ValueNode } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';

/** The `DateTime` scalar. Accepts the texts that graphql-scalars accepts, rounded up to a whole millisecond. */
export function createMomentScalar(coerceOutputValue: (value: unknown) => string): GraphQLScalarType<Date, string> {
  const { serialize: _, ...dateTime } = DateTimeResolver.toConfig();
  const coerceInputValue = (value: unknown) => {
    DateTimeResolver.parseValue(value);
    return roundUp(value as string);
  };
  const parseLiteral = (node: ValueNode) => {
    DateTimeResolver.parseLiteral(node, {});
    return roundUp((node as { readonly value: string }).value);
  };
  return new GraphQLScalarType({
    ...dateTime,
    parseValue: coerceInputValue,
    coerceInputValue,
    parseLiteral,
    coerceOutputValue,
  });
}

/**
 * Rounds a time up to a whole millisecond. Stored times are whole milliseconds, so a stored time is before the rounded
 * time if and only if it is before the given one: `>=` and `<` stay exact for any number of fraction digits.
 * `Date.parse` drops digits, and may misread a fraction with a leading zero.
 */
function roundUp(text: string): Date {
  const [, seconds = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(.+)$/.exec(text.toUpperCase()) ?? [];
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0')) + (/[1-9]/.test(fraction.slice(3)) ? 1 : 0);
  return new Date(Date.parse(seconds + zone) + milliseconds);
}
