import type { Actor } from '../actor.ts';
import { isIdentifier } from '../text-shapes.ts';
import { type EndSignal, ExperimentChangeStream } from './change-stream.ts';
import type { ExperimentEvents } from './events.ts';
import type { ExperimentStore } from './store.ts';
import type { StreamCounter, TooManyStreams } from './stream-counter.ts';

/** Creates the watch operations, for actors who may read. */
export function createWatchOperations(store: ExperimentStore, events: ExperimentEvents, streams: StreamCounter) {
  return {
    /**
     * The state of an experiment, then each change in commit order, until it is deleted or `until` fires. Null when the
     * organization has no such experiment.
     */
    async watch(actor: Actor, id: string, until: EndSignal): Promise<ExperimentChangeStream | TooManyStreams | null> {
      if (!isIdentifier(id)) return null;
      const leave = streams.enter(actor);
      if ('kind' in leave) return leave;
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
