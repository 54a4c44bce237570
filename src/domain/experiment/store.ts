import type { Author } from '../actor.ts';
import type { BadCursor, Page } from '../pagination.ts';
import type { Experiment, ExperimentRevision } from './experiment.ts';
import type { Step, StepOutcome } from './lifecycle.ts';
import type { ExperimentFilter, ExperimentQuery } from './query.ts';
import type { Reading } from './reading.ts';
import type { ExperimentReplace, ReplaceOutcome } from './replace.ts';
import type { LastRevision, RevisionRange } from './revisions.ts';

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

export type InsertOutcome =
  | { readonly kind: 'inserted'; readonly experiment: Experiment }
  | { readonly kind: 'taken'; readonly current: Experiment };

/** The reads that a copy of storage may answer, which lags behind it. */
export type ExperimentReads = Pick<ExperimentStore, 'find' | 'list' | 'count' | 'revisions'>;

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
