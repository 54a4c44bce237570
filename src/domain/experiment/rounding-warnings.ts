import { findRoundedNumbers } from '../json/rounded-numbers.ts';
import { issueLimits } from '../limits.ts';
import { nameLastKey } from '../messages.ts';
import { shorten } from '../text.ts';
import { shortenPath } from '../validation.ts';
import type { ReplaceOutcome } from './apply-replace.ts';
import type { Warning } from './input.ts';

/**
 * Finds the numbers in workflow and tags that came back rounded, at most 50 (R17). They are stored as sent, since a
 * caller may mean it. Restoring a revision has no such warnings: no client sent its numbers.
 */
export function findRoundingWarnings(outcome: ReplaceOutcome): readonly Warning[] {
  if (outcome.kind !== 'replaced' || outcome.after === outcome.before) return [];
  const warnings: Warning[] = [];
  for (const field of ['workflow', 'tags'] as const) {
    const { text: before } = outcome.before[field];
    const { text: after } = outcome.after[field];
    for (const rounded of findRoundedNumbers(before, after, issueLimits.count - warnings.length)) {
      const path = shortenPath(['input', field, ...rounded.path]);
      const [stored, sent] = [rounded.before, rounded.after].map((number) =>
        shorten(number, issueLimits.valueCharacters),
      );
      const message = `${nameLastKey(path)}: ${sent} is the stored ${stored}, rounded by the client. It is stored as sent; to keep the number, send all its digits.`;
      warnings.push({ code: 'NUMBER_ROUNDED', message, path });
    }
  }
  return warnings;
}
