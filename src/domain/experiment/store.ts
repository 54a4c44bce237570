import type { Author } from '../actor.ts';
import type { JsonList, JsonObject } from '../json/exact-json.ts';
import type { BadCursor, Page } from '../pagination.ts';
import { type Experiment, type ExperimentContent, type ExperimentRevision, hasSameContent } from './experiment.ts';
import type { Step, StepOutcome } from './lifecycle.ts';
import type { ExperimentFilter, ExperimentQuery } from './query.ts';
import type { Reading } from './reading.ts';

/**
 * Where experiments live. Every method rejects with `StorageUnavailable` when storage cannot answer in time, and a
 * promise that resolved means that its write is on disk. Nothing of another organization is ever read or written. Each
 * write that changes something is published once it is on disk, in the order of commit.
 */
export interface ExperimentStore {
  find(organization: string, id: string): Promise<Experiment | null>;

  /** One page, in one query. */
  list(query: ExperimentQuery): Promise<Page<Experiment> | BadCursor>;

  count(organization: string, filter: ExperimentFilter): Promise<number>;

  /**
   * Writes a new experiment and its first revision, numbered by `continueRevisions`. Writes nothing when the id is taken.
   */
  insert(experiment: Experiment, author: Author): Promise<InsertOutcome>;

  /** The last revision of an id that no experiment has at present; both numbers are 0 when none ever had it. */
  findLastRevision(organization: string, id: string): Promise<LastRevision>;

  /** One conditional write of the content, recorded as a revision; `applyReplace` says what comes of it. */
  replace(write: ExperimentReplace): Promise<ReplaceOutcome>;

  /** One conditional write of a step of the run; `applyStep` says what comes of it. */
  step(step: ExperimentStep): Promise<StepOutcome>;

  /** Removes an experiment with its revisions; only their last number is remembered, for `findLastRevision`. */
  remove(removal: ExperimentRemoval): Promise<RemoveOutcome>;

  revision(organization: string, id: string, revision: number): Promise<ExperimentRevision | null>;

  /** The revisions of several experiments, newest first in each, in one query. */
  revisions(organization: string, ranges: readonly RevisionRange[], reading?: Reading): Promise<ExperimentRevision[]>;
}

/** The numbers that the last experiment with an id had when it was deleted. */
export type LastRevision = Pick<Experiment, 'revision' | 'version'>;

/** A new experiment, numbered from where the last one with its id ended (contract, section 2). */
export function continueRevisions(experiment: Experiment, last: LastRevision): Experiment {
  return {
    ...experiment,
    revision: experiment.revision + last.revision,
    firstRevision: experiment.firstRevision + last.revision,
    version: experiment.version + last.version,
  };
}

export type InsertOutcome =
  | { readonly kind: 'inserted'; readonly experiment: Experiment }
  | { readonly kind: 'taken'; readonly current: Experiment };

/** The reads that a copy of storage may answer, which lags behind it. */
export type ExperimentReads = Pick<ExperimentStore, 'find' | 'list' | 'count' | 'revisions'>;

/** New content for an experiment. */
export interface ExperimentReplace {
  readonly organization: string;
  readonly id: string;
  /** A null name stays as it is (R5). */
  readonly content: Omit<ExperimentContent, 'name'> & { readonly name: string | null };
  /** Absent tags stay as they are (R9). */
  readonly tags?: JsonList<JsonObject>;
  readonly ifRevision: number | null;
  readonly at: Date;
  readonly author: Author;
}

/** Before and after are one object when the replace changes nothing (R13). */
export type ReplaceOutcome =
  | { readonly kind: 'replaced'; readonly before: Experiment; readonly after: Experiment }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale'; readonly current: Experiment };

/** A step of the run of an experiment. */
export interface ExperimentStep {
  readonly organization: string;
  readonly id: string;
  readonly step: Step;
  readonly at: Date;
}

export interface ExperimentRemoval {
  readonly organization: string;
  readonly id: string;
  readonly ifRevision: number | null;
}

export type RemoveOutcome =
  /** With the version that it had. */
  | { readonly kind: 'removed'; readonly version: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale'; readonly current: Experiment };

/** Revisions `from` to `to` of one experiment, both included. */
export interface RevisionRange {
  readonly experimentId: string;
  readonly from: number;
  readonly to: number;
}

/** How many revisions ranges can hold at the most. */
export function countRows(ranges: readonly RevisionRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + Math.max(0, to - from + 1), 0);
}

/** The same revisions in ranges that have none in common. */
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

/** What becomes of an experiment under a replace: R5, R9, R13 and R14 as one pure function. */
export function applyReplace(current: Experiment | null, write: ExperimentReplace): ReplaceOutcome {
  if (!current) return { kind: 'missing' };
  if (write.ifRevision !== null && write.ifRevision !== current.revision) return { kind: 'stale', current };
  const after: Experiment = {
    ...current,
    ...write.content,
    name: write.content.name ?? current.name,
    tags: write.tags ?? current.tags,
    updatedAt: write.at,
    revision: current.revision + 1,
    version: current.version + 1,
  };
  return { kind: 'replaced', before: current, after: hasSameContent(current, after) ? current : after };
}
