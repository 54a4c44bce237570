import type { Caller } from '../actor.ts';
import { invalid, notFound } from '../failure.ts';
import { createIssue, type Issue } from '../validation.ts';
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
  const issues = [...findIdIssues(target.id), ...findRevisionIssues(revision)];
  if (issues.length > 0) return invalid(issues);
  const earlier = await parts.store.revision(actor.organization, target.id, revision);
  if (!earlier) return notFound(target.id, describeMissingRevision(revision));
  const outcome = await storeReplace(parts, toReplace(actor, target, pickContent(earlier), parts.now()), dryRun);
  return toWriteResult(target.id, outcome, [], dryRun);
}

/** The issue of a `revision` that no experiment has; null means that none was given. */
export function findRevisionIssues(revision: number | null): Issue[] {
  if (revision === null || revision >= 1) return [];
  return [createIssue(['revision'], 'TOO_SMALL', `${revision} is not accepted; revisions start at 1.`)];
}

export function describeMissingRevision(revision: number): string {
  return `There is no experiment with this id that has a revision ${revision}.`;
}
