/**
 * JSON exactly as it was sent (R11).
 *
 * `JSON.parse` loses what JavaScript numbers and objects cannot represent: `1.0`, `12345678901234567890`, and the
 * position of a key such as `"10"`. When a text contains any of these, we keep the text of each object and array beside
 * the parsed value, and `toJsonText` and `stringifyJson` return that text. Every other text costs only one regular
 * expression.
 */

import { compactJson, findContainers, findNumbers, type TextRange } from './json-text.ts';
import { removeRepeatedKeys } from './repeated-keys.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object: any keys, in the order in which they were sent. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** The text that an object or array was parsed from, with lazily derived values. */
interface SentText extends TextRange {
  compact?: string;
  numbers?: ReadonlyMap<string, string>;
}

const sentTexts = new WeakMap<object, SentText>();

/**
 * Matches what `JSON.parse` may not preserve: numbers of 16 or more digits, trailing zeros, exponents, tiny fractions,
 * minus zero, and keys that look like array indexes. It may match too much, but never too little.
 */
const mayChange = /[:,[\s]-?(?:\d[\d.]{15}|\d+\.\d*0(?!\d)|0\.0{6}|\d[\d.]*[eE])|[:,[\s]-0(?![\d.])|"\d+"\s*:|\\u003/;

/** Parses JSON text and keeps what the parsed value cannot represent. Throws `SyntaxError`, like `JSON.parse`. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (mayChange.test(text)) keepSentTexts(text, value);
  return value;
}

function keepSentTexts(text: string, value: unknown): void {
  const keep = (found: object, range: TextRange) => sentTexts.set(found, range);
  const hasRepeatedKeys = findContainers(text, value, keep);
  // An overwritten value of a repeated key is in no parsed object, so nothing checks it: drop it from the text too.
  if (hasRepeatedKeys) findContainers(removeRepeatedKeys(text), value, keep);
}

/** The JSON text of a value. If `parseJson` created it: the sent text, without white space and needless escapes. */
export function toJsonText(value: unknown): string {
  if (value instanceof SentJson) return value.text;
  const sent = typeof value === 'object' && value !== null ? sentTexts.get(value) : undefined;
  if (sent) {
    sent.compact ??= compactJson(sent.root.slice(sent.start, sent.end));
    return sent.compact;
  }
  return Array.isArray(value) ? `[${value.map(toJsonText).join(',')}]` : JSON.stringify(value);
}

/** The value of a number's text, or a `SentJson` when a JavaScript number cannot represent it exactly. */
export function toExactNumber(text: string): JsonValue | SentJson {
  const value = Number(text);
  return JSON.stringify(value) === text ? value : new SentJson(text);
}

/** Whether an object or array may contain numbers that their parsed values do not represent exactly. */
export function hasSentText(container: object): boolean {
  return sentTexts.has(container);
}

/** A member of an object or array, as sent: a number that JavaScript cannot represent is returned as a `SentJson`. */
export function readExactMember(container: object, key: string | number): unknown {
  const value = (container as Record<string | number, unknown>)[key];
  const sent = typeof value === 'number' ? sentTexts.get(container) : undefined;
  if (!sent) return value;
  sent.numbers ??= findNumbers(sent, container, (inner) => sentTexts.get(inner as object)?.end ?? sent.end);
  return toExactNumber(sent.numbers.get(String(key)) ?? String(value));
}

/** JSON text of a value that JavaScript cannot represent. Only `toJsonText` and `stringifyJson` write it unchanged. */
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

/** A value that `stringifyJson` writes as it was sent; the value itself when nothing could be lost. */
export function toSentJson(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && sentTexts.has(value)) return new SentJson(toJsonText(value));
  return Array.isArray(value) ? value.map(toSentJson) : value;
}

/** `JSON.stringify`, but every `toSentJson` value in it is written as it was sent. */
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
