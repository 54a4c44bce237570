/**
 * JSON as its sender wrote it (R11).
 *
 * `JSON.parse` loses what JavaScript numbers and objects cannot hold: `1.0`, `12345678901234567890`, and the place of a
 * key such as `"10"`. Where a text holds any of these, the text of each object and array in it is kept beside the parsed
 * value, and `toJsonText` and `stringifyJson` give that text back. Every other text costs one regular expression.
 */

import { compactJson, findContainers, findNumbers, removeRepeatedKeys, type TextRange } from './json-text.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object: any keys, in the order in which they were sent. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Where an object or array was sent, and what has been made of that so far. */
interface SentText extends TextRange {
  compact?: string;
  numbers?: ReadonlyMap<string, string>;
}

const sentTexts = new WeakMap<object, SentText>();

/**
 * Finds what `JSON.parse` may not give back: numbers of 16 or more digits, trailing zeros, exponents, tiny fractions,
 * minus zero, and keys that look like array indexes. It may find too much, never too little.
 */
const mayChange = /[:,[\s]-?(?:\d[\d.]{15}|\d+\.\d*0(?!\d)|0\.0{6}|\d[\d.]*[eE])|[:,[\s]-0(?![\d.])|"\d+"\s*:|\\u003/;

/** Parses JSON text, keeping what the parsed value cannot hold. Throws `SyntaxError`, as `JSON.parse` does. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (mayChange.test(text)) keepSentTexts(text, value);
  return value;
}

function keepSentTexts(text: string, value: unknown): void {
  const keep = (found: object, range: TextRange) => sentTexts.set(found, range);
  const hasRepeatedKeys = findContainers(text, value, keep);
  // A value behind a repeated key is in no parsed object, so nothing checks it: it must not be in the text either.
  if (hasRepeatedKeys) findContainers(removeRepeatedKeys(text), value, keep);
}

/** The JSON text of a value: what was sent, without white space and needless escapes, where `parseJson` made the value. */
export function toJsonText(value: unknown): string {
  if (value instanceof SentJson) return value.text;
  const sent = typeof value === 'object' && value !== null ? sentTexts.get(value) : undefined;
  if (sent) {
    sent.compact ??= compactJson(sent.root.slice(sent.start, sent.end));
    return sent.compact;
  }
  return Array.isArray(value) ? `[${value.map(toJsonText).join(',')}]` : JSON.stringify(value);
}

/** A value that `parseJson` may parse to less than it says: a number, as `SentJson`. */
export function toExactNumber(text: string): JsonValue | SentJson {
  const value = Number(text);
  return JSON.stringify(value) === text ? value : new SentJson(text);
}

/** Whether members of an object or array may be numbers that their values do not hold. */
export function hasSentText(container: object): boolean {
  return sentTexts.has(container);
}

/** A member of an object or array, exactly: a number that JavaScript cannot give back is a `SentJson`. */
export function readExactMember(container: object, key: string | number): unknown {
  const value = (container as Record<string | number, unknown>)[key];
  const sent = typeof value === 'number' ? sentTexts.get(container) : undefined;
  if (!sent) return value;
  sent.numbers ??= findNumbers(sent, container, (inner) => sentTexts.get(inner as object)?.end ?? sent.end);
  return toExactNumber(sent.numbers.get(String(key)) ?? String(value));
}

/** JSON text in place of a value that JavaScript cannot hold; only `toJsonText` and `stringifyJson` write it unchanged. */
export class SentJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    if (!sentParts) return JSON.parse(this.text);
    sentParts.push(this.text);
    return `${placeholder}${sentParts.length - 1}`;
  }
}

const placeholder = `\u0000${crypto.randomUUID()}:`;
const placeholders = new RegExp(`"\\\\u0000${placeholder.slice(1)}(\\d+)"`, 'g');
let sentParts: string[] | undefined;

/** A value that `stringifyJson` will write as its sender did; the value itself where nothing of it could be lost. */
export function toSentJson(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && sentTexts.has(value)) return new SentJson(toJsonText(value));
  return Array.isArray(value) ? value.map(toSentJson) : value;
}

/** `JSON.stringify`, with every `toSentJson` value in it written as its sender wrote it. */
export function stringifyJson(value: unknown): string {
  const parts: string[] = [];
  sentParts = parts;
  try {
    const text = JSON.stringify(value);
    return parts.length === 0 ? text : text.replace(placeholders, (_, index) => parts[Number(index)] as string);
  } finally {
    sentParts = undefined;
  }
}
