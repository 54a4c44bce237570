import { pageSize } from '../limits.ts';
import type { BadCursor, Page, PageArguments } from '../pagination.ts';
import type { Experiment, ExperimentRevision } from './experiment.ts';

/** The numbers of the last experiment with an id, at its deletion. */
export type LastRevision = Pick<Experiment, 'revision' | 'version'>;

/** Continues the numbers of the last experiment that had the id (contract, section 2). */
export function continueRevisions(experiment: Experiment, last: LastRevision): Experiment {
  return {
    ...experiment,
    revision: experiment.revision + last.revision,
    firstRevision: experiment.firstRevision + last.revision,
    version: experiment.version + last.version,
  };
}

/** Revisions `from` to `to` of one experiment, both inclusive. */
export interface RevisionRange {
  readonly experimentId: string;
  readonly from: number;
  readonly to: number;
}

/** The maximum number of revisions in the ranges. */
export function countRows(ranges: readonly RevisionRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + Math.max(0, to - from + 1), 0);
}

/** Merges ranges that overlap or touch. */
export function mergeRanges(ranges: readonly RevisionRange[]): RevisionRange[] {
  const merged: { experimentId: string; from: number; to: number }[] = [];
  const byExperiment = Map.groupBy(ranges, ({ experimentId }) => experimentId);
  for (const [experimentId, own] of byExperiment) {
    let last: (typeof merged)[number] | undefined;
    for (const { from, to } of own.toSorted((one, other) => one.from - other.from)) {
      if (last && from <= last.to + 1) last.to = Math.max(last.to, to);
      else merged.push((last = { experimentId, from, to }));
    }
  }
  return merged;
}

/**
 * The range of a page of revisions, newest first. An experiment's revisions have no gaps from `firstRevision` on, so
 * the range can be computed from the experiment alone.
 */
export function toRevisionRange(experiment: Experiment, { first, after }: PageArguments): RevisionRange | BadCursor {
  const below = after == null ? experiment.revision + 1 : parseRevisionCursor(after);
  if (below === null) return { kind: 'badCursor', argument: 'after' };
  const to = Math.min(below - 1, experiment.revision);
  return {
    experimentId: experiment.id,
    from: Math.max(experiment.firstRevision, to - (first ?? pageSize.default) + 1),
    to,
  };
}

/** How many revisions an experiment has. */
export function countRevisions({ revision, firstRevision }: Experiment): number {
  return revision - firstRevision + 1;
}

/** Builds the page of a range from its revisions. */
export function toRevisionPage(
  { from, to }: RevisionRange,
  experiment: Experiment,
  revisions: readonly ExperimentRevision[],
): Page<ExperimentRevision> {
  return {
    entries: revisions.map((node) => ({ node, cursor: toRevisionCursor(node.revision) })),
    hasNextPage: from > experiment.firstRevision && to >= from,
    hasPreviousPage: to < experiment.revision,
  };
}

function toRevisionCursor(revision: number): string {
  return Buffer.from(`REVISION ${revision}`).toString('base64url');
}

function parseRevisionCursor(cursor: string): number | null {
  const match = /^REVISION (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString());
  return match ? Number(match[1]) : null;
}
