import { z } from 'zod';
import { maxPageDepth, pageSize } from './limits.ts';
import { describeRange } from './messages.ts';
import { addIssue, createIssue, type Issue } from './validation.ts';

/** Relay's four page arguments. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
  /** How many entries to leave out before the page. GraphQL has no such argument: it serves numbered pages. */
  readonly skip?: number | undefined;
}

/** A page to read: up to `size` entries between two cursors, from the start (`first`) or the end (`last`). */
export interface PageRequest {
  readonly size: number;
  readonly fromEnd: boolean;
  readonly after: string | null;
  readonly before: string | null;
  /** How many entries between the cursors to leave out first. */
  readonly skip?: number | undefined;
}

/** One page of entries, and whether there are more on either side. */
export interface Page<Entry> {
  readonly entries: readonly { readonly node: Entry; readonly cursor: string }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** A cursor that does not come from this list. */
export interface BadCursor {
  readonly kind: 'badCursor';
  readonly argument: 'after' | 'before';
}

const size = z
  .number()
  .superRefine((value, ctx) => {
    if (value < pageSize.min) addIssue(ctx, 'TOO_SMALL', describeRange(value, pageSize));
    if (value > pageSize.max) addIssue(ctx, 'TOO_BIG', describeRange(value, pageSize));
  })
  .nullish();

const badCursor = 'the cursor does not come from this list in this order; take one from a page of it.';
/** The cursors of all lists are shorter, in characters: the longest holds a name and an id. */
const maxCursorLength = 8_192;

/** A text that may be a cursor. A longer one would take a while to decode, in each of 20 lists. */
const cursor = z
  .string()
  .superRefine((value, ctx) => {
    if (value.length > maxCursorLength) addIssue(ctx, 'INVALID_CURSOR', badCursor);
  })
  .nullish();

/** The shape and bounds of page arguments. */
export const pageArguments = z
  .looseObject({ first: size, last: size, after: cursor, before: cursor })
  .superRefine(({ first, last }, ctx) => {
    if (first == null || last == null) return;
    addIssue(ctx, 'MUTUALLY_EXCLUSIVE', 'cannot be combined with last; send only one of them.', ['first']);
    addIssue(ctx, 'MUTUALLY_EXCLUSIVE', 'cannot be combined with first; send only one of them.', ['last']);
  });

/** The page that valid arguments request. */
export function toPageRequest({ first, after, last, before, skip }: PageArguments): PageRequest {
  return {
    size: first ?? last ?? pageSize.default,
    fromEnd: last != null,
    after: after ?? null,
    before: before ?? null,
    skip,
  };
}

/**
 * How many entries to leave out before a page with a number (from 1), in a list of `count` entries. A page without
 * entries is beyond the end, however large its number; one that has entries may lie too deep, because skipping reads
 * what it leaves out.
 */
export function findPageStart(page: number, size: number, count: number): number | 'beyondEnd' | 'tooDeep' {
  const skip = (page - 1) * size;
  if (skip >= count) return 'beyondEnd';
  return skip + size > maxPageDepth ? 'tooDeep' : skip;
}

export function toCursorIssue({ argument }: BadCursor): Issue {
  return createIssue([argument], 'INVALID_CURSOR', badCursor);
}
