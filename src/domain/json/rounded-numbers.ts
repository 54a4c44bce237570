/**
 * Detects numbers that a client has rounded (R17). A client that reads every number as a double, such as one in
 * JavaScript, sends `6687881544318118000` back for a stored `6687881544318117707`.
 *
 * Works on compact JSON text, as `toJsonText` returns it: a parsed number has already lost its digits.
 */

import { toCanonicalNumber } from './canonical-json.ts';
import { JsonReader } from './json-reader.ts';

/** A place in a JSON text, by its path from the root, with the texts of its number before and after. */
export interface RoundedNumber {
  readonly path: readonly string[];
  readonly before: string;
  readonly after: string;
}

/** The most pairs of different numbers with the same double that are compared exactly: it takes a microsecond each. */
const maxCompared = 5_000;

/**
 * Finds the places where `after` holds the number of `before` as a client rounded it, at most `limit`. A place is its
 * path, so the order of keys does not matter. Takes linear time, and next to none if the texts are equal or `before`
 * has no long number. Recurses into objects and arrays: the caller limits the depth (R10).
 */
export function findRoundedNumbers(before: string, after: string, limit: number): RoundedNumber[] {
  if (before === after || !longNumber.test(before)) return [];
  const found: RoundedNumber[] = [];
  const reader = new JsonReader(after);
  const path: Key[] = [];
  let compared = 0;

  const compare = (long: LongNumbers | undefined): void => {
    const start = reader.peek();
    const isContainer = start === '{' || start === '[';
    if (typeof long === 'object' && isContainer) compareMembers(long, start === '[');
    else if (typeof long === 'string' && !isContainer && start !== '"') compareNumbers(long, reader.readWord());
    else reader.skipValue();
  };
  const compareMembers = (members: LongMembers, isArray: boolean): void => {
    let index = 0;
    reader.readMembers(() => {
      const key = isArray ? index++ : reader.readKey();
      path.push(key);
      compare(members[key]);
      path.pop();
    });
  };
  const compareNumbers = (long: string, word: string): void => {
    if (word === long || Number(word) !== Number(long)) return;
    if (found.length === limit || ++compared > maxCompared || !isRounded(long, word)) return;
    found.push({ path: path.map(toName), before: long, after: word });
  };
  compare(readLongNumbers(new JsonReader(before)));
  return found;
}

/** The most digits that JavaScript can write of a double. */
const maxPrecision = 100;

/**
 * Whether a client rounded `before` to `after`, which has the same double: `before` has digits that the double has not,
 * and `after` is the double, as JavaScript prints it or to any number of digits. Equal numbers are not rounded, and
 * neither is a long number that changed to another long number.
 */
function isRounded(before: string, after: string): boolean {
  const double = Number(after);
  if (!Number.isFinite(double)) return false;
  const [long, short, printed] = [before, after, String(double)].map(toCanonicalNumber) as [string, string, string];
  if (long === short || long === printed) return false;
  const digits = short.replace(/^-|e.*$/g, '').length;
  return short === printed || (digits <= maxPrecision && short === toCanonicalNumber(double.toPrecision(digits)));
}

/** An index of an array, or a key of an object as a token. */
type Key = number | string;

/**
 * The members of an object or array that are long numbers or contain any. Keys are tokens with their quotes, so none is
 * the name of an inherited property.
 */
type LongMembers = { [key: Key]: LongNumbers };
type LongNumbers = string | LongMembers;

/**
 * Matches a text with a number that a double may not represent: one of 16 or more digits, or with an exponent. It may
 * match too much, but never too little.
 */
const longNumber = /(?:^|[:,[\s])-?\d(?:[\d.]{15}|[\d.]*[eE])/;

function readLongNumbers(reader: JsonReader): LongNumbers | undefined {
  const start = reader.peek();
  if (start === '{' || start === '[') return readLongMembers(reader, start === '[');
  if (start === '"') reader.skipValue();
  else {
    const word = reader.readWord();
    if (word.length >= 16 || longNumber.test(word)) return word;
  }
  return undefined;
}

function readLongMembers(reader: JsonReader, isArray: boolean): LongMembers | undefined {
  let members: LongMembers | undefined;
  let index = 0;
  reader.readMembers(() => {
    const key = isArray ? index++ : reader.readKey();
    const long = readLongNumbers(reader);
    if (long !== undefined) (members ??= {})[key] = long;
  });
  return members;
}

function toName(key: Key): string {
  return typeof key === 'number' ? String(key) : (JSON.parse(key) as string);
}
