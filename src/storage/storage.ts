import type { ApiKeyReads, ApiKeyStore } from '../domain/api-key/api-key.ts';
import type { DatasetReads, DatasetStore } from '../domain/dataset/dataset.ts';
import type { ExperimentEvents } from '../domain/experiment/events.ts';
import type { ExperimentReads, ExperimentStore } from '../domain/experiment/store.ts';
import type { OrganizationReads } from '../domain/organization.ts';
import type { CopyEnd, CopyTarget } from './copy/port.ts';

/** An open installation: the stores of each aggregate over one database. */
export interface Storage {
  readonly experiments: ExperimentStore;
  readonly datasets: DatasetStore;
  readonly apiKeys: ApiKeyStore;
  readonly organizations: OrganizationReads;
  /** Rejects with `StorageUnavailable` when storage does not respond, or while the outcome of a write is unknown. */
  check(): Promise<void>;
  /** The share of the places in the queue that waiting work takes, from 0 to 1. At 1, further work is refused. */
  measureQueue(): number;
  /**
   * Registers this process as a gateway of the database until it closes or exits. Returns whether another gateway was
   * registered already; always false on PostgreSQL, where this is not tracked.
   */
  joinGateways(): boolean;
  /** How many writes wait for storage or are being written. */
  waitingWrites(): number;
  /** Copies everything to a new file while writes go on. Rejects with `CannotStart` when it cannot. */
  backup(target: string): Promise<void>;
  close(): Promise<void>;
}

/** The reads that a replica can serve. */
export interface StorageReads {
  readonly experiments: ExperimentReads;
  readonly datasets: DatasetReads;
  readonly apiKeys: ApiKeyReads;
}

/** Read replicas of an installation; they lag behind it. */
export interface Replicas {
  /** A replica that is at most 5 s behind, round robin; undefined when there is none. */
  pick(): StorageReads | undefined;
  close(): Promise<void>;
}

export interface ReplicasOptions {
  /** Called once each time a replica comes into use or drops out of use. Its arguments contain no credentials. */
  readonly report: (
    news:
      | { readonly kind: 'used'; readonly replica: string }
      | { readonly kind: 'left'; readonly replica: string; readonly reason: string },
  ) => void;
  /** Wraps the reads of each replica, to watch them. */
  readonly observe?: (reads: StorageReads) => StorageReads;
}

/** How a database is opened. */
export interface OpenOptions {
  /** Refuse a missing or empty database, and create nothing, not even its folder. */
  readonly mustExist?: boolean;
  /** Called after each commit, with how many writes it made durable. */
  readonly onCommit?: (writes: number) => void;
}

/** The operations of an engine on its databases. Every method rejects with `CannotStart` when it fails. */
export interface Driver {
  /** Describes the databases that it opens, for messages. */
  readonly accepted: string;
  /** See `openStorage`. */
  open(url: string, publish: ExperimentEvents['publish'], options: OpenOptions): Promise<Storage>;
  /** See `openCopySource`. */
  openCopySource(url: string): Promise<CopyEnd>;
  /** See `openCopyTarget`. */
  openCopyTarget(url: string, source: string): Promise<CopyTarget>;
  /** See `openReplicas`. Absent for an engine without replicas. */
  openReplicas?(url: string, urls: readonly string[], options: ReplicasOptions): Promise<Replicas>;
}

/** The static description of an engine, available without loading its driver. */
export interface Engine {
  /** The name of this kind of database, for messages. */
  readonly title: string;
  /** The schemes of its URLs, each with its colon. */
  readonly schemes: readonly string[];
  /** Describes the URLs that it accepts, for messages. */
  readonly accepted: string;
  /** Whether other gateways may serve the same database without this one noticing. */
  readonly isShared: boolean;
  /** Whether a text with one of its schemes is a complete, valid URL. */
  isUrl(url: string): boolean;
  /** A URL without its credentials, for messages. */
  showUrl(url: string): string;
  /** The accepted URLs of read replicas; undefined for an engine without replicas. */
  readonly replicas?: { readonly accepted: string; isUrl(url: string): boolean };
}
