import { z } from 'zod';
import { type JsonObject, toJsonText } from '../json/exact-json.ts';
import { bounds, issueLimits } from '../limits.ts';
import { isStorable } from '../text.ts';
import { addIssue } from '../validation.ts';

/** Runs a refinement of a list even if entries are invalid, so that all issues are reported at once (R10). */
const evenIfEntriesFail = { when: ({ value }: z.core.ParsePayload) => Array.isArray(value) };

/**
 * JSON objects as they were sent (R11). Their exact text is attached to their identity, so they are checked but never
 * copied. `bytes` limits their JSON text, `keys` the number of top-level keys in all, which the index of tags holds.
 */
export function jsonObjects({ bytes, keys = Number.POSITIVE_INFINITY }: { bytes: number; keys?: number }) {
  return z
    .array(
      z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
        message: 'Must be a JSON object.',
        abort: false,
      }),
    )
    .superRefine((values, ctx) => {
      const faults = findJsonFaults(values);
      for (const { code, message, path } of faults) addIssue(ctx, code, message, path);
      if (countKeys(values) > keys) addIssue(ctx, 'TOO_MANY', `Must have at most ${keys} keys in all.`);
      if (faults.some(({ code }) => code === 'TOO_DEEP')) return;
      if (Buffer.byteLength(toJsonText(values)) > bytes) {
        addIssue(ctx, 'TOO_LARGE', `Must be at most ${bytes} bytes as JSON.`);
      }
    }, evenIfEntriesFail)
    .meta({ maxItems: bounds.listEntries });
}

function countKeys(values: readonly unknown[]): number {
  let count = 0;
  for (const value of values) if (typeof value === 'object' && value !== null) count += Object.keys(value).length;
  return count;
}

interface JsonFault {
  readonly code: 'TOO_DEEP' | 'TOO_MANY' | 'INVALID_TEXT';
  readonly message: string;
  readonly path: readonly string[];
}

const unstorable = { code: 'INVALID_TEXT', message: 'Must not contain NUL or lone surrogates.' } as const;

/**
 * Finds what storage would not keep in a list of JSON values (R10, R16): more than 32 levels (a value of the list is
 * the first), more than 10,000 objects and arrays (the list counts as one), and texts with NUL or lone surrogates, of
 * which at most 50 are reported, as many as an answer can hold. Paths start with the index.
 */
export function findJsonFaults(values: readonly unknown[]): JsonFault[] {
  const faults: JsonFault[] = [];
  const path: (string | number)[] = [];
  let unstorableTexts = 0;
  let containers = 1;
  let isTooDeep = false;

  const checkText = (text: string) => {
    if (isStorable(text) || ++unstorableTexts > issueLimits.count) return;
    faults.push({ ...unstorable, path: path.map(String) });
  };
  const checkValue = (value: unknown, level: number) => {
    if (typeof value === 'string') checkText(value);
    else if (typeof value === 'object' && value !== null) {
      containers++;
      if (level > bounds.jsonLevels) isTooDeep = true;
      else if (Array.isArray(value))
        for (let index = 0; index < value.length; index++) checkMember(index, value[index], level);
      else for (const key in value) checkMember(key, (value as Record<string, unknown>)[key], level);
    }
  };
  const checkMember = (key: string | number, value: unknown, level: number) => {
    if (typeof key === 'string') checkText(key);
    if (typeof value !== 'string' && typeof value !== 'object') return;
    path.push(key);
    checkValue(value, level + 1);
    path.pop();
  };

  for (const [index, value] of values.entries()) {
    isTooDeep = false;
    checkMember(index, value, 0);
    if (isTooDeep) {
      const message = `Must be at most ${bounds.jsonLevels} levels deep.`;
      faults.push({ code: 'TOO_DEEP', message, path: [String(index)] });
    }
  }
  if (containers > bounds.jsonContainers) {
    const message = `Must have at most ${bounds.jsonContainers} objects and arrays.`;
    faults.push({ code: 'TOO_MANY', message, path: [] });
  }
  return faults;
}
