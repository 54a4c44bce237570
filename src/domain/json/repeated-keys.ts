import { toCanonicalString } from './canonical-json.ts';
import { JsonReader } from './json-reader.ts';

/**
 * Returns the same valid JSON without white space and repeated keys: each key has its last value, at the position of its
 * first occurrence, as in the result of `JSON.parse`. Recurses into objects and arrays: the caller limits the depth.
 */
export function removeRepeatedKeys(text: string): string {
  return readOnce(new JsonReader(text));
}

function readOnce(reader: JsonReader): string {
  const start = reader.peek();
  if (start === '"') return reader.readString();
  if (start === '{') {
    const members = new Map<string, string>();
    reader.readMembers(() => {
      const key = toCanonicalString(reader.readKey());
      members.set(key, readOnce(reader));
    });
    return `{${Array.from(members, ([key, value]) => `${key}:${value}`).join()}}`;
  }
  if (start === '[') {
    const entries: string[] = [];
    reader.readMembers(() => entries.push(readOnce(reader)));
    return `[${entries.join()}]`;
  }
  return reader.readWord();
}
