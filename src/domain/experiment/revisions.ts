import { type BadCursor, type Page, type PageArguments, pageSize } from '../pagination.ts';
import type { Experiment, ExperimentRevision } from './experiment.ts';
import type { RevisionRange } from './store.ts';

/**
 * The range of a page of revisions, newest first. An experiment's revisions have no gaps from `firstRevision` on,
 * so the experiment in hand says all that a page needs to know.
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

/** The page of a range, from the revisions that were read for it. */
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
