import type { ExperimentEvents } from './events.ts';
import type { Experiment } from './experiment.ts';

/** Calls `end` when a stream has to end. Call the returned function to unsubscribe. */
export type EndSignal = (end: () => void) => () => void;

/** How many states are queued for a slow reader. Beyond that the oldest are dropped, never the newest. */
const maxWaiting = 32;
/** How many characters of workflows and tags the queue may hold: one workflow may have a million. */
const maxWaitingCharacters = 1_048_576;

/**
 * The states of an experiment as they are committed. Ends when the experiment is deleted, when `until` fires, or when
 * the reader stops.
 */
export class ExperimentChangeStream implements AsyncIterableIterator<Experiment> {
  readonly #waiting: Experiment[] = [];
  readonly #releases: (() => void)[] = [];
  #version = 0;
  #firstRevision: number | undefined;
  #isStarted = false;
  /** The last version in a delete event that came before the first state was known. */
  #deletedVersion = 0;
  #isEnded = false;
  #reader: PromiseWithResolvers<IteratorResult<Experiment>> | undefined;

  /** `onEnd` is called once, however the stream ends. */
  constructor(
    events: ExperimentEvents,
    { organization, id }: { organization: string; id: string },
    until: EndSignal,
    onEnd: () => void = () => undefined,
  ) {
    const release = events.listen(organization, id, (event) => {
      if (event.kind === 'deleted') this.#endAt(event.version ?? Number.POSITIVE_INFINITY);
      else this.push(event.experiment);
    });
    this.#releases.push(
      release,
      onEnd,
      until(() => this.#end()),
    );
    if (this.#isEnded) this.#release();
  }

  /** Starts the stream with the first state, followed by everything that happened since it was read. */
  start(experiment: Experiment): void {
    const since = this.#waiting.splice(0).filter(({ version }) => version > experiment.version);
    this.#version = 0;
    this.#firstRevision = undefined;
    this.#isStarted = true;
    if (experiment.version <= this.#deletedVersion) return this.#end();
    for (const state of [experiment, ...since]) this.push(state);
  }

  /** Adds a state unless a newer one was added. A state of another experiment with the same id ends the stream. */
  push(experiment: Experiment): void {
    if (this.#isEnded) return;
    if (experiment.version <= this.#version) return;
    this.#version = experiment.version;
    this.#firstRevision ??= experiment.firstRevision;
    // The experiment was deleted and created again, and the delete event was missed.
    if (this.#isStarted && experiment.firstRevision !== this.#firstRevision) return this.#end();
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: experiment });
      this.#reader = undefined;
      return;
    }
    this.#waiting.push(experiment);
    while (this.#waiting.length > 1 && isOverLimit(this.#waiting)) this.#waiting.shift();
  }

  async next(): Promise<IteratorResult<Experiment>> {
    const value = this.#waiting.shift();
    if (value) return { done: false, value };
    if (this.#isEnded) return { done: true, value: undefined };
    this.#reader ??= Promise.withResolvers();
    return this.#reader.promise;
  }

  async return(): Promise<IteratorResult<Experiment>> {
    this.#waiting.length = 0;
    this.#end();
    return { done: true, value: undefined };
  }

  /** Ends the stream, unless the delete is a late event about an earlier experiment with the same id. */
  #endAt(version: number): void {
    if (!this.#isStarted) this.#deletedVersion = Math.max(this.#deletedVersion, version);
    else if (version >= this.#version) this.#end();
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#release();
    this.#reader?.resolve({ done: true, value: undefined });
    this.#reader = undefined;
  }

  #release(): void {
    for (const release of this.#releases.splice(0)) release();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function isOverLimit(waiting: readonly Experiment[]): boolean {
  const characters = waiting.reduce((sum, { workflow, tags }) => sum + workflow.text.length + tags.text.length, 0);
  return waiting.length > maxWaiting || characters > maxWaitingCharacters;
}
