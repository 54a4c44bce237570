import { createHash } from 'node:crypto';
import { toCanonicalEntries } from '../../domain/json/canonical-json.ts';
import type { JsonObject } from '../../domain/json/exact-json.ts';
import type { JsonList } from '../../domain/json/json-list.ts';

/**
 * What the index of tags holds for an experiment: each key with the canonical text of each of its values, so that equal
 * values are found however their senders spelled them.
 */
export function toTagEntries(tags: JsonList<JsonObject>): [key: string, value: string][] {
  return tags.isEmpty ? [] : toCanonicalEntries(tags.text);
}

/** How much of the tags a migration reads at a time: so many rows at most, and no row more once it has so many characters. */
export const maxRebuildRows = 200;
export const maxRebuildCharacters = 4 * 1024 * 1024;

/** The longest text that an engine with bounded index entries keeps as it is, in bytes: PostgreSQL's have 2,700. */
const maxKeyBytes = 256;
const digestPrefix = 'sha256:';

/** A text that is only looked up, short enough for an index: itself, or the digest of a long one. */
export function toIndexKey(text: string): string {
  if (Buffer.byteLength(text) <= maxKeyBytes && !text.startsWith(digestPrefix)) return text;
  return `${digestPrefix}${createHash('sha256').update(text).digest('base64url')}`;
}
