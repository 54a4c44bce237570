import { type ConstValueNode, GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import { asSent, type JsonObject, type JsonValue, jsonText, parseJson } from '../domain/json.ts';
import { builder } from './builder.ts';

const { serialize: _, ...dateTime } = DateTimeResolver.toConfig();
builder.addScalarType('DateTime', new GraphQLScalarType({ ...dateTime, coerceOutputValue: isoText }), {
  description: 'A moment in UTC, as RFC 3339 writes it: `2026-11-22T10:00:00.000Z`.',
});

const dayLength = 86_400_000;
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
let lastDay = Number.NaN;
let lastDate = '';

/** What `toISOString` gives, at a fifth of its cost: the moments of an answer are mostly of one day. */
function isoText(value: unknown): string {
  if (!(value instanceof Date)) throw new TypeError('A moment is a Date.');
  const time = value.getTime();
  const day = Math.floor(time / dayLength);
  if (day !== lastDay) {
    lastDate = value.toISOString().slice(0, -13);
    lastDay = day;
  }
  const seconds = Math.floor((time - day * dayLength) / 1000);
  const [hour, minute, second] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const milliseconds = String(time % 1000 < 0 ? (time % 1000) + 1000 : time % 1000).padStart(3, '0');
  return `${lastDate}${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[second]}.${milliseconds}Z`;
}

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: asSent,
  parseValue: (value) => value as JsonValue,
  parseLiteral: (node, variables) => parseJson(literalText(node, variables)) as JsonValue,
});

builder.scalarType('JSONObject', {
  description:
    'A JSON object. What is stored is answered as it was sent: keys in their order, numbers to the last digit.',
  serialize: asSent,
  parseValue: asObject,
  parseLiteral: (node, variables) => asObject(parseJson(literalText(node, variables))),
});

function asObject(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new GraphQLError('JSONObject cannot represent a value that is not a JSON object.');
}

/** The JSON text of a literal, its numbers as they were written; variables in it are written as they were sent. */
function literalText(node: ValueNode | ConstValueNode, variables?: Record<string, unknown> | null): string {
  switch (node.kind) {
    case Kind.OBJECT:
      return `{${node.fields.map(({ name, value }) => `${JSON.stringify(name.value)}:${literalText(value, variables)}`).join()}}`;
    case Kind.LIST:
      return `[${node.values.map((value) => literalText(value, variables)).join()}]`;
    case Kind.INT:
    case Kind.FLOAT:
      return node.value;
    case Kind.STRING:
    case Kind.ENUM:
      return JSON.stringify(node.value);
    case Kind.BOOLEAN:
      return String(node.value);
    case Kind.NULL:
      return 'null';
    case Kind.VARIABLE:
      return jsonText(variables?.[node.name.value] ?? null);
  }
}
