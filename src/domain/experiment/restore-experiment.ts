import type { Caller } from '../actor.ts';
import { invalid, type NotFound, notFound } from '../failure.ts';
import type { Experiment } from './experiment.ts';
import { findIdIssues } from './input.ts';
import { authorizeWrite, type Refused, type WriteParts } from './write-steps.ts';

/** An experiment that is out of the trash again. */
export interface Restored {
  readonly kind: 'restored';
  readonly experiment: Experiment;
}
export type RestoreResult = Restored | Refused | NotFound;

/** Brings an experiment back out of the trash as it was, with the same revision (contract, section 4). */
export async function restoreExperiment(
  { store, now }: WriteParts,
  caller: Caller,
  { id }: { readonly id: string },
): Promise<RestoreResult> {
  const actor = authorizeWrite(caller);
  if ('kind' in actor) return actor;
  const issues = findIdIssues(id);
  if (issues.length > 0) return invalid(issues);
  const experiment = await store.restore({ organization: actor.organization, id, at: now() });
  return experiment
    ? { kind: 'restored', experiment }
    : notFound(id, 'There is no experiment with this id in the trash.');
}
