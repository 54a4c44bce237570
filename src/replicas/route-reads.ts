import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, Caller } from '../domain/actor.ts';
import { createDatasetReadOperations, type DatasetReadOperations } from '../domain/dataset/dataset.ts';
import { createReadOperations, type ReadOperations } from '../domain/experiment/read-experiments.ts';
import { StorageUnavailable } from '../domain/faults.ts';
import type { Services } from '../domain/services.ts';
import type { Replicas } from '../storage/storage.ts';
import type { RecentWriters } from './read-your-writes.ts';

/** How long a read may take in all, whoever answers it (contract, section 7), in milliseconds. */
const answerTimeout = 5_000;

/** Where the plain reads of a request are answered. */
interface Place {
  readonly experiments: ReadOperations;
  readonly datasets: DatasetReadOperations;
}

/**
 * The same services, whose plain reads are answered by replicas. All reads of one request are answered in one place,
 * which its first read decides. A request that changes or watches something reads where the writes go, and so do those
 * of a caller whom a mutation has answered lately, whatever the answer was: it may have told him of the newest state.
 */
export function routeReadsToReplicas(primary: Services, replicas: Replicas, ownWrites: RecentWriters): Services {
  const { experiments, datasets } = primary;
  /** By the actor of the request: one is made for each. */
  const places = new WeakMap<Actor, Place | Promise<Place>>();

  async function choose(actor: Actor): Promise<Place> {
    // Nobody is asked about the caller in vain; and what is fresh is judged after the answer, which may take long.
    if (!replicas.pick() || (await ownWrites.mayHave(actor))) return primary;
    const copy = replicas.pick();
    return copy
      ? { experiments: createReadOperations(copy.experiments), datasets: createDatasetReadOperations(copy.datasets) }
      : primary;
  }

  /** What a replica cannot answer, for whatever reason, is answered where the writes go. */
  async function read<Result>(actor: Actor, ask: (place: Place) => Promise<Result>): Promise<Result> {
    const started = performance.now();
    const chosen = places.get(actor) ?? choose(actor);
    places.set(actor, chosen);
    const place = await chosen;
    if (place === primary) return ask(primary);
    try {
      return await ask(place);
    } catch {
      places.set(actor, primary);
      return Promise.race([ask(primary), tooLate(answerTimeout - (performance.now() - started))]);
    }
  }

  /** An operation that reads where the writes go, and after which its caller does. */
  function noted<Values extends unknown[], Result>(
    operation: (caller: Caller, ...values: Values) => Promise<Result>,
  ): (caller: Caller, ...values: Values) => Promise<Result> {
    return async (caller, ...values) => {
      if (!caller) return operation(caller, ...values);
      places.set(caller, primary);
      try {
        return await operation(caller, ...values);
      } finally {
        // Also when it failed: nobody knows then whether it was written.
        await ownWrites.note(caller);
      }
    };
  }

  return {
    experiments: {
      ...mapOperations(experiments, noted),
      watch(actor, ...values) {
        places.set(actor, primary);
        return experiments.watch(actor, ...values);
      },
      find: (actor, id) => read(actor, (place) => place.experiments.find(actor, id)),
      list: (actor, ...values) => read(actor, (place) => place.experiments.list(actor, ...values)),
      count: (actor, filter) => read(actor, (place) => place.experiments.count(actor, filter)),
      revisions: (actor, ...values) => read(actor, (place) => place.experiments.revisions(actor, ...values)),
    },
    datasets: {
      ...mapOperations(datasets, noted),
      list: (actor, page) => read(actor, (place) => place.datasets.list(actor, page)),
      count: (actor) => read(actor, (place) => place.datasets.count(actor)),
      names: (actor, ids) => read(actor, (place) => place.datasets.names(actor, ids)),
    },
  };
}

/** The same operations, each changed. */
function mapOperations<Operations extends object>(
  operations: Operations,
  change: (operation: (caller: Caller, ...values: unknown[]) => Promise<unknown>) => unknown,
): Operations {
  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [name, change(operation)]),
  ) as Operations;
}

async function tooLate(milliseconds: number): Promise<never> {
  await sleep(milliseconds, undefined, { ref: false });
  throw new StorageUnavailable('The database took too long.');
}
