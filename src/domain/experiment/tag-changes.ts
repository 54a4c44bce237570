import { toCanonicalJson } from '../json/canonical-json.ts';
import { type JsonObject, toJsonText } from '../json/exact-json.ts';
import { JsonList } from '../json/json-list.ts';
import { bounds } from '../limits.ts';
import { joinAlternatives } from '../messages.ts';
import { createIssue, type Issue, toIssue } from '../validation.ts';
import { type InputField, inputShapes, type UncheckedInput } from './input-shapes.ts';

/** The tags that an update adds and removes (contract, section 4). */
export interface TagChanges {
  readonly addTags?: readonly JsonObject[] | undefined;
  readonly removeTags?: readonly JsonObject[] | undefined;
}

const changeFields = ['addTags', 'removeTags'] as const satisfies readonly InputField[];

/** A text that is the same for equal tags: JSON equality, whatever the order of keys and the spelling of numbers. */
export function toTagKey(tag: JsonObject): string {
  return toCanonicalJson(toJsonText(tag));
}

export function hasTagChanges({ addTags = [], removeTags = [] }: TagChanges): boolean {
  return addTags.length + removeTags.length > 0;
}

/**
 * Removes tags, then adds those that are not there yet at the end: a tag in both lists ends up as the last one. The
 * other tags keep their place and their text. Adds an issue to `issues` when tags are added beyond the bounds (R10).
 */
export function changeTags(
  tags: JsonList<JsonObject>,
  { addTags = [], removeTags = [] }: TagChanges,
  issues: Issue[],
): JsonList<JsonObject> {
  if (addTags.length + removeTags.length === 0) return tags;
  const removed = new Set(removeTags.map(toTagKey));
  const kept = removed.size > 0 ? tags.values.filter((tag) => !removed.has(toTagKey(tag))) : tags.values;
  const present = new Set(addTags.length > 0 ? kept.map(toTagKey) : []);
  const added = addTags.filter((tag) => addNew(present, toTagKey(tag)));
  if (added.length === 0) return kept.length === tags.values.length ? tags : JsonList.of(kept);
  const next = [...kept, ...added];
  issues.push(...findExcess(next));
  return JsonList.of(next);
}

/** Adds a key to a set; returns whether it is new there. */
function addNew(keys: Set<string>, key: string): boolean {
  const { size } = keys;
  return keys.add(key).size > size;
}

function findExcess(tags: readonly JsonObject[]): Issue[] {
  const path = ['input', 'addTags'];
  const problem = (excess: string) => `with the tags that are there already, ${excess}`;
  if (tags.length > bounds.listEntries) {
    const excess = `the list has ${tags.length} entries; at most ${bounds.listEntries} are accepted.`;
    return [createIssue(path, 'TOO_MANY', problem(excess))];
  }
  const { error } = inputShapes.tags.safeParse(tags);
  return (error?.issues ?? []).map((issue) => toIssue({ ...issue, message: problem(issue.message) }, path));
}

/** `tags` sets the whole list, so it excludes changes to the list. */
export function findExclusiveTags(input: UncheckedInput): Issue[] {
  if (input.tags === undefined) return [];
  const changes = changeFields.filter((field) => input[field] != null);
  if (changes.length === 0) return [];
  const problem = (excluded: readonly string[]) =>
    `cannot be combined with ${joinAlternatives(excluded)}; send tags, or the tags to add and remove.`;
  return [
    createIssue(['input', 'tags'], 'MUTUALLY_EXCLUSIVE', problem(changes)),
    ...changes.map((field) => createIssue(['input', field], 'MUTUALLY_EXCLUSIVE', problem(['tags']))),
  ];
}
