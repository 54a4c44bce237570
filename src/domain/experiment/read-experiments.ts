import type { Actor } from '../actor.ts';
import { type BadCursor, type Page, type PageArguments, toPageRequest } from '../pagination.ts';
import { isIdentifier } from '../text-shapes.ts';
import { type Experiment, type ExperimentRevision, statuses } from './experiment.ts';
import { defaultOrder, type ExperimentFilter, type ExperimentOrder } from './query.ts';
import type { Reading } from './reading.ts';
import type { RevisionRange } from './revisions.ts';
import type { ExperimentReads, StatusCount } from './store.ts';

export interface ListArguments extends PageArguments {
  readonly filter?: ExperimentFilter | null | undefined;
  readonly orderBy?: ExperimentOrder | null | undefined;
}

/** Creates the read operations on experiments, for actors who may read. */
export function createReadOperations(store: ExperimentReads) {
  return {
    /** The experiment, or null when the organization has no such experiment. */
    async find(actor: Actor, id: string): Promise<Experiment | null> {
      return isIdentifier(id) ? store.find(actor.organization, id) : null;
    },

    list(
      { organization }: Actor,
      { filter, orderBy, ...page }: ListArguments,
      reading?: Reading,
    ): Promise<Page<Experiment> | BadCursor> {
      const order = orderBy ?? defaultOrder;
      return store.list({ organization, filter: filter ?? {}, order, page: toPageRequest(page), reading });
    },

    count(actor: Actor, filter: ExperimentFilter | null | undefined): Promise<number> {
      return store.count(actor.organization, filter ?? {});
    },

    /** How many match in each status; every status has an entry. */
    async countByStatus(actor: Actor, filter: ExperimentFilter | null | undefined): Promise<StatusCount[]> {
      const found = await store.countByStatus(actor.organization, filter ?? {});
      const counts = new Map(found.map(({ status, count }) => [status, count]));
      return statuses.map((status) => ({ status, count: counts.get(status) ?? 0 }));
    },

    /** The revisions of several experiments, newest first for each. */
    revisions(actor: Actor, ranges: readonly RevisionRange[], reading?: Reading): Promise<ExperimentRevision[]> {
      return store.revisions(actor.organization, ranges, reading);
    },
  };
}
export type ReadOperations = ReturnType<typeof createReadOperations>;
