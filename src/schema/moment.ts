import { GraphQLScalarType, type ValueNode } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';

/** `DateTime` for input: the texts that graphql-scalars accepts, each as the moment that it means. */
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
 * The first whole millisecond that is not before a moment. Stored times are whole milliseconds, so each of them is
 * before the one if and only if it is before the other: `>=` and `<` stay exact, however many digits a fraction has.
 * `Date.parse` drops digits, and of a fraction with a leading zero it may read the wrong ones.
 */
function roundUp(text: string): Date {
  const [, seconds = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(.+)$/.exec(text.toUpperCase()) ?? [];
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0')) + (/[1-9]/.test(fraction.slice(3)) ? 1 : 0);
  return new Date(Date.parse(seconds + zone) + milliseconds);
}
