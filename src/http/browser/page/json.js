// Browsers read JSON numbers as doubles and move keys such as "10" to the front of an object. Workflows and tags are kept
// as the text that the gateway sent, so that what is shown and sent back has every digit and every key in its place.

/** The fields of answers that hold any JSON. */
const exactFields = new Set(['workflow', 'tags', 'before', 'after']);

/**
 * JSON that is written as it is.
 *
 * @implements {ExactJson}
 */
export class Exact {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** @typedef {{ readonly text: string, readonly start: number }} Token */

/**
 * Splits valid JSON into brackets, commas, colons, strings and other literals.
 *
 * @param {string} text
 * @returns {Token[]}
 */
function split(text) {
  const pattern = /[[\]{},:]|"(?:[^"\\]|\\.)*"|[^\s[\]{},:"]+/g;
  return Array.from(text.matchAll(pattern), (match) => ({ text: match[0], start: match.index }));
}

/**
 * Reads an answer of the gateway. What the exact fields hold becomes an `Exact`.
 *
 * @param {string} text
 * @returns {any}
 */
export function readAnswer(text) {
  JSON.parse(text); // Throws when it is no JSON, such as the error page of a proxy.
  const tokens = split(text);
  let at = 0;

  /** @returns {unknown} */
  function readValue() {
    const token = next();
    if (token.text === '{') return readObject();
    if (token.text === '[') return readList();
    return JSON.parse(token.text);
  }

  function readObject() {
    /** @type {Record<string, unknown>} */
    const object = {};
    while (peek() !== '}') {
      if (peek() === ',') at++;
      const key = String(JSON.parse(next().text));
      at++; // the colon
      object[key] = exactFields.has(key) ? readExact() : readValue();
    }
    at++;
    return object;
  }

  function readList() {
    const list = [];
    while (peek() !== ']') {
      if (peek() === ',') at++;
      list.push(readValue());
    }
    at++;
    return list;
  }

  function readExact() {
    const start = tokens[at]?.start ?? 0;
    let depth = 0;
    let end = start;
    do {
      const token = next();
      if (token.text === '{' || token.text === '[') depth++;
      else if (token.text === '}' || token.text === ']') depth--;
      end = token.start + token.text.length;
    } while (depth > 0);
    return new Exact(text.slice(start, end));
  }

  function next() {
    const token = tokens[at++];
    if (!token) throw new SyntaxError('The JSON ends early.');
    return token;
  }

  function peek() {
    return tokens[at]?.text;
  }

  return readValue();
}

/**
 * Writes JSON. What is `Exact` is written as it is.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function writeJson(value) {
  if (value instanceof Exact) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${writeJson(member)}`).join(',')}}`;
}

/**
 * Indents valid JSON, and changes nothing else.
 *
 * @param {string} text
 */
export function indent(text) {
  let result = '';
  let level = 0;
  const tokens = split(text);
  for (const [index, { text: token }] of tokens.entries()) {
    const following = tokens[index + 1]?.text;
    if (token === '{' || token === '[') {
      const isEmpty = following === (token === '{' ? '}' : ']');
      if (!isEmpty) level++;
      result += isEmpty ? token : `${token}\n${'  '.repeat(level)}`;
    } else if (token === '}' || token === ']') {
      const isEmpty = tokens[index - 1]?.text === (token === '}' ? '{' : '[');
      if (!isEmpty) level--;
      result += isEmpty ? token : `\n${'  '.repeat(level)}${token}`;
    } else if (token === ',') result += `,\n${'  '.repeat(level)}`;
    else result += token === ':' ? ': ' : token;
  }
  return result;
}

/**
 * What JSON contains: the members of an object in their order, the entries of a list, or the text of anything else.
 *
 * @typedef {{ readonly kind: 'object', readonly members: ReadonlyMap<string, JsonNode>, readonly text: string }
 *   | { readonly kind: 'list', readonly entries: readonly JsonNode[], readonly text: string }
 *   | { readonly kind: 'leaf', readonly text: string }} JsonNode
 */

/**
 * Reads valid JSON into nodes that keep every digit.
 *
 * @param {string} text
 * @returns {JsonNode}
 */
export function readNodes(text) {
  const tokens = split(text).map((token) => token.text);
  let at = 0;

  /** @returns {JsonNode} */
  function readNode() {
    const start = at;
    const token = tokens[at++] ?? 'null';
    const join = () => tokens.slice(start, at).join('');
    if (token === '{') {
      const members = new Map();
      while (tokens[at] !== '}') {
        if (tokens[at] === ',') at++;
        const key = String(JSON.parse(tokens[at] ?? '""'));
        at += 2; // the key and the colon
        members.set(key, readNode());
      }
      at++;
      return { kind: 'object', members, text: join() };
    }
    if (token === '[') {
      const entries = [];
      while (tokens[at] !== ']') {
        if (tokens[at] === ',') at++;
        entries.push(readNode());
      }
      at++;
      return { kind: 'list', entries, text: join() };
    }
    return { kind: 'leaf', text: token };
  }

  return readNode();
}
