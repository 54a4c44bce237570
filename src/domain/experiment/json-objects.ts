import { z } from 'zod';
import { type JsonObject, toJsonText } from '../json/exact-json.ts';
import { bounds, issueLimits } from '../limits.ts';
import { describeUnstorable, quote } from '../messages.ts';
import { isStorable } from '../text.ts';
import { addIssue } from '../validation.ts';

/** Runs a refinement of a list even if entries are invalid, so that all issues are reported at once (R10). */
const evenIfEntriesFail = { when: ({ value }: z.core.ParsePayload) => Array.isArray(value) };

/**
 * JSON objects as they were sent (R11). Their exact text is attached to their identity, so they are checked but never
 * copied. `bytes` limits their JSON text, `keys`, if given, the number of top-level keys in all, which the index of tags
 * holds.
 */
export function jsonObjects({ bytes, keys }: { bytes: number; keys?: number }) {
  return z
    .array(
      z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
        error: ({ input }) => `${quote(input)} is not a JSON object.`,
        abort: false,
      }),
    )
    .superRefine((values, ctx) => {
      const faults = findJsonFaults(values);
      for (const { code, problem, path } of faults) addIssue(ctx, code, problem, path);
      const keyCount = keys === undefined ? 0 : countKeys(values);
      if (keyCount > (keys ?? 0))
        addIssue(ctx, 'TOO_MANY', `the objects have ${keyCount} keys in all; at most ${keys} are accepted.`);
      if (faults.some(({ code }) => code === 'TOO_DEEP')) return;
      const size = Buffer.byteLength(toJsonText(values));
      if (size > bytes) addIssue(ctx, 'TOO_LARGE', `the JSON has ${size} bytes; at most ${bytes} are accepted.`);
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
  readonly problem: string;
  readonly path: readonly string[];
}

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
    faults.push({ code: 'INVALID_TEXT', problem: describeUnstorable(text), path: path.map(String) });
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
      const problem = `the JSON is nested deeper than ${bounds.jsonLevels} levels.`;
      faults.push({ code: 'TOO_DEEP', problem, path: [String(index)] });
    }
  }
  if (containers > bounds.jsonContainers) {
    const problem = `the JSON has ${containers} objects and arrays; at most ${bounds.jsonContainers} are accepted.`;
    faults.push({ code: 'TOO_MANY', problem, path: [] });
  }
  return faults;
}
