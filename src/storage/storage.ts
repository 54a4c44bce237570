import type { ApiKeyStore } from '../domain/api-key/api-key.ts';
import type { DatasetReads, DatasetStore } from '../domain/dataset/dataset.ts';
import type { ExperimentEvents } from '../domain/experiment/events.ts';
import type { ExperimentReads, ExperimentStore } from '../domain/experiment/store.ts';
import type { CopyEnd, CopyTarget } from './copy/port.ts';

/** An open installation: the stores of each aggregate over one database. */
export interface Storage {
  readonly experiments: ExperimentStore;
  readonly datasets: DatasetStore;
  readonly apiKeys: ApiKeyStore;
  /** Resolves when storage answers; rejects with `StorageUnavailable` when it does not, or has left the outcome of a write open. */
  check(): Promise<void>;
  /**
   * Makes this process known as a gateway of the database until it closes or ends, and returns whether another gateway
   * was there before. Only a SQLite file can tell: on PostgreSQL always false.
   */
  joinGateways(): boolean;
  /** Copies everything to a new file while writes go on. Rejects with `CannotStart` when that is not possible. */
  backup(target: string): Promise<void>;
  close(): Promise<void>;
}

/** What a copy of an installation answers. */
export interface StorageReads {
  readonly experiments: ExperimentReads;
  readonly datasets: DatasetReads;
}

/** Copies of an installation that lag behind it. */
export interface Replicas {
  /** One whose state is 5 s old at most, each in turn; undefined when there is none. */
  pick(): StorageReads | undefined;
  close(): Promise<void>;
}

export interface ReplicasOptions {
  /** Told once when a replica begins to be used, and when it is not used any more. No credentials are in it. */
  readonly report: (
    news:
      | { readonly kind: 'used'; readonly replica: string }
      | { readonly kind: 'left'; readonly replica: string; readonly reason: string },
  ) => void;
}

/** How a database is opened. */
export interface OpenOptions {
  /** A database that is missing or empty is refused, and nothing is created, not even its folder. */
  readonly mustExist?: boolean;
}

/** What an engine does with databases that its URLs name. Everything rejects with `CannotStart` when it cannot. */
export interface Driver {
  /** The databases that it opens, for people. */
  readonly accepted: string;
  /** Opens a database, creates what is new, and applies missing migrations under a lock. Publishes what writes change. */
  open(url: string, publish: ExperimentEvents['publish'], options: OpenOptions): Promise<Storage>;
  /** See `openCopySource`. */
  openCopySource(url: string): Promise<CopyEnd>;
  /** See `openCopyTarget`. */
  openCopyTarget(url: string, source: string): Promise<CopyTarget>;
  /** See `openReplicas`. An engine without replicas has none. */
  openReplicas?(url: string, urls: readonly string[], options: ReplicasOptions): Promise<Replicas>;
}

/** What is known of an engine before its driver is loaded. */
export interface Engine {
  /** What one of its databases is called. */
  readonly title: string;
  /** What its URLs begin with, each with its colon. */
  readonly schemes: readonly string[];
  /** The URLs that it accepts, for people. */
  readonly accepted: string;
  /** Whether gateways elsewhere may serve the same database without this one knowing. */
  readonly isShared: boolean;
  /** Whether a text with one of its schemes is a URL of it to its end. */
  isUrl(url: string): boolean;
  /** A URL as people may see it: without credentials. */
  showUrl(url: string): string;
  /** The URLs of read replicas; undefined for an engine that has none. */
  readonly replicas?: { readonly accepted: string; isUrl(url: string): boolean };
}
