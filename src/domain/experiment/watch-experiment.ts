import type { Actor } from '../actor.ts';
import { maxStreams } from '../limits.ts';
import { isIdentifier } from '../text-shapes.ts';
import { type EndSignal, ExperimentChangeStream } from './change-stream.ts';
import type { ExperimentEvents } from './events.ts';
import type { ExperimentStore } from './store.ts';

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
