/**
 * JSON as its sender wrote it (R11).
 *
 * `JSON.parse` loses what JavaScript numbers and objects cannot hold: `1.0`, `12345678901234567890`, and the place of a
 * key such as `"10"`. Where a text holds any of these, the text of each object and array in it is kept beside the parsed
 * value, and `jsonText` and `stringifyJson` give that text back. Every other text costs one regular expression.
 */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object: any keys, in the order in which they were sent. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

const sentTexts = new WeakMap<object, string>();

/**
 * Finds what `JSON.parse` may not give back: numbers of 16 or more digits, trailing zeros, exponents, tiny fractions,
 * minus zero, and keys that look like array indexes. It may find too much, never too little.
 */
const MAY_CHANGE = /[:,[\s]-?(?:\d[\d.]{15}|\d+\.\d*0(?!\d)|0\.0{6}|\d[\d.]*[eE])|[:,[\s]-0(?![\d.])|"\d+"\s*:|\\u003/;

/** Parses JSON text, keeping what the parsed value cannot hold. Throws `SyntaxError`, as `JSON.parse` does. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (MAY_CHANGE.test(text)) keepSentTexts(text, value);
  return value;
}

/** Whether a JSON text nests deeper than so many levels. */
export function nestsDeeperThan(levels: number, text: string): boolean {
  // A level takes two characters at least.
  if (text.length <= levels * 2) return false;
  let level = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === '{' || character === '[') {
      if (++level > levels) return true;
    } else if (character === '}' || character === ']') level--;
  }
  return false;
}

/** The JSON text of a value: what was sent, without white space and needless escapes, where `parseJson` made the value. */
export function jsonText(value: unknown): string {
  const sent = typeof value === 'object' && value !== null ? sentTexts.get(value) : undefined;
  if (sent !== undefined) return plainText(sent);
  return Array.isArray(value) ? `[${value.map(jsonText).join(',')}]` : JSON.stringify(value);
}

/** Walks a valid JSON text along with its parsed value, and keeps the text of every object and array in it. */
function keepSentTexts(text: string, root: unknown): void {
  const open: { value: unknown; start: number; key: string | number; members: Map<string, Range>; member?: Range }[] =
    [];
  const hidden: Range[] = [];
  const child = (): unknown => {
    const parent = open.at(-1);
    if (!parent) return root;
    return (parent.value as Record<string | number, unknown> | null | undefined)?.[parent.key];
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    const parent = open.at(-1);
    if (character === '{' || character === '[') {
      open.push({ value: child(), start: at, key: character === '[' ? 0 : '', members: new Map() });
    } else if (character === '}' || character === ']') {
      const closed = open.pop();
      if (typeof closed?.value === 'object' && closed.value !== null) {
        sentTexts.set(closed.value, text.slice(closed.start, at + 1));
      }
    } else if (character === ',') {
      if (typeof parent?.key === 'number') parent.key++;
      else if (parent?.member) parent.member.end = at + 1;
    } else if (character === '"') {
      const end = endOfString(text, at);
      if (typeof parent?.key === 'string' && nextIsColon(text, end)) {
        parent.key = JSON.parse(text.slice(at, end)) as string;
        const earlier = parent.members.get(parent.key);
        if (earlier) hidden.push(earlier);
        parent.member = { start: at, end: at };
        parent.members.set(parent.key, parent.member);
      }
      at = end - 1;
    }
  }
  // A value behind a repeated key is in nobody's parsed object, so nobody checks it: it must not be in the text either.
  if (hidden.length > 0) keepSentTexts(withoutRanges(text, hidden), root);
}

interface Range {
  readonly start: number;
  end: number;
}

function withoutRanges(text: string, ranges: readonly Range[]): string {
  let result = '';
  let from = 0;
  for (const { start, end } of ranges.toSorted((one, other) => one.start - other.start)) {
    if (start >= from) result += text.slice(from, start);
    from = Math.max(from, end);
  }
  return result + text.slice(from);
}

/** The index behind the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
}

function nextIsColon(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text[at] === ':';
}

/** Without white space, and with each string as `JSON.stringify` writes it: equal values have equal texts. */
function plainText(text: string): string {
  if (!/[\s\\]/.test(text)) return text;
  let result = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') {
      const end = endOfString(text, at);
      const string = text.slice(at, end);
      if (string.includes('\\')) {
        result += text.slice(from, at) + JSON.stringify(JSON.parse(string));
        from = end;
      }
      at = end - 1;
    } else if (text.charCodeAt(at) <= 0x20) {
      result += text.slice(from, at);
      from = at + 1;
    }
  }
  return result + text.slice(from);
}

/** A JSON array that is compared and stored as text, and parsed when somebody first looks inside. */
export class JsonList<Entry> {
  readonly text: string;
  #values: readonly Entry[] | undefined;
  readonly #length: number | undefined;

  private constructor(text: string, values?: readonly Entry[], length?: number) {
    this.text = text;
    this.#values = values;
    this.#length = length;
  }

  static of<Entry>(values: readonly Entry[]): JsonList<Entry> {
    return new JsonList(jsonText(values), values);
  }

  /** From the text of a JSON array, as storage kept it, with the number of its entries where that is known. */
  static fromText<Entry>(text: string, length?: number): JsonList<Entry> {
    return new JsonList<Entry>(text, undefined, length);
  }

  get values(): readonly Entry[] {
    this.#values ??= this.isEmpty ? [] : (parseJson(this.text) as Entry[]);
    return this.#values;
  }

  get length(): number {
    return this.#length ?? this.values.length;
  }

  get isEmpty(): boolean {
    return this.text === '[]';
  }
}

/** JSON text on its way into an answer; only `stringifyJson` writes it out unchanged. */
class SentJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    if (!sentParts) return JSON.parse(this.text);
    sentParts.push(this.text);
    return `${PLACEHOLDER}${sentParts.length - 1}`;
  }
}

const PLACEHOLDER = `\u0000${crypto.randomUUID()}:`;
const PLACEHOLDERS = new RegExp(`"\\\\u0000${PLACEHOLDER.slice(1)}(\\d+)"`, 'g');
let sentParts: string[] | undefined;

/** A value that `stringifyJson` will write as its sender did; the value itself where nothing of it could be lost. */
export function asSent(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && sentTexts.has(value)) return new SentJson(jsonText(value));
  return Array.isArray(value) ? value.map(asSent) : value;
}

/** `JSON.stringify`, with every `asSent` value in it written as its sender wrote it. */
export function stringifyJson(value: unknown): string {
  const parts: string[] = [];
  sentParts = parts;
  try {
    const text = JSON.stringify(value);
    return parts.length === 0 ? text : text.replace(PLACEHOLDERS, (_, index) => parts[Number(index)] as string);
  } finally {
    sentParts = undefined;
  }
}
