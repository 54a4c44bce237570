/**
 * The words of issues and warnings. Each message is a full sentence that begins with a name and a colon, then says what
 * is wrong with which value, and what is accepted: `batchSize: 0 is outside the range 1 to 10000.` Names of fields stand
 * bare and texts of the caller in quotes, so that REST can spell the fields in its own way.
 */

import type { z } from 'zod';
import { issueLimits } from './limits.ts';
import { shorten } from './text.ts';

const { nameCharacters, nameEntryCharacters, valueCharacters } = issueLimits;

/** Names a place of an input by its path without the argument: `evaluatorIds.3`. Long names lose their middle. */
export function namePlace(path: readonly string[]): string {
  return joinEntries(path[0] === 'input' ? path.slice(1) : path);
}

/** Names a place by its last key, and the indexes after it: `temperature`, `seeds.3`. */
export function nameLastKey(path: readonly string[]): string {
  const start = path.findLastIndex((entry) => !/^\d+$/.test(entry));
  return joinEntries(path.slice(Math.max(start, 0)));
}

function joinEntries(path: readonly string[]): string {
  const entries = path.map((entry) => shorten(entry, nameEntryCharacters));
  const name = entries.join('.');
  return name.length <= nameCharacters ? name : [...entries.slice(0, 2), '…', ...entries.slice(-1)].join('.');
}

/** Writes a value into a message: texts in quotes, and clipped; objects and lists by their kind. */
export function quote(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value, valueCharacters));
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Joins alternatives: `a`, `a or b`, `a, b, or c`. By hand, because `Intl.ListFormat` takes 25 ms of each start. */
export function joinAlternatives(words: readonly string[]): string {
  if (words.length <= 2) return words.join(' or ');
  return `${words.slice(0, -1).join(', ')}, or ${words.at(-1)}`;
}

/** Says that a number is not in its range. */
export function describeRange(value: number, { min, max }: { readonly min: number; readonly max: number }): string {
  return `${quote(value)} is outside the range ${min} to ${max}.`;
}

/** Says that text cannot be stored (R16). */
export function describeUnstorable(text: string): string {
  return `${quote(text)} contains NUL or a lone surrogate, which cannot be stored.`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a JSON object',
};

/** Says that a value has the wrong type, in our words instead of zod's. */
export function describeWrongType(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value')
    return `${quote(issue.input)} is not one of ${issue.values.map(quote).join(', ')}.`;
  if (issue.code !== 'invalid_type' || !(issue.expected in typeNames)) return 'the value is not accepted.';
  const { input, expected } = issue;
  if (input === undefined) return `${typeNames[expected]} is required.`;
  if (typeof input === 'number' && expected === 'number') return 'the number is too large.';
  return `${quote(input)} is not ${typeNames[expected]}.`;
}
