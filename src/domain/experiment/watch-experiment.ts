import type { Actor } from '../actor.ts';
import { maxStreams } from '../limits.ts';
import { isIdentifier } from '../text-shapes.ts';
import { type EndSignal, ExperimentChangeStream } from './change-stream.ts';
import type { ExperimentEvents } from './events.ts';
import type { ExperimentStore } from './store.ts';

/** The caller has reached the maximum number of open streams. */
export interface TooManyStreams {
  readonly kind: 'tooManyStreams';
  readonly message: string;
}

/** Creates the watch operations, for actors who may read. */
export function createWatchOperations(store: ExperimentStore, events: ExperimentEvents) {
  const streams = createStreamCounter();
  return {
    /**
     * The state of an experiment, then each change in commit order, until it is deleted or `until` fires. Null when the
     * organization has no such experiment.
     */
    async watch(actor: Actor, id: string, until: EndSignal): Promise<ExperimentChangeStream | TooManyStreams | null> {
      if (!isIdentifier(id)) return null;
      const leave = streams.enter(actor);
      if (!leave)
        return { kind: 'tooManyStreams', message: `You already have ${maxStreams} streams open: close one first.` };
      // Listen before reading, so that no commit in between is lost. Versions put events and state in order.
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

/** Counts open streams per caller: an API key, or the subject of a token in an organization. */
function createStreamCounter() {
  const counts = new Map<string, number>();
  return {
    /** Counts a stream until the returned function is called. Undefined when the caller has too many. */
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
