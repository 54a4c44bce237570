import type { Caller } from '../actor.ts';
import { type Conflict, invalid, type NotFound, notFound, staleRevision } from '../failure.ts';
import type { DeleteOutcome } from './apply-delete.ts';
import type { Experiment } from './experiment.ts';
import { findIdIssues } from './input.ts';
import type { RemoveOutcome, TrashOutcome } from './store.ts';
import { authorizeWrite, type Refused, type WriteParts, type WriteTarget } from './write-steps.ts';

export interface Deleted {
  readonly kind: 'deleted';
  readonly id: string;
  /** Until when it can be restored; null when it was permanently deleted. */
  readonly purgeAt: Date | null;
}
export type DeleteResult = Deleted | Refused | NotFound | Conflict<Experiment>;

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Moves an experiment to the trash or, with `permanently`, deletes it and its revisions, even if it is in the trash.
 * The id can be used again, and its revision numbers continue.
 */
export async function deleteExperiment(
  { store, now, trashDays }: WriteParts,
  caller: Caller,
  { id, ifRevision, permanently }: WriteTarget & { readonly permanently?: boolean | null | undefined },
): Promise<DeleteResult> {
  const actor = authorizeWrite(caller);
  if ('kind' in actor) return actor;
  const issues = findIdIssues(id);
  if (issues.length > 0) return invalid(issues);
  const at = now();
  const purgeAt = permanently ? null : findPurgeTime(at, trashDays);
  const removal = { organization: actor.organization, id, ifRevision: ifRevision ?? null };
  const outcome = await (purgeAt ? store.trash({ ...removal, at, purgeAt }) : store.remove(removal));
  return toDeleteResult(id, outcome, purgeAt);
}

/** When an experiment that is deleted now leaves the trash; null when it is permanently deleted. */
export function findPurgeTime(at: Date, trashDays: number): Date | null {
  return trashDays === 0 ? null : new Date(at.getTime() + trashDays * dayMs);
}

export function toDeleteResult(
  id: string,
  outcome: TrashOutcome | RemoveOutcome | DeleteOutcome,
  purgeAt: Date | null,
): Deleted | NotFound | Conflict<Experiment> {
  if (outcome.kind === 'missing') return notFound(id);
  return outcome.kind === 'stale' ? staleRevision(outcome.current) : { kind: 'deleted', id, purgeAt };
}
