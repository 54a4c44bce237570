import { z } from 'zod';
import { type JsonValue, toJsonText } from '../json/exact-json.ts';
import { bounds, filterLimits } from '../limits.ts';
import type { PageRequest } from '../pagination.ts';
import { countCharacters, isStorable } from '../text.ts';
import { addIssue } from '../validation.ts';
import { type FieldComparison, isTextOperator } from './comparison.ts';
import type { ExperimentStatus } from './experiment.ts';
import { findJsonFaults } from './json-objects.ts';
import type { Reading } from './reading.ts';

/**
 * Selects the experiments for which all given conditions are true. Ranges include their start and exclude their end.
 * `nameContains` ignores case.
 */
export interface ExperimentFilter {
  /** The id is one of these, at most 100. */
  readonly ids?: readonly string[] | null | undefined;
  readonly status?: readonly ExperimentStatus[] | null | undefined;
  readonly datasetId?: string | null | undefined;
  readonly nameContains?: string | null | undefined;
  readonly tag?: { readonly key: string; readonly value?: JsonValue | undefined } | null | undefined;
  readonly evaluatorId?: string | null | undefined;
  /** Whether there is any tag. */
  readonly hasTags?: boolean | null | undefined;
  readonly createdFrom?: Date | null | undefined;
  readonly createdBefore?: Date | null | undefined;
  readonly updatedFrom?: Date | null | undefined;
  readonly updatedBefore?: Date | null | undefined;
  /** Whether it is RUNNING and its lease has expired, by the clock of the database. */
  readonly stalled?: boolean | null | undefined;
  /** Whether to look into the trash instead. Only at the top of a filter. */
  readonly deleted?: boolean | null | undefined;
  /** GraphQL has no such condition: it serves the filters of the documented REST operations. */
  readonly compare?: FieldComparison | null | undefined;
  readonly and?: readonly ExperimentFilter[] | null | undefined;
  readonly or?: readonly ExperimentFilter[] | null | undefined;
  readonly not?: ExperimentFilter | null | undefined;
}

export const orderFields = ['CREATED_AT', 'UPDATED_AT', 'NAME', 'STATUS', 'DATASET_ID', 'ID'] as const;
export type OrderField = (typeof orderFields)[number];
export const directions = ['ASC', 'DESC'] as const;

/**
 * The order of a list; the id breaks ties, in the same direction. Experiments without a dataset come before all others
 * in the ascending order of `DATASET_ID`, the only one that no index serves.
 */
export interface ExperimentOrder {
  readonly field: OrderField;
  readonly direction: (typeof directions)[number];
}

/** Newest first. */
export const defaultOrder: ExperimentOrder = { field: 'CREATED_AT', direction: 'DESC' };

/** A page of an organization's experiments. */
export interface ExperimentQuery {
  readonly organization: string;
  readonly filter: ExperimentFilter;
  readonly order: ExperimentOrder;
  readonly page: PageRequest;
  readonly reading?: Reading | undefined;
}

/**
 * How many parts of an unchecked filter are looked at: lists, their entries, and filters. A filter with more is refused
 * anyway, for the number of its conditions or for the type of its values.
 */
const maxParts = 4 * filterLimits.conditions;

/**
 * Counts the text conditions of a filter, including those in `and`, `or` and `not`. Each value that a text is searched
 * for counts. Accepts unchecked input, and takes as much time for a million parts as for 200.
 */
export function countTextConditions(filter: unknown): number {
  let count = 0;
  const pending = [filter];
  for (let parts = 0; pending.length > 0 && parts < maxParts; parts++) {
    const part = pending.pop();
    if (Array.isArray(part)) pending.push(...part.slice(0, maxParts));
    else if (typeof part === 'object' && part !== null) {
      const { nameContains, compare, and, or, not } = part as Record<string, unknown>;
      if (nameContains != null) count++;
      const { operator, values } = (compare ?? {}) as Partial<FieldComparison>;
      if (operator && values && isTextOperator(operator)) count += values.length;
      pending.push(...[and, or, not].filter((each) => each != null));
    }
  }
  return count;
}

/**
 * The bounds of a filter: 50 conditions, 8 levels of `and`, `or` and `not`, 100 ids in a list, and texts that storage can
 * compare. No text is longer, and no tag value larger, than what is stored may be (R10): it would never match, and be
 * costly to compare. Folding a name takes quadratic time, and a literal may hold one long variable in each condition.
 */
