import type { OrderField } from '../domain/experiment/query.ts';

/** Where a page ends: the sort value and the id of its last entry. Opaque to callers, the same on every engine. */
export interface Keyset {
  readonly value: string | number;
  readonly id: string;
}

export function encodeCursor(field: OrderField, { value, id }: Keyset): string {
  return Buffer.from(JSON.stringify([field, value, id])).toString('base64url');
}

/** The keyset in a cursor; null when this is no cursor of a list in this order. */
export function decodeCursor(field: OrderField, cursor: string): Keyset | null {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
  if (!Array.isArray(parts) || parts.length !== 3) return null;
  const [cursorField, value, id] = parts as [unknown, unknown, unknown];
  const isTime = field === 'CREATED_AT' || field === 'UPDATED_AT';
  const fits = isTime ? Number.isSafeInteger(value) : typeof value === 'string';
  if (cursorField !== field || !fits || typeof id !== 'string') return null;
  return { value: value as string | number, id };
}
