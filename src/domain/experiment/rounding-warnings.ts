import { toCanonicalJson } from '../json/canonical-json.ts';
import { type JsonObject, toJsonText } from '../json/exact-json.ts';
import { findRoundedNumbers, type RoundedNumber } from '../json/rounded-numbers.ts';
import { issueLimits } from '../limits.ts';
import { nameLastKey } from '../messages.ts';
import { shorten } from '../text.ts';
import { shortenPath } from '../validation.ts';
import type { ReplaceOutcome } from './apply-replace.ts';
import type { EditableFields } from './experiment.ts';
import type { Warning } from './input.ts';
import { hasTagChanges, type TagChanges, toTagKey } from './tag-changes.ts';

type RoundingOutcome =
  | { readonly kind: 'replaced'; readonly before: EditableFields; readonly after: EditableFields }
  | { readonly kind: Exclude<ReplaceOutcome['kind'], 'replaced'> };

const storedAsSent = 'It is stored as sent; to keep the number, send all its digits.';
const notRemoved = 'The tag is not removed; to remove it, send all digits of the number.';

/**
 * Finds the numbers in workflow and tags that came back rounded, at most 50 (R17). They are stored as sent, since a
 * caller may mean it. Restoring a revision has no such warnings: no client sent its numbers.
 */
export function findRoundingWarnings(outcome: RoundingOutcome, changes: TagChanges = {}): readonly Warning[] {
  if (outcome.kind !== 'replaced') return [];
  const { before, after } = outcome;
  const changesTags = hasTagChanges(changes);
  if (after === before && !changesTags) return [];
  const warnings: Warning[] = [];

  function add(place: readonly string[], found: readonly RoundedNumber[], effect: string): void {
    for (const rounded of found) {
      const path = shortenPath(['input', ...place, ...rounded.path]);
      const [stored, sent] = [rounded.before, rounded.after].map((number) =>
        shorten(number, issueLimits.valueCharacters),
      );
      const message = `${nameLastKey(path)}: ${sent} is the stored ${stored}, rounded by the client. ${effect}`;
      warnings.push({ code: 'NUMBER_ROUNDED', message, path });
    }
  }
  const countLeft = () => issueLimits.count - warnings.length;

  add(['workflow'], findRoundedNumbers(before.workflow.text, after.workflow.text, countLeft()), storedAsSent);
  if (!changesTags) {
    add(['tags'], findRoundedNumbers(before.tags.text, after.tags.text, countLeft()), storedAsSent);
    return warnings;
  }
  const findStored = indexByRoundedText(before.tags.values);
  for (const [field, effect] of [
    ['addTags', storedAsSent],
    ['removeTags', notRemoved],
  ] as const) {
    for (const [index, tag] of (changes[field] ?? []).entries()) {
      const stored = findStored(tag);
      if (!stored) continue;
      add([field, String(index)], findRoundedNumbers(toJsonText(stored), toJsonText(tag), countLeft()), effect);
    }
  }
  return warnings;
}

/**
 * Returns a function that finds the stored tag which a client that reads numbers as doubles cannot tell from a sent one;
 * undefined when the sent one itself is stored, too.
 */
function indexByRoundedText(stored: readonly JsonObject[]): (sent: JsonObject) => JsonObject | undefined {
  // `JSON.stringify` writes the doubles, `toJsonText` the numbers as they were sent.
  const toRoundedKey = (tag: JsonObject) => toCanonicalJson(JSON.stringify(tag));
  const byRoundedKey = Map.groupBy(stored, toRoundedKey);
  return (sent) => {
    const alike = byRoundedKey.get(toRoundedKey(sent)) ?? [];
    const key = toTagKey(sent);
    return alike.some((tag) => toTagKey(tag) === key) ? undefined : alike[0];
  };
}
