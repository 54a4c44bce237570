import type { ExperimentEvents } from './events.ts';
import { createReadOperations, createWatchOperations } from './read-experiments.ts';
import { createRunOperations } from './run-experiment.ts';
import type { ExperimentStore } from './store.ts';
import { createWriteOperations } from './write-operations.ts';

/** What callers may do with experiments: for GraphQL and REST alike. */
export function createExperimentOperations(
  store: ExperimentStore,
  events: ExperimentEvents,
  now: () => Date = () => new Date(),
) {
  return {
    ...createWriteOperations(store, now),
    ...createRunOperations(store, now),
    ...createReadOperations(store),
    ...createWatchOperations(store, events),
  };
}
export type ExperimentOperations = ReturnType<typeof createExperimentOperations>;
