import { z } from 'zod';
import { type Actor, authorize, type Caller } from '../actor.ts';
import { type Forbidden, type Invalid, invalid, type Unauthenticated } from '../failure.ts';
import { type BadCursor, type Page, type PageArguments, type PageRequest, toPageRequest } from '../pagination.ts';
import { identifier, isIdentifier, text, trimmed } from '../text-shapes.ts';
import { type Issue, validate } from '../validation.ts';

/** A dataset that experiments can refer to. The gateway stores its name, not its rows. */
export interface Dataset {
  readonly organization: string;
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Stores datasets. Rejects with `StorageUnavailable` when storage does not respond, like `ExperimentStore`. */
export interface DatasetStore {
  /** Creates or renames a dataset. An existing one keeps its `createdAt`. Returns the stored dataset. */
  register(dataset: Dataset): Promise<Dataset>;
  find(organization: string, id: string): Promise<Dataset | null>;
  /** One page, ordered by id. */
  list(organization: string, page: PageRequest): Promise<Page<Dataset> | BadCursor>;
  count(organization: string): Promise<number>;
  /** The names of the datasets that are registered, by id, in one query. */
  names(organization: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** The reads that a replica, which lags behind, may serve. */
export type DatasetReads = Pick<DatasetStore, 'find' | 'list' | 'count' | 'names'>;

/** The shape and bounds of a registration. */
const registration = z.object({ id: identifier, name: trimmed(text({ min: 1, max: 255 })) });

export interface Registered {
  readonly kind: 'registered';
  readonly dataset: Dataset;
}
export type RegisterResult = Registered | Unauthenticated | Forbidden | Invalid;

/** Creates the operations on datasets. */
export function createDatasetOperations(store: DatasetStore, now: () => Date = () => new Date()) {
  return {
    /** Registers a dataset, or renames it if it is already registered. */
    async register(caller: Caller, input: { readonly id: string; readonly name: string }): Promise<RegisterResult> {
      const actor = authorize(caller, 'experiments:write');
      if ('kind' in actor) return actor;
      const issues: Issue[] = [];
      const valid = validate(registration, input, ['input'], issues);
      if (!valid) return invalid(issues);
      const at = now();
      const dataset = { ...valid, organization: actor.organization, createdAt: at, updatedAt: at };
      return { kind: 'registered', dataset: await store.register(dataset) };
    },
    ...createDatasetReadOperations(store),
  };
}
export type DatasetOperations = ReturnType<typeof createDatasetOperations>;

/** Creates the read operations on datasets, for actors who may read. */
export function createDatasetReadOperations(store: DatasetReads) {
  return {
    /** The dataset, or null when the organization has not registered it. */
    async find(actor: Actor, id: string): Promise<Dataset | null> {
      return isIdentifier(id) ? store.find(actor.organization, id) : null;
    },

    list(actor: Actor, page: PageArguments): Promise<Page<Dataset> | BadCursor> {
      return store.list(actor.organization, toPageRequest(page));
    },

    count(actor: Actor): Promise<number> {
      return store.count(actor.organization);
    },

    names(actor: Actor, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
      return store.names(actor.organization, ids);
    },
  };
}
export type DatasetReadOperations = ReturnType<typeof createDatasetReadOperations>;
