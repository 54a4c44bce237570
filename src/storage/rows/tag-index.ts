import { createHash } from 'node:crypto';
import { toCanonicalEntries } from '../../domain/json/canonical-json.ts';
import type { JsonObject } from '../../domain/json/exact-json.ts';
import type { JsonList } from '../../domain/json/json-list.ts';

/**
 * The tag index entries of an experiment: each key with the canonical text of each of its values, so that equal values
 * match however they were spelled.
 */
export function toTagEntries(tags: JsonList<JsonObject>): [key: string, value: string][] {
  return tags.isEmpty ? [] : toCanonicalEntries(tags.text);
}

/** The most rows of tags that a migration reads at a time. */
export const maxRebuildRows = 200;
/** It takes no further row once it has this many characters. */
export const maxRebuildCharacters = 4 * 1024 * 1024;

/** The longest text, in bytes, that goes into a bounded index entry unchanged. PostgreSQL limits entries to 2,700. */
const maxKeyBytes = 256;
const digestPrefix = 'sha256:';

/**
 * A form of a text that is short enough for an index and enough for lookups: the text itself, or the digest of a long
 * one.
 */
export function toIndexKey(text: string): string {
  if (Buffer.byteLength(text) <= maxKeyBytes && !text.startsWith(digestPrefix)) return text;
  return `${digestPrefix}${createHash('sha256').update(text).digest('base64url')}`;
}
