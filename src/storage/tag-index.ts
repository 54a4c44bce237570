import { createHash } from 'node:crypto';
import type { JsonList, JsonObject } from '../domain/json.ts';
import { tagText } from './experiment-row.ts';

/** What the index of tags has for an experiment: each key with each of its values. */
export function tagEntries(tags: JsonList<JsonObject>): [key: string, value: string][] {
  if (tags.isEmpty) return [];
  return tags.values.flatMap((tag) =>
    Object.entries(tag).map(([key, value]): [string, string] => [key, tagText(value)]),
  );
}

/** The longest text that an engine with bounded index entries keeps as it is, in bytes: PostgreSQL's have 2,700. */
const LONGEST = 256;
const DIGEST = 'sha256:';

/** A text that is only looked up, short enough for an index: itself, or the digest of a long one. */
export function indexable(text: string): string {
  if (Buffer.byteLength(text) <= LONGEST && !text.startsWith(DIGEST)) return text;
  return `${DIGEST}${createHash('sha256').update(text).digest('base64url')}`;
}
