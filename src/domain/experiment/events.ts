import type { Experiment } from './experiment.ts';

/** A change of an experiment that is on disk. */
export type ExperimentEvent =
  | { readonly kind: 'changed'; readonly experiment: Experiment }
  | {
      readonly kind: 'deleted';
      readonly organization: string;
      readonly id: string;
      /** The last version of the experiment, if known. */
      readonly version?: number | undefined;
    };

/** The event of a write that left an experiment as `after`, in the trash or, with null, deleted for good. */
export function toEvent({
  before,
  after,
}: {
  readonly before: Experiment;
  readonly after: Experiment | null;
}): ExperimentEvent {
  if (after && after.deletedAt === null) return { kind: 'changed', experiment: after };
  const { organization, id, version } = after ?? before;
  return { kind: 'deleted', organization, id, version };
}

/** Carries events from writes to watchers. Storage publishes in commit order. */
export interface ExperimentEvents {
  publish(event: ExperimentEvent): void;
  /** Calls the listener with every event of one experiment until the returned function is called. */
  listen(organization: string, id: string, listener: (event: ExperimentEvent) => void): () => void;
}

/** Creates events that stay inside one process. */
export function createLocalEvents(): ExperimentEvents {
  const listeners = new Map<string, Set<(event: ExperimentEvent) => void>>();
  const toKey = (organization: string, id: string) => JSON.stringify([organization, id]);
  return {
    publish(event) {
      const { organization, id } = event.kind === 'changed' ? event.experiment : event;
      for (const listener of listeners.get(toKey(organization, id)) ?? []) listener(event);
    },
    listen(organization, id, listener) {
      const key = toKey(organization, id);
      const own = listeners.get(key) ?? new Set();
      listeners.set(key, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0) listeners.delete(key);
      };
    },
  };
}
