import { hash } from 'node:crypto';
import { isStorable } from '../text.ts';
import { createIssue, type Issue } from '../validation.ts';
import type { ChangePosition } from './change-feed.ts';

/** A position in one feed, as callers hold it. */
export interface ChangeCursor extends ChangePosition {
  /** The digest of the feed and the organization: numbers of another one mean something else. */
  readonly source: string;
}

/** Tells cursors of changes from those of lists. */
const marker = 'CHANGES';

/** The name that cursors give the feed of an organization. */
export function nameSource(feed: string, organization: string): string {
  return hash('sha256', JSON.stringify([feed, organization]), 'base64url').slice(0, 16);
}

/** Encodes a position as a cursor, which is opaque to callers. */
export function encodeChangeCursor(source: string, { number, id }: ChangePosition): string {
  return Buffer.from(JSON.stringify([marker, source, number, id])).toString('base64url');
}

/** The position in a cursor; null when the text is no cursor of changes. */
export function parseChangeCursor(text: string): ChangeCursor | null {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return null;
  }
  if (!Array.isArray(parts) || parts.length !== 4 || parts[0] !== marker) return null;
  const [, source, number, id] = parts as unknown[];
  if (typeof source !== 'string' || typeof id !== 'string' || !isStorable(id)) return null;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? { source, number, id } : null;
}

/** The issue of a `since` that is no cursor. */
export function createSinceIssue(): Issue {
  const problem =
    'this is not a cursor of changes; take changesCursor of a list, or the cursor of an event of experimentsChanged.';
  return createIssue(['since'], 'INVALID_CURSOR', problem);
}
