import type { Actor } from '../actor.ts';
import { type BadCursor, type Page, type PageArguments, toPageRequest } from '../pagination.ts';
import { isIdentifier } from '../text.ts';
import { type EndSignal, ExperimentChangeStream, type ExperimentEvents } from './events.ts';
import type { Experiment, ExperimentRevision } from './experiment.ts';
import { defaultOrder, type ExperimentFilter, type ExperimentOrder } from './query.ts';
import type { Reading } from './reading.ts';
import type { ExperimentReads, ExperimentStore, RevisionRange } from './store.ts';

export interface ListArguments extends PageArguments {
  readonly filter?: ExperimentFilter | null | undefined;
  readonly orderBy?: ExperimentOrder | null | undefined;
}

/** What an actor who may read can find out. */
export function createReadOperations(store: ExperimentReads) {
  return {
    /** The experiment, or null when there is none for this organization. */
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

    /** Revisions of several experiments at once, newest first in each. */
    revisions(actor: Actor, ranges: readonly RevisionRange[], reading?: Reading): Promise<ExperimentRevision[]> {
      return store.revisions(actor.organization, ranges, reading);
    },
  };
}
export type ReadOperations = ReturnType<typeof createReadOperations>;

/** The most streams that one caller may have open (contract, section 7). */
export const maxStreams = 100;

/** The caller has as many streams as one may have. */
export interface TooManyStreams {
  readonly kind: 'tooManyStreams';
  readonly message: string;
}

/** What an actor who may read can follow. */
export function createWatchOperations(store: ExperimentStore, events: ExperimentEvents) {
  const streams = openStreams();
  return {
    /**
     * The state of an experiment, then each change in the order of commit, until it is deleted or `until` says so; null
     * when there is none for this organization.
     */
    async watch(actor: Actor, id: string, until: EndSignal): Promise<ExperimentChangeStream | TooManyStreams | null> {
      if (!isIdentifier(id)) return null;
      const leave = streams.enter(actor);
      if (!leave) return { kind: 'tooManyStreams', message: `You have ${maxStreams} streams open: close one first.` };
      // Listening first: what is committed while the state is read is not lost, and versions put both in order.
      const changes = new ExperimentChangeStream(events, { organization: actor.organization, id }, until, leave);
      const current = await store.find(actor.organization, id).catch(async (error: unknown) => {
        await changes.return();
        throw error;
      });
      if (current) changes.start(current);
      else await changes.return();
      return current && changes;
    },
  };
}

/** Counts the open streams of each caller: of an API key, or of the subject of a token in an organization. */
function openStreams() {
  const counts = new Map<string, number>();
  return {
    /** Counts a stream until the result is called; undefined when the caller has too many. */
    enter({ organization, author }: Actor): (() => void) | undefined {
      const key = JSON.stringify([organization, author.kind, author.id]);
      const count = counts.get(key) ?? 0;
      if (count >= maxStreams) return undefined;
      counts.set(key, count + 1);
      return () => {
        const left = (counts.get(key) ?? 1) - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      };
    },
  };
}
