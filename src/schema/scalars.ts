import { type ConstValueNode, GraphQLError, Kind, type ValueNode } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import { asSent, type JsonObject, type JsonValue, jsonText, parseJson } from '../domain/json.ts';
import { builder } from './builder.ts';

builder.addScalarType('DateTime', DateTimeResolver, {
  description: 'A moment in UTC, as RFC 3339 writes it: `2026-11-22T10:00:00.000Z`.',
});

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
