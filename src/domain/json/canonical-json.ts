import { JsonReader } from './json-reader.ts';

/**
 * JSON equality as the contract defines it for tags (sections 2 and 4): key order does not matter, numbers are equal
 * when their exact values are equal, and everything else must be identical.
 *
 * Works on JSON text, never on parsed values: a parsed number has already lost digits. Take the text from `toJsonText`.
 */

/**
 * Returns the canonical text of valid JSON: two texts have the same one if and only if their values are equal. Numbers
 * are never expanded, so the cost depends only on the length of the text, however large its exponents are. Recurses
 * into objects and arrays: the caller limits the depth (R10). For a repeated key, the last value counts.
 */
export function toCanonicalJson(text: string): string {
  return readCanonical(new JsonReader(text));
}

/** The members of all objects in the text of an array of objects, each with the canonical text of its value. */
export function toCanonicalEntries(text: string): [key: string, value: string][] {
  const reader = new JsonReader(text);
  const entries: [key: string, value: string][] = [];
  reader.readMembers(() => entries.push(...readCanonicalMembers(reader)));
  return entries;
}

function readCanonical(reader: JsonReader): string {
  const start = reader.peek();
  if (start === '{') {
    const members = [...readCanonicalMembers(reader)].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()}}`;
  }
  if (start === '[') {
    const entries: string[] = [];
    reader.readMembers(() => entries.push(readCanonical(reader)));
    return `[${entries.join()}]`;
  }
  if (start === '"') return toCanonicalString(reader.readString());
  const word = reader.readWord();
  return /^[tfn]/.test(word) ? word : toCanonicalNumber(word);
}

function readCanonicalMembers(reader: JsonReader): Map<string, string> {
  const members = new Map<string, string>();
  reader.readMembers(() => {
    const key = JSON.parse(reader.readKey()) as string;
    members.set(key, readCanonical(reader));
  });
  return members;
}

/** The token of a string as `JSON.stringify` writes it, regardless of how its characters were escaped. */
export function toCanonicalString(token: string): string {
  return token.includes('\\') || !token.isWellFormed() ? JSON.stringify(JSON.parse(token)) : token;
}

/** Writes a number as its digits without leading and trailing zeros, and the power of ten of the last digit. */
export function toCanonicalNumber(token: string): string {
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

/** The number of digits that a JavaScript number holds exactly, even after adding the length of a text. */
const maxExactDigits = 15;

/**
 * Adds a small number to the text of an integer of any length, in linear time. `BigInt` would take seconds for a
 * million digits.
 */
function addToInteger(text: string, addend: number): string {
  const [, sign = '', digits = ''] = /^([+-]?)0*(\d*)$/.exec(text) ?? [];
  if (digits.length <= maxExactDigits) return String((sign === '-' ? -1 : 1) * Number(digits) + addend || 0);
  const isNegative = sign === '-';
  const head = digits.slice(0, -maxExactDigits);
  const tail = Number(digits.slice(-maxExactDigits)) + (isNegative ? -addend : addend);
  const unit = 10 ** maxExactDigits;
  const carry = Math.floor(tail / unit);
  const magnitude = carryDigits(head, carry) + String(tail - carry * unit).padStart(maxExactDigits, '0');
  return (isNegative ? '-' : '') + magnitude.replace(/^0+/, '');
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
