/** Reads valid JSON as text, in linear time: callers control how much of anything it contains. */

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const slash = 0x2f;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const space = 0x20;

/**
 * Returns the same JSON without white space, and with each string as `JSON.stringify` writes it. Equal values have
 * equal texts, except for the spelling of numbers and the order of keys.
 */
export function compactJson(text: string): string {
  if (!/[\s\\]/.test(text)) return text;
  const compact = removeWhiteSpace(text);
  return compact.includes('\\u') || compact.includes('\\/') ? compact.replaceAll(escapes, unescapePlain) : compact;
}

function removeWhiteSpace(text: string): string {
  let compact = '';
  let from = 0;
  let betweenStrings = 0;
  let hasSpace = false;
  for (let at = 0; at <= text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= space) hasSpace = true;
    else if (code === quote || at === text.length) {
      if (hasSpace) {
        // All at once: there may be a million spaces between two strings.
        compact += text.slice(from, betweenStrings) + text.slice(betweenStrings, at).replaceAll(whiteSpace, '');
        from = at;
        hasSpace = false;
      }
      if (code === quote) at = findEndOfString(text, at) - 1;
      betweenStrings = at + 1;
    }
  }
  return compact + text.slice(from);
}

const whiteSpace = /[\t\n\r ]+/g;
/** Matches every escape. Adjacent `\u` escapes match together, since two of them may form one character. */
const escapes = /\\(?:u[\da-f]{4}(?:\\u[\da-f]{4})*|.)/gi;

function unescapePlain(escape: string): string {
  if (escape.length === 2) return escape === '\\/' ? '/' : escape;
  const code = escape.length === 6 ? Number.parseInt(escape.slice(2), 16) : 0;
  // Most characters need no escape; the rest are control characters, quotes, backslashes and surrogate pairs.
  if (code > backslash && code < 0xd800) return String.fromCharCode(code);
  return JSON.stringify(JSON.parse(`"${escape}"`)).slice(1, -1);
}

/** A part of a JSON text: an object or an array, brackets included. */
export interface TextRange {
  readonly root: string;
  readonly start: number;
  readonly end: number;
}

interface OpenContainer {
  readonly value: unknown;
  readonly start: number;
  readonly isArray: boolean;
  /** The commas of an array, or the keys of an object, so far. */
  count: number;
  keyStart: number;
  keyEnd: number;
}

/**
 * Calls `keep` with every object and array that `JSON.parse` created from a text, and its range in the text. Returns
 * whether an object has a repeated key: then some of the ranges include values that the parsed value does not contain.
 */
export function findContainers(root: string, value: unknown, keep: (found: object, range: TextRange) => void): boolean {
  const around: OpenContainer[] = [];
  let open: OpenContainer | undefined;
  let isKeyNext = false;
  let hasRepeatedKeys = false;
  for (let at = 0; at < root.length; at++) {
    const code = root.charCodeAt(at);
    if (code === quote) {
      const end = findEndOfString(root, at);
      if (isKeyNext && open) {
        open.keyStart = at;
        open.keyEnd = end;
        open.count++;
        isKeyNext = false;
      }
      at = end - 1;
    } else if (code === comma) {
      if (open?.isArray) open.count++;
      else isKeyNext = true;
    } else if (code === openBrace || code === openBracket) {
      const isArray = code === openBracket;
      const inner = open ? findMember(open, root) : value;
      if (open) around.push(open);
      open = { value: inner, start: at, isArray, count: 0, keyStart: 0, keyEnd: 0 };
      isKeyNext = !isArray;
    } else if ((code === closeBrace || code === closeBracket) && open) {
      const { value: closed, start, isArray, count } = open;
      if (typeof closed === 'object' && closed !== null) {
        keep(closed, { root, start, end: at + 1 });
        if (!isArray && Object.keys(closed).length !== count) hasRepeatedKeys = true;
      }
      open = around.pop();
      isKeyNext = false;
    }
  }
  return hasRepeatedKeys;
}

function findMember({ value, isArray, count, keyStart, keyEnd }: OpenContainer, root: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined; // inside an overwritten value of a repeated key
  return (value as Record<string | number, unknown>)[isArray ? count : parseString(root, keyStart, keyEnd)];
}

function parseString(text: string, start: number, end: number): string {
  const string = text.slice(start, end);
  return string.includes('\\') ? (JSON.parse(string) as string) : string.slice(1, -1);
}

/**
 * Returns the text of the numbers that are direct members of an object or array, by key or index. `findEnd` returns
 * where an object or array inside it ends.
 */
export function findNumbers(
  { root, start, end }: TextRange,
  container: object,
  findEnd: (inner: unknown) => number,
): Map<string, string> {
  const found = new Map<string, string>();
  let key: string | undefined;
  let index = 0;
  const isArray = root.charCodeAt(start) === openBracket;
  const nameNext = () => (isArray ? String(index) : (key ?? ''));
  for (let at = start + 1; at < end; ) {
    const code = root.charCodeAt(at);
    if (code === quote) {
      const stringEnd = findEndOfString(root, at);
      if (!isArray) key ??= parseString(root, at, stringEnd);
      at = stringEnd;
    } else if (code === openBrace || code === openBracket) {
      at = findEnd((container as Record<string, unknown>)[nameNext()]);
    } else if (code === minus || (code > slash && code < colon)) {
      const numberStart = at;
      while (!endsNumber(root.charCodeAt(at))) at++;
      found.set(nameNext(), root.slice(numberStart, at));
    } else {
      if (code === comma) {
        index++;
        key = undefined;
      }
      at++;
    }
  }
  return found;
}

function endsNumber(code: number): boolean {
  return code === comma || code === closeBracket || code === closeBrace || code <= space;
}

/** The index after the closing quote of the string that opens at `start`; the end of the text if it is not closed. */
export function findEndOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === backslash) at++;
  }
  return text.length;
}
