import type { ExperimentEvent } from '../domain/experiment/events.ts';
import type { Experiment } from '../domain/experiment/experiment.ts';

export type FindExperiment = (organization: string, id: string) => Promise<Experiment | null>;
export type Listener = (event: ExperimentEvent) => void;

/** An experiment that somebody in this process listens to. */
export interface Watched {
  readonly organization: string;
  readonly id: string;
  readonly listeners: Set<Listener>;
}

/** How many states are read at once, however many were asked for. */
const maxReads = 8;
/** How long to leave storage alone that did not answer, in milliseconds. */
const retryDelay = 1_000;

/**
 * Reads the states of experiments again and tells their listeners: the state, or that it is gone. Asking again while
 * a read waits adds nothing, and while it runs one more: a burst of changes costs two reads, and the last one began
 * after the last change. Who began to listen after a read did is not told of it: it may be older than what he has.
 */
export function createRefreshQueue(find: FindExperiment): (watched: Watched) => void {
  const asked = new Set<Watched>();
  const running = new Set<Watched>();

  function refresh(watched: Watched): void {
    asked.add(watched);
    readNext();
  }

  function readNext(): void {
    for (const watched of asked) {
      if (running.size >= maxReads) return;
      if (!running.has(watched)) void read(watched);
    }
  }

  async function read(watched: Watched): Promise<void> {
    const { organization, id, listeners } = watched;
    asked.delete(watched);
    if (listeners.size === 0) return;
    running.add(watched);
    const told = [...listeners];
    const event = await find(organization, id).then(
      (experiment) => (experiment ? toChangedEvent(experiment) : ({ kind: 'deleted', organization, id } as const)),
      () => undefined,
    );
    running.delete(watched);
    if (event) for (const listener of told) if (listeners.has(listener)) listener(event);
    if (!event) setTimeout(() => refresh(watched), retryDelay).unref();
    readNext();
  }

  return refresh;
}

function toChangedEvent(experiment: Experiment): ExperimentEvent {
  return { kind: 'changed', experiment };
}
