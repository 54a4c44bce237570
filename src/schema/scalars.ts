import { type ConstValueNode, GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import {
  hasSentText,
  type JsonObject,
  type JsonValue,
  parseJson,
  readExactMember,
  SentJson,
  toExactNumber,
  toJsonText,
  toSentJson,
} from '../domain/json/exact-json.ts';
import { findExcess } from '../domain/json/json-structure.ts';
import { structureLimits } from '../domain/limits.ts';
import { builder } from './builder.ts';
import { createMomentScalar } from './moment.ts';

builder.addScalarType('DateTime', createMomentScalar(toIsoText), {
  description: 'A point in time in UTC, in RFC 3339 format: `2026-11-22T10:00:00.000Z`.',
});

const dayMs = 86_400_000;
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
let lastDay = Number.NaN;
let lastDate = '';

/** The same as `toISOString` at a fifth of the cost: the times in one answer are mostly of the same day. */
function toIsoText(value: unknown): string {
  if (!(value instanceof Date)) throw new TypeError('DateTime can only represent a Date.');
  const time = value.getTime();
  const day = Math.floor(time / dayMs);
  if (day !== lastDay) {
    lastDate = value.toISOString().slice(0, -13);
    lastDay = day;
  }
  const seconds = Math.floor((time - day * dayMs) / 1000);
  const [hour, minute, second] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const milliseconds = String(time % 1000 < 0 ? (time % 1000) + 1000 : time % 1000).padStart(3, '0');
  return `${lastDate}${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[second]}.${milliseconds}Z`;
}

/** What the executor needs to know about these scalars: its `SentValues`. */
const sentValues = { has: hasSentText, readMember: readExactMember, toText: toJsonText };

builder.addScalarType(
  'JSON',
  new GraphQLScalarType({
    name: 'JSON',
    coerceOutputValue: toSentJson,
    coerceInputValue: (value) => value as JsonValue,
    coerceInputLiteral: readLiteral,
    valueToLiteral: createSentLiteral,
    extensions: { sentValues: { ...sentValues, takesNumbers: true } },
  }),
  { description: 'Any JSON value.' },
);

builder.addScalarType(
  'JSONObject',
  new GraphQLScalarType({
    name: 'JSONObject',
    coerceOutputValue: toSentJson,
    coerceInputValue: assertObject,
    coerceInputLiteral: (node) => assertObject(readLiteral(node)),
    valueToLiteral: createSentLiteral,
    extensions: { sentValues: { ...sentValues, takesNumbers: false } },
  }),
  {
    description:
      'A JSON object. It is stored and returned exactly as sent: keys in the same order, numbers to the last digit.',
  },
);

function assertObject(value: unknown): JsonObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof SentJson);
  if (isObject) return value as JsonObject;
  throw new GraphQLError('JSONObject cannot represent a value that is not a JSON object.');
}

/** The value of a literal, with its numbers as they were written (R11). */
function readLiteral(node: ConstValueNode): JsonValue {
  if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return toExactNumber(node.value) as JsonValue;
  const text = toLiteralText(node);
  if (findExcess(text, structureLimits)) throw createTooLargeError();
  return parseJson(text) as JsonValue;
}

/** In characters: variables may make a literal longer than its document, but not longer than a request body. */
const maxLiteralLength = 2 * 1024 * 1024;

function createTooLargeError() {
  return new GraphQLError('JSON cannot represent a literal that is too large with its variables written out.');
}

function toLiteralText(literal: ConstValueNode): string {
  let length = 0;
  const write = (node: ConstValueNode): string => {
    switch (node.kind) {
      case Kind.OBJECT:
        return `{${node.fields.map(({ name, value }) => `${JSON.stringify(name.value)}:${write(value)}`).join()}}`;
      case Kind.LIST:
        return `[${node.values.map(write).join()}]`;
      case Kind.INT:
      case Kind.FLOAT:
        length += node.value.length;
        if (length > maxLiteralLength) throw createTooLargeError();
        return node.value;
      case Kind.STRING:
      case Kind.ENUM:
        return JSON.stringify(node.value);
      case Kind.BOOLEAN:
        return String(node.value);
      case Kind.NULL:
        return 'null';
    }
  };
  return write(literal);
}

/** A variable inside a literal. Only `toLiteralText` reads it, and it writes the text of a number unchanged. */
function createSentLiteral(value: unknown): ConstValueNode {
  return { kind: Kind.FLOAT, value: toJsonText(value) };
}
