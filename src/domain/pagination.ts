import { z } from 'zod';
import { pageSize } from './limits.ts';
import { describeRange } from './messages.ts';
import { addIssue, createIssue, type Issue } from './validation.ts';

/** Relay's four page arguments. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** A page to read: up to `size` entries between two cursors, from the start (`first`) or the end (`last`). */
export interface PageRequest {
  readonly size: number;
  readonly fromEnd: boolean;
  readonly after: string | null;
  readonly before: string | null;
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

/** The shape and bounds of page arguments. */
export const pageArguments = z.looseObject({ first: size, last: size }).superRefine(({ first, last }, ctx) => {
  if (first == null || last == null) return;
  addIssue(ctx, 'MUTUALLY_EXCLUSIVE', 'cannot be combined with last; send only one of them.', ['first']);
  addIssue(ctx, 'MUTUALLY_EXCLUSIVE', 'cannot be combined with first; send only one of them.', ['last']);
});

/** The page that valid arguments request. */
export function toPageRequest({ first, after, last, before }: PageArguments): PageRequest {
  return {
    size: first ?? last ?? pageSize.default,
    fromEnd: last != null,
    after: after ?? null,
    before: before ?? null,
  };
}

export function toCursorIssue({ argument }: BadCursor): Issue {
  const problem = 'the cursor does not come from this list in this order; take one from a page of it.';
  return createIssue([argument], 'INVALID_CURSOR', problem);
}
