import type { OrderField } from '../../domain/experiment/query.ts';
import { isStorable } from '../../domain/text.ts';

/** The position of an entry in a list: its sort value and its id. The same on every engine. */
export interface Keyset {
  readonly value: string | number;
  readonly id: string;
}

/** Encodes a position as a cursor, which is opaque to callers. */
export function encodeCursor(field: OrderField, { value, id }: Keyset): string {
  return Buffer.from(JSON.stringify([field, value, id])).toString('base64url');
}

/** The position in a cursor; null when the text is not a cursor of a list in this order. */
export function decodeCursor(field: OrderField, cursor: string): Keyset | null {
  const parts = parseParts(cursor);
  if (parts?.length !== 3) return null;
  const [cursorField, value, id] = parts;
  const isTime = field === 'CREATED_AT' || field === 'UPDATED_AT';
  const fits = isTime ? Number.isSafeInteger(value) : typeof value === 'string';
  if (cursorField !== field || !fits || typeof id !== 'string') return null;
  return { value: value as string | number, id };
}

/** For lists that are ordered by id alone. */
export function encodeIdCursor(id: string): string {
  return Buffer.from(JSON.stringify([id])).toString('base64url');
}

export function decodeIdCursor(cursor: string): string | null {
  const parts = parseParts(cursor);
  return parts?.length === 1 && typeof parts[0] === 'string' ? parts[0] : null;
}

function parseParts(cursor: string): unknown[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(parts)) return null;
    // No genuine cursor holds a text that storage cannot keep, and not every engine can compare with one.
    return parts.every((part) => typeof part !== 'string' || isStorable(part)) ? parts : null;
  } catch {
    return null;
  }
}
