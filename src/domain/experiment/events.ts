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

/** The event of a write that left an experiment as `after`, in the trash or, with null, permanently deleted. */
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
  /** Calls the listener when any experiment of an organization may have changed, until the returned function is called. */
  listenToOrganization(organization: string, listener: () => void): () => void;
}

/** Creates events that stay inside one process. */
export function createLocalEvents(): ExperimentEvents {
  const listeners = createListeners<(event: ExperimentEvent) => void>();
  const organizations = createListeners<() => void>();
  const toKey = (organization: string, id: string) => JSON.stringify([organization, id]);
  return {
    publish(event) {
      const { organization, id } = event.kind === 'changed' ? event.experiment : event;
      for (const listener of listeners.find(toKey(organization, id))) listener(event);
      for (const listener of organizations.find(organization)) listener();
    },
    listen: (organization, id, listener) => listeners.add(toKey(organization, id), listener),
    listenToOrganization: (organization, listener) => organizations.add(organization, listener),
  };
}

function createListeners<Listener>() {
  const byKey = new Map<string, Set<Listener>>();
  return {
    find: (key: string): Iterable<Listener> => byKey.get(key) ?? [],
    /** Keeps a listener until the returned function is called. */
    add(key: string, listener: Listener): () => void {
      const own = byKey.get(key) ?? new Set();
      byKey.set(key, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0 && byKey.get(key) === own) byKey.delete(key);
      };
    },
  };
}
