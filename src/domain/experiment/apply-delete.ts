import type { Experiment } from './experiment.ts';

/** A deletion of an experiment: into the trash until `purgeAt` or, with null, permanently. */
export interface ExperimentDelete<PurgeAt extends Date | null> {
  readonly ifRevision: number | null;
  readonly at: Date;
  readonly purgeAt: PurgeAt;
}

/** `after` is the experiment in the trash; null when it is permanently deleted. */
export type DeleteOutcome<After extends Experiment | null = Experiment | null> =
  | { readonly kind: 'deleted'; readonly before: Experiment; readonly after: After }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale'; readonly current: Experiment };

export function applyDelete(current: Experiment | null, write: ExperimentDelete<Date>): DeleteOutcome<Experiment>;
export function applyDelete(current: Experiment | null, write: ExperimentDelete<Date | null>): DeleteOutcome;
/** Computes the outcome of a delete, as a pure function (R14). */
export function applyDelete(
  current: Experiment | null,
  { ifRevision, at, purgeAt }: ExperimentDelete<Date | null>,
): DeleteOutcome {
  if (!current) return { kind: 'missing' };
  if (ifRevision !== null && ifRevision !== current.revision) return { kind: 'stale', current };
  const after = purgeAt && { ...current, deletedAt: at, purgeAt, version: current.version + 1 };
  return { kind: 'deleted', before: current, after };
}