export const experimentFilter = z.custom<ExperimentFilter>().superRefine((filter, ctx) => {
  if (isTooLarge(filter)) {
    const { conditions, levels } = filterLimits;
    addIssue(ctx, 'TOO_LARGE', `more than ${conditions} conditions or ${levels} levels are not accepted.`);
    return;
  }
  if (listChildren(filter).some(looksIntoTrash)) {
    addIssue(ctx, 'MUTUALLY_EXCLUSIVE', 'deleted is accepted only at the top of the filter, not in and, or and not.');
    return;
  }
  const fault = findTagFault(listTags(filter));
  const idCount = findLongestIds(filter);
  if (fault) addIssue(ctx, ...fault);
  else if (idCount > filterLimits.ids)
    addIssue(ctx, 'TOO_MANY', `ids has ${idCount} entries; at most ${filterLimits.ids} are accepted.`);
  else if (hasLongText(filter)) addIssue(ctx, 'TOO_LONG', longText);
  else if (!listTexts(filter).every(isStorable)) addIssue(ctx, ...unstorableText);
});

/** A key that is the same for equal arguments of a list. Tag values are compared to the last digit (R11). */
export function toListKey(args: unknown): string {
  // Not the second parameter: it is the result of `toJSON`, so a bare number has already lost its digits.
  return JSON.stringify(args, function (this: Readonly<Record<string, unknown>>, name, value: unknown) {
    return name === 'value' ? toJsonText(this[name]) : value;
  });
}

function looksIntoTrash(filter: ExperimentFilter): boolean {
  return filter.deleted != null || listChildren(filter).some(looksIntoTrash);
}

/** Whether a filter has too many conditions or levels. Stops there: a literal may hold a variable a thousand times. */
function isTooLarge(filter: ExperimentFilter): boolean {
  let conditions = 0;
  const isExceeded = (part: ExperimentFilter, level: number): boolean => {
    if (level > filterLimits.levels) return true;
    const { and: _and, or: _or, not: _not, ...own } = part;
    conditions += Object.values(own).filter((value) => value != null).length;
    for (const child of listChildren(part)) {
      conditions++;
      if (isExceeded(child, level + 1)) return true;
    }
    return conditions > filterLimits.conditions;
  };
  return isExceeded(filter, 1);
}

function listTexts(filter: ExperimentFilter): string[] {
  const { ids, datasetId, nameContains, tag, evaluatorId, compare } = filter;
  const compared = compare?.values.filter((value) => typeof value === 'string') ?? [];
  const single = [datasetId, nameContains, evaluatorId, tag?.key].filter((text) => text != null);
  const own = [...(ids ?? []), ...single, ...compared];
  return [...own, ...listChildren(filter).flatMap(listTexts)];
}

type FilterFault = readonly [code: 'TOO_DEEP' | 'TOO_LARGE' | 'INVALID_TEXT', problem: string];

const unstorableText: FilterFault = [
  'INVALID_TEXT',
  'a text contains NUL or a lone surrogate, which no stored text has.',
];

/** Returns the first fault of the tags, and stops there. */
function findTagFault(tags: readonly NonNullable<ExperimentFilter['tag']>[]): FilterFault | undefined {
  let bytesLeft: number = bounds.tagBytes;
  for (const { key, value } of tags) {
    if (Buffer.byteLength(key) > bounds.tagBytes)
      return ['TOO_LARGE', `a tag key has more than ${bounds.tagBytes} bytes.`];
    if (value === undefined) continue;
    const codes = new Set(findJsonFaults([value]).map(({ code }) => code));
    if (codes.has('TOO_DEEP')) return ['TOO_DEEP', `a tag value is nested deeper than ${bounds.jsonLevels} levels.`];
    if (codes.has('INVALID_TEXT')) return unstorableText;
    bytesLeft -= Buffer.byteLength(toJsonText(value));
    if (bytesLeft < 0) return ['TOO_LARGE', `the tag values have more than ${bounds.tagBytes} bytes of JSON in all.`];
  }
  return undefined;
}

/** The length of the longest `ids`. */
function findLongestIds(filter: ExperimentFilter): number {
  return Math.max(filter.ids?.length ?? 0, ...listChildren(filter).map(findLongestIds));
}

const longText = `ids, datasetId, nameContains and evaluatorId have at most ${filterLimits.valueCharacters} characters each.`;

function hasLongText(filter: ExperimentFilter): boolean {
  const { ids, datasetId, nameContains, evaluatorId } = filter;
  const isLong = (text: string | null | undefined) =>
    text != null && text.length > filterLimits.valueCharacters && countCharacters(text) > filterLimits.valueCharacters;
  return [...(ids ?? []), datasetId, nameContains, evaluatorId].some(isLong) || listChildren(filter).some(hasLongText);
}

function listTags(filter: ExperimentFilter): NonNullable<ExperimentFilter['tag']>[] {
  return [...(filter.tag ? [filter.tag] : []), ...listChildren(filter).flatMap(listTags)];
}

function listChildren({ and, or, not }: ExperimentFilter): ExperimentFilter[] {
  return [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])];
}
