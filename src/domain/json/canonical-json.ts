/**
 * JSON equality as the contract defines it for tags (sections 2 and 4): the order of an object's keys does not matter,
 * numbers are equal when their exact values are, and everything else is equal only to itself.
 *
 * Works on JSON text, never on parsed values: a parsed number has already lost digits. Take the text from `toJsonText`.
 */

/**
 * The canonical text of valid JSON text: two texts have the same canonical text if and only if they mean equal values.
 * Numbers are never expanded, so the cost grows with the length of the text alone, whatever its exponents say. Recurses
 * into objects and arrays: the caller bounds the levels (R10). Of a repeated key the last value counts.
 */
export function toCanonicalJson(text: string): string {
  return new CanonicalReader(text).readValue();
}

/** The keys of each object in the text of an array of objects, each with the canonical text of its value. */
export function toCanonicalEntries(text: string): [key: string, value: string][] {
  const reader = new CanonicalReader(text);
  return reader.readEntries(() => [...reader.readMembers()]).flat();
}

/** Reads a valid JSON text once, from its start to its end. */
class CanonicalReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(): string {
    const start = this.#next();
    if (start === '{') {
      const readMembers = [...this.readMembers()].toSorted(([one], [other]) => (one < other ? -1 : 1));
      return `{${readMembers.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()}}`;
    }
    if (start === '[') return `[${this.readEntries(() => this.readValue()).join()}]`;
    if (start === '"') return canonicalString(this.#readString());
    const word = this.#readWord();
    return /^[tfn]/.test(word) ? word : canonicalNumber(word);
  }

  readMembers(): Map<string, string> {
    const readMembers = new Map<string, string>();
    this.readList('}', () => {
      const key = JSON.parse(this.#readString()) as string;
      this.#next();
      this.#at++; // the colon
      readMembers.set(key, this.readValue());
    });
    return readMembers;
  }

  readEntries<Entry>(read: () => Entry): Entry[] {
    const readEntries: Entry[] = [];
    this.readList(']', () => readEntries.push(read()));
    return readEntries;
  }

  readList(end: string, read: () => void): void {
    this.#next();
    this.#at++; // the opening bracket
    while (this.#next() !== end) {
      if (this.#text[this.#at] === ',') this.#at++;
      else read();
    }
    this.#at++;
  }

  /** The character at which the next token begins. */
  #next(): string | undefined {
    while (this.#text.charCodeAt(this.#at) <= 0x20) this.#at++;
    return this.#text[this.#at];
  }

  #readString(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end >= 0 && isEscaped(this.#text, end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) throw new SyntaxError('Not valid JSON.');
    this.#at = end + 1;
    return this.#text.slice(start, this.#at);
  }

  #readWord(): string {
    wordPattern.lastIndex = this.#at;
    const [token] = wordPattern.exec(this.#text) ?? [];
    if (token === undefined) throw new SyntaxError('Not valid JSON.');
    this.#at = wordPattern.lastIndex;
    return token;
  }
}

/** A number, `true`, `false` or `null`. */
const wordPattern = /[^\s,\]}]+/y;

function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text[start - 1] === '\\') start--;
  return (at - start) % 2 === 1;
}

/** As `JSON.stringify` writes it, however its characters were escaped. */
function canonicalString(token: string): string {
  return token.includes('\\') || !token.isWellFormed() ? JSON.stringify(JSON.parse(token)) : token;
}

/** The digits without the zeros at either end, and the power of ten of the last one. */
function canonicalNumber(token: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = ''] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  const all = whole + fraction;
  let [start, end] = [0, all.length];
  while (all[start] === '0') start++;
  if (start === end) return '0';
  while (all[end - 1] === '0') end--;
  const power = addToInteger(exponent, all.length - end - fraction.length);
  return `${sign}${all.slice(start, end)}${power === '0' ? '' : `e${power}`}`;
}

/** So many digits are exact as a JavaScript number, with room for adding any length of a text. */
const maxExactDigits = 15;

/**
 * Adds a small number to the text of an integer of any length, in linear time: `BigInt` takes seconds for a million
 * digits.
 */
function addToInteger(text: string, addend: number): string {
  const [, sign = '', digits = ''] = /^([+-]?)0*(\d*)$/.exec(text) ?? [];
  if (digits.length <= maxExactDigits) return String((sign === '-' ? -1 : 1) * Number(digits) + addend || 0);
  const negative = sign === '-';
  const head = digits.slice(0, -maxExactDigits);
  const tail = Number(digits.slice(-maxExactDigits)) + (negative ? -addend : addend);
  const unit = 10 ** maxExactDigits;
  const carry = Math.floor(tail / unit);
  const magnitude = carryDigits(head, carry) + String(tail - carry * unit).padStart(maxExactDigits, '0');
  return (negative ? '-' : '') + magnitude.replace(/^0+/, '');
}

/** Adds -1, 0 or 1 to the digits of a positive number. */
function carryDigits(digits: string, carry: number): string {
  if (carry === 0) return digits;
  const [over, wrapped] = carry > 0 ? ['9', '0'] : ['0', '9'];
  let at = digits.length - 1;
  while (at >= 0 && digits[at] === over) at--;
  const rest = wrapped.repeat(digits.length - 1 - at);
  return at < 0 ? `1${rest}` : `${digits.slice(0, at)}${Number(digits[at]) + carry}${rest}`;
}
