import type { Caller } from '../actor.ts';
import { type Conflict, invalid, type NotFound, notFound, staleRevision } from '../failure.ts';
import type { Experiment } from './experiment.ts';
import { findIdIssues } from './input.ts';
import { authorizeWrite, type Refused, type WriteParts, type WriteTarget } from './write-steps.ts';

export interface Deleted {
  readonly kind: 'deleted';
  readonly id: string;
}
export type DeleteResult = Deleted | Refused | NotFound | Conflict<Experiment>;

/** Deletes an experiment and its revisions. The id can be used again, and its revision numbers continue. */
export async function deleteExperiment(
  { store }: WriteParts,
  caller: Caller,
  { id, ifRevision }: WriteTarget,
): Promise<DeleteResult> {
  const actor = authorizeWrite(caller);
  if ('kind' in actor) return actor;
  const issues = findIdIssues(id);
  if (issues.length > 0) return invalid(issues);
  const outcome = await store.remove({ organization: actor.organization, id, ifRevision: ifRevision ?? null });
  if (outcome.kind === 'missing') return notFound(id);
  return outcome.kind === 'stale' ? staleRevision(outcome.current) : { kind: 'deleted', id };
}
