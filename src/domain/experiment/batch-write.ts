import type { Author } from '../actor.ts';
import { batchLimits } from '../limits.ts';
import type { Experiment } from './experiment.ts';
import { countRevisions } from './revisions.ts';

/** What the writes of a batch touch: content and tags, the state of the run, the place in the trash, or everything. */
export type BatchKind = 'content' | 'run' | 'trash' | 'removal';

/** A write to several experiments of an organization in one transaction. */
export interface BatchWrite<Result> {
  readonly organization: string;
  /** Distinct ids. */
  readonly ids: readonly string[];
  readonly kind: BatchKind;
  readonly author: Author;
  /**
   * Decides what becomes of the experiments, which are given in the order of `ids` as they are stored; null where there
   * is none. A pure function: storage may call it more than once.
   */
  decide(found: readonly (Experiment | null)[]): BatchDecision<Result>;
}

export interface BatchDecision<Result> {
  /** What to write, at most once for an experiment; nothing else is written. */
  readonly writes: readonly BatchRow[];
  readonly result: Result;
}

/** The write of one row; `after` is null when it is permanently deleted. */
export interface BatchRow {
  readonly before: Experiment;
  readonly after: Experiment | null;
}

/** The batch exceeds one of `batchLimits`. Nothing was written. */
export interface TooLarge {
  readonly kind: 'tooLarge';
  /** What is too large, as the problem of an issue. */
  readonly problem: string;
}

export const tooManyBytes = createExcess(`the experiments hold more than ${batchLimits.bytes} bytes together`);

/** Finds the limit that the writes of a batch exceed, if any. */
export function findExcess(kind: BatchKind, writes: readonly BatchRow[]): TooLarge | undefined {
  let [bytes, entries, revisions] = [0, 0, 0];
  for (const { before, after } of writes) {
    if (kind === 'removal') revisions += countRevisions(before);
    if (kind !== 'content' || !after) continue;
    bytes += measureExperiment(after);
    entries += countIndexEntries(before, after);
  }
  const { indexEntries, deletedRevisions } = batchLimits;
  if (bytes > batchLimits.bytes) return tooManyBytes;
  if (entries > indexEntries) return createExcess(`more than ${indexEntries} keys of tags and evaluators change`);
  if (revisions > deletedRevisions && writes.length > 1)
    return createExcess(`the experiments have more than ${deletedRevisions} revisions together`);
  return undefined;
}

function createExcess(problem: string): TooLarge {
  return { kind: 'tooLarge', problem: `${problem}; send fewer at a time.` };
}

/** How many entries of indexes a write replaces, before and after. */
function countIndexEntries(before: Experiment, after: Experiment): number {
  let entries = 0;
  if (before.tags.text !== after.tags.text) entries += countKeys(before.tags) + countKeys(after.tags);
  if (before.evaluatorIds.text !== after.evaluatorIds.text)
    entries += before.evaluatorIds.length + after.evaluatorIds.length;
  return entries;
}

function countKeys({ values }: Experiment['tags']): number {
  return values.reduce((sum, tag) => sum + Object.keys(tag).length, 0);
}

/** The fields that can be large. */
export const measuredFields = [
  'description',
  'workflow',
  'evaluatorIds',
  'evaluatorWorkflowIds',
  'tags',
  'errorMessage',
] as const satisfies readonly (keyof Experiment)[];

/** The size of an experiment as far as a batch limits it, in bytes. */
export function measureExperiment(experiment: Experiment): number {
  let bytes = 0;
  for (const field of measuredFields) {
    const value = experiment[field];
    if (value !== null) bytes += Buffer.byteLength(typeof value === 'string' ? value : value.text);
  }
  return bytes;
}
