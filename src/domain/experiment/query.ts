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
 * Counts the text conditions of a filter, including those in `and`, `or` and `not`. Each value that a text is searched
 * for counts. Accepts unchecked input.
 */
export function countTextConditions(filter: unknown): number {
  let count = 0;
  const pending = [filter];
  while (pending.length > 0) {
    const part = pending.pop();
    // One by one: an unchecked list may have a million entries, too many for the arguments of one call.
    if (Array.isArray(part)) for (const each of part) pending.push(each);
    else if (typeof part === 'object' && part !== null) {
      const { nameContains, compare, and, or, not } = part as Record<string, unknown>;
      if (nameContains != null) count++;
      const { operator, values } = (compare ?? {}) as Partial<FieldComparison>;
      if (operator && values && isTextOperator(operator)) count += values.length;
      pending.push(and, or, not);
    }
  }
  return count;
}

/**
 * The bounds of a filter: 50 conditions, 8 levels of `and`, `or` and `not`, 100 ids in a list, and texts that storage can
 * compare. Texts that are searched for are no longer than names, since folding takes quadratic time. Tag values are no
 * larger than all tags of an experiment may be (R10): a larger one never matches, and would be costly to compare.
 */
export const experimentFilter = z.custom<ExperimentFilter>().superRefine((filter, ctx) => {
  if (countConditions(filter, 1) > filterLimits.conditions) {
    const { conditions, levels } = filterLimits;
    addIssue(ctx, 'TOO_LARGE', `more than ${conditions} conditions or ${levels} levels are not accepted.`);
    return;
  }
  if (listChildren(filter).some(looksIntoTrash)) {
    addIssue(ctx, 'MUTUALLY_EXCLUSIVE', 'deleted is accepted only at the top of the filter, not in and, or and not.');
    return;
  }
  const fault = findTagValueFault(listTagValues(filter));
  const idCount = findLongestIds(filter);
  if (fault) addIssue(ctx, ...fault);
  else if (idCount > filterLimits.ids)
    addIssue(ctx, 'TOO_MANY', `ids has ${idCount} entries; at most ${filterLimits.ids} are accepted.`);
  else if (hasLongText(filter))
    addIssue(ctx, 'TOO_LONG', `nameContains has at most ${filterLimits.valueCharacters} characters, as names have.`);
  else if (!listTexts(filter).every(isStorable)) {
    addIssue(ctx, ...unstorableText);
  }
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

function countConditions(filter: ExperimentFilter, level: number): number {
  if (level > filterLimits.levels) return Number.POSITIVE_INFINITY;
  const own = Object.entries(filter).filter(([name, value]) => value != null && !['and', 'or', 'not'].includes(name));
  return listChildren(filter).reduce((count, child) => count + 1 + countConditions(child, level + 1), own.length);
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

/** Returns the first fault of the tag values, and stops there. */
function findTagValueFault(values: readonly unknown[]): FilterFault | undefined {
  let bytesLeft: number = bounds.tagBytes;
  for (const value of values) {
    if (value === undefined) continue;
    const codes = findJsonFaults([value]).map(({ code }) => code);
    if (codes.includes('TOO_DEEP'))
      return ['TOO_DEEP', `a tag value is nested deeper than ${bounds.jsonLevels} levels.`];
    if (codes.includes('INVALID_TEXT')) return unstorableText;
    bytesLeft -= Buffer.byteLength(toJsonText(value));
    if (bytesLeft < 0) return ['TOO_LARGE', `the tag values have more than ${bounds.tagBytes} bytes of JSON in all.`];
  }
  return undefined;
}

/** The length of the longest `ids`. */
function findLongestIds(filter: ExperimentFilter): number {
  return Math.max(filter.ids?.length ?? 0, ...listChildren(filter).map(findLongestIds));
}

function hasLongText(filter: ExperimentFilter): boolean {
  return (
    countCharacters(filter.nameContains ?? '') > filterLimits.valueCharacters || listChildren(filter).some(hasLongText)
  );
}

function listTagValues(filter: ExperimentFilter): unknown[] {
  return [filter.tag?.value, ...listChildren(filter).flatMap(listTagValues)];
}

function listChildren({ and, or, not }: ExperimentFilter): ExperimentFilter[] {
  return [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])];
}
