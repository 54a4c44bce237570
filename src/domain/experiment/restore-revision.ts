import type { Caller } from '../actor.ts';
import { invalid, notFound } from '../failure.ts';
import { createIssue } from '../validation.ts';
import { pickContent } from './experiment.ts';
import { findIdIssues } from './input.ts';
import {
  authorizeWrite,
  type DryRun,
  storeReplace,
  toReplace,
  toWriteResult,
  type WriteParts,
  type WriteResult,
  type WriteTarget,
} from './write-steps.ts';

/** Replaces the content with that of an earlier revision. Tags do not change, as in every replace (R9). */
export async function restoreRevision(
  parts: WriteParts,
  caller: Caller,
  { revision, dryRun, ...target }: WriteTarget & DryRun & { readonly revision: number },
): Promise<WriteResult> {
  const actor = authorizeWrite(caller);
  if ('kind' in actor) return actor;
  const issues = findIdIssues(target.id);
  if (revision < 1)
    issues.push(createIssue(['revision'], 'TOO_SMALL', `${revision} is not accepted; revisions start at 1.`));
  if (issues.length > 0) return invalid(issues);
  const earlier = await parts.store.revision(actor.organization, target.id, revision);
  if (!earlier) return notFound(target.id, `There is no experiment with this id that has a revision ${revision}.`);
  const outcome = await storeReplace(parts, toReplace(actor, target, pickContent(earlier), parts.now()), dryRun);
  return toWriteResult(target.id, outcome, [], dryRun);
}
