import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, Caller } from '../domain/actor.ts';
import { AnswerRefused } from '../domain/answer-budget.ts';
import { type ApiKeyReadOperations, createApiKeyReadOperations } from '../domain/api-key/api-key.ts';
import { createDatasetReadOperations, type DatasetReadOperations } from '../domain/dataset/dataset.ts';
import { createReadOperations, type ReadOperations } from '../domain/experiment/read-experiments.ts';
import { StorageUnavailable } from '../domain/faults.ts';
import type { Services } from '../domain/services.ts';
import type { Replicas } from '../storage/storage.ts';
import type { RecentWriters } from './read-your-writes.ts';

/** How long a read may take in all, from a replica and the primary together, in milliseconds (contract, section 7). */
const answerTimeout = 5_000;

/** The place that serves the plain reads of a request: a replica or the primary. */
interface Place {
  readonly experiments: ReadOperations;
  readonly datasets: DatasetReadOperations;
  readonly apiKeys: ApiKeyReadOperations;
}

/**
 * Wraps services so that replicas serve their plain reads. One place serves all reads of a request; the first read
 * decides which. Requests that change or watch something read from the primary, and so do callers who recently received
 * any result of a mutation, even an error: it may have shown them the newest state.
 */
export function routeReadsToReplicas(primary: Services, replicas: Replicas, recentWriters: RecentWriters): Services {
  const { experiments, datasets } = primary;
  /** Keyed by the actor, because each request has its own actor object. */
  const places = new WeakMap<Actor, Place | Promise<Place>>();

  async function choose(actor: Actor): Promise<Place> {
    // Skip the lookup when no replica is usable. Pick the replica after the lookup, which may take a while.
    if (!replicas.pick() || (await recentWriters.mayHaveWritten(actor))) return primary;
    const copy = replicas.pick();
    if (!copy) return primary;
    return {
      experiments: createReadOperations(copy.experiments),
      datasets: createDatasetReadOperations(copy.datasets),
      apiKeys: createApiKeyReadOperations(copy.apiKeys),
    };
  }

  /** Reads from the chosen place, and from the primary when the replica fails. */
  async function read<Result>(actor: Actor, ask: (place: Place) => Promise<Result>): Promise<Result> {
    const started = performance.now();
    const chosen = places.get(actor) ?? choose(actor);
    places.set(actor, chosen);
    const place = await chosen;
    if (place === primary) return ask(primary);
    try {
      return await ask(place);
    } catch (error) {
      // The answer is too large wherever it is read.
      if (error instanceof AnswerRefused) throw error;
      places.set(actor, primary);
      return Promise.race([ask(primary), rejectAfter(answerTimeout - (performance.now() - started))]);
    }
  }

  /** Wraps an operation so that it reads from the primary, and its caller does afterwards. */
  function recordAfter<Values extends unknown[], Result>(
    operation: (caller: Caller, ...values: Values) => Promise<Result>,
  ): (caller: Caller, ...values: Values) => Promise<Result> {
    return async (caller, ...values) => {
      if (!caller) return operation(caller, ...values);
      places.set(caller, primary);
      try {
        return await operation(caller, ...values);
      } finally {
        // Also after a failure: it may have been written all the same.
        await recentWriters.record(caller);
      }
    };
  }

  return {
    experiments: {
      ...mapOperations(experiments, recordAfter),
      watch(actor, ...values) {
        places.set(actor, primary);
        return experiments.watch(actor, ...values);
      },
      watchChanges(actor, ...values) {
        places.set(actor, primary);
        return experiments.watchChanges(actor, ...values);
      },
      // A list that is read after its cursor must not be older than it.
      changesCursor(actor) {
        places.set(actor, primary);
        return experiments.changesCursor(actor);
      },
      find: (actor, id) => read(actor, (place) => place.experiments.find(actor, id)),
      list: (actor, ...values) => read(actor, (place) => place.experiments.list(actor, ...values)),
      count: (actor, filter) => read(actor, (place) => place.experiments.count(actor, filter)),
      countByStatus: (actor, filter) => read(actor, (place) => place.experiments.countByStatus(actor, filter)),
      revisions: (actor, ...values) => read(actor, (place) => place.experiments.revisions(actor, ...values)),
    },
    datasets: {
      ...mapOperations(datasets, recordAfter),
      find: (actor, id) => read(actor, (place) => place.datasets.find(actor, id)),
      list: (actor, page) => read(actor, (place) => place.datasets.list(actor, page)),
      count: (actor) => read(actor, (place) => place.datasets.count(actor)),
      names: (actor, ids) => read(actor, (place) => place.datasets.names(actor, ids)),
    },
    apiKeys: {
      names: (actor, ids) => read(actor, (place) => place.apiKeys.names(actor, ids)),
    },
  };
}

/** Applies a change to every operation. */
function mapOperations<Operations extends object>(
  operations: Operations,
  change: (operation: (caller: Caller, ...values: unknown[]) => Promise<unknown>) => unknown,
): Operations {
  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [name, change(operation)]),
  ) as Operations;
}

async function rejectAfter(milliseconds: number): Promise<never> {
  await sleep(milliseconds, undefined, { ref: false });
  throw new StorageUnavailable('The database took too long.');
}
