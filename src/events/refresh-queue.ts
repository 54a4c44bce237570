import type { ExperimentEvent } from '../domain/experiment/events.ts';
import type { Experiment } from '../domain/experiment/experiment.ts';

export type FindExperiment = (organization: string, id: string) => Promise<Experiment | null>;
export type Listener = (event: ExperimentEvent) => void;

/** An experiment that has listeners in this process. */
export interface Watched {
  readonly organization: string;
  readonly id: string;
  readonly listeners: Set<Listener>;
}

/** The most reads at the same time. */
const maxReads = 8;
/** How long to wait before a failed read is retried, in milliseconds. */
const retryDelayMs = 1_000;

/**
 * Returns a function that reads an experiment again and sends its listeners the state, or its deletion. Requests while
 * a read waits are merged into it, and requests while it runs into one more: a burst of changes costs two reads, and
 * the last one starts after the last change. Listeners added after a read started are skipped: they may already have a
 * newer state.
 */
export function createRefreshQueue(find: FindExperiment): (watched: Watched) => void {
  const waiting = new Set<Watched>();
  const running = new Set<Watched>();

  function refresh(watched: Watched): void {
    waiting.add(watched);
    readNext();
  }

  function readNext(): void {
    for (const watched of waiting) {
      if (running.size >= maxReads) return;
      if (!running.has(watched)) void read(watched);
    }
  }

  async function read(watched: Watched): Promise<void> {
    const { organization, id, listeners } = watched;
    waiting.delete(watched);
    if (listeners.size === 0) return;
    running.add(watched);
    const listenersAtStart = [...listeners];
    const event = await find(organization, id).then(
      (experiment) => (experiment ? toChangedEvent(experiment) : ({ kind: 'deleted', organization, id } as const)),
      () => undefined,
    );
    running.delete(watched);
    if (event) for (const listener of listenersAtStart) if (listeners.has(listener)) listener(event);
    if (!event) setTimeout(() => refresh(watched), retryDelayMs).unref();
    readNext();
  }

  return refresh;
}

function toChangedEvent(experiment: Experiment): ExperimentEvent {
  return { kind: 'changed', experiment };
}
