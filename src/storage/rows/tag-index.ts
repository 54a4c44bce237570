import { createHash } from 'node:crypto';
import { canonicalEntries } from '../../domain/json/canonical-json.ts';
import type { JsonList, JsonObject } from '../../domain/json/exact-json.ts';

/**
 * What the index of tags holds for an experiment: each key with the canonical text of each of its values, so that equal
 * values are found however their senders spelled them.
 */
export function tagEntries(tags: JsonList<JsonObject>): [key: string, value: string][] {
  return tags.isEmpty ? [] : canonicalEntries(tags.text);
}

/** How much of the tags a migration reads at a time: so many rows at most, and no row more once it has so many characters. */
export const REBUILD_ROWS = 200;
export const REBUILD_SIZE = 4 * 1024 * 1024;

/** The longest text that an engine with bounded index entries keeps as it is, in bytes: PostgreSQL's have 2,700. */
const LONGEST = 256;
const DIGEST = 'sha256:';

/** A text that is only looked up, short enough for an index: itself, or the digest of a long one. */
export function indexable(text: string): string {
  if (Buffer.byteLength(text) <= LONGEST && !text.startsWith(DIGEST)) return text;
  return `${DIGEST}${createHash('sha256').update(text).digest('base64url')}`;
}
