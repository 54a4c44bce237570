import type { Author } from '../actor.ts';
import type { BadCursor, Page } from '../pagination.ts';
import type { ExperimentReplace, ReplaceOutcome } from './apply-replace.ts';
import type { BatchWrite, TooLarge } from './batch-write.ts';
import type { ChangesPage, ChangesQuery, FeedEnd } from './change-feed.ts';
import type { Experiment, ExperimentRevision, ExperimentStatus } from './experiment.ts';
import type { IdempotencyKey, KeyUse } from './idempotency.ts';
import type { Step, StepOutcome } from './lifecycle.ts';
import type { ExperimentFilter, ExperimentQuery } from './query.ts';
import type { Reading } from './reading.ts';
import type { RevisionRange } from './revisions.ts';

/**
 * Stores experiments. Every method rejects with `StorageUnavailable` when storage does not respond in time. Once a
 * promise resolves, its write is on disk. Nothing of another organization is ever read or written. Each write that
 * changes something is published once it is on disk, in commit order.
 */
export interface ExperimentStore {
  find(organization: string, id: string): Promise<Experiment | null>;

  /** One page, in one query. */
  list(query: ExperimentQuery): Promise<Page<Experiment> | BadCursor>;

  count(organization: string, filter: ExperimentFilter): Promise<number>;

  /** How many match in each status, in one query. Statuses that none has may be missing. */
  countByStatus(organization: string, filter: ExperimentFilter): Promise<readonly StatusCount[]>;

  /**
   * Inserts an experiment and its first revision, numbered by `continueRevisions`. Writes nothing when the id is taken.
   * What the trash holds under the id is permanently deleted. An insert with a key uses the key up in the same
   * transaction, and writes nothing when it was used up in the 24 hours before.
   */
  insert(experiment: Experiment, author: Author, key?: IdempotencyKey): Promise<InsertOutcome>;

  /** What a key was used for in the 24 hours before; null when it is free. */
  findKeyUse(organization: string, key: string, at: Date): Promise<KeyUse | null>;

  /** Deletes some of the keys that have expired, at most 100. Resolves to whether there are more. */
  purgeKeys(at: Date): Promise<boolean>;

  /** One conditional write of the content, recorded as a revision; `applyReplace` defines the outcome. */
  replace(write: ExperimentReplace): Promise<ReplaceOutcome>;

  /** One conditional write of a lifecycle step; `applyStep` defines the outcome. */
  step(step: ExperimentStep): Promise<StepOutcome>;

  /** Moves an experiment to the trash. */
  trash(removal: ExperimentTrashing): Promise<TrashOutcome>;

  /**
   * Permanently deletes an experiment and its revisions, even if it is in the trash. Only its last numbers are kept,
   * for an insert with the same id.
   */
  remove(removal: ExperimentRemoval): Promise<RemoveOutcome>;

  /** Moves an experiment back out of the trash; null when it is not there, or has been there for too long. */
  restore(restoring: ExperimentRestoring): Promise<Experiment | null>;

  /**
   * Permanently deletes some of what has been in the trash for long enough, at most 100 rows. Resolves to whether there
   * is more to delete; false also while another gateway does this work.
   */
  purge(at: Date): Promise<boolean>;

  /**
   * Several experiments, in the order of `ids`; null where there is none. Reads no more than `batchLimits.bytes`, and
   * never from a replica.
   */
  findEach(organization: string, ids: readonly string[]): Promise<readonly (Experiment | null)[] | TooLarge>;

  /**
   * Writes several experiments in one transaction, after `decide` has seen what is stored. Each write of content is
   * recorded as a revision. A removal also finds what is in the trash.
   */
  writeEach<Result>(batch: BatchWrite<Result>): Promise<Result | TooLarge>;

  /** Where the changes of an organization end: after all that are visible to readers, and before all others. */
  findFeedEnd(organization: string): Promise<FeedEnd>;

  /**
   * The next changes after a position in one query: at most 100, and no more after 1 MiB of texts. No change is ever
   * added before a position that was returned.
   */
  listChanges(query: ChangesQuery): Promise<ChangesPage>;

  revision(organization: string, id: string, revision: number): Promise<ExperimentRevision | null>;

  /** The revisions of several experiments, newest first for each, in one query. */
  revisions(organization: string, ranges: readonly RevisionRange[], reading?: Reading): Promise<ExperimentRevision[]>;
}

export type InsertOutcome =
  | { readonly kind: 'inserted'; readonly experiment: Experiment }
  | { readonly kind: 'taken'; readonly current: Experiment }
  | { readonly kind: 'keyUsed'; readonly use: KeyUse };

export interface StatusCount {
  readonly status: ExperimentStatus;
  readonly count: number;
}

/** The reads that a replica, which lags behind, may serve. */
export type ExperimentReads = Pick<ExperimentStore, 'find' | 'list' | 'count' | 'countByStatus' | 'revisions'>;

/** A lifecycle step of one experiment. */
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

export interface ExperimentTrashing extends ExperimentRemoval {
  readonly at: Date;
  readonly purgeAt: Date;
}

export interface ExperimentRestoring {
  readonly organization: string;
  readonly id: string;
  readonly at: Date;
}

export type TrashOutcome =
  /** `after` is the experiment in the trash. */
  { readonly kind: 'trashed'; readonly after: Experiment } | Exclude<RemoveOutcome, { readonly kind: 'removed' }>;

export type RemoveOutcome =
  /** `version` is the last one of the removed experiment. */
  | { readonly kind: 'removed'; readonly version: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale'; readonly current: Experiment };
