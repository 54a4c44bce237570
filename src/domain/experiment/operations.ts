import type { ExperimentEvents } from './events.ts';
import { readOperations, watchOperations } from './read-experiments.ts';
import { runOperations } from './run-experiment.ts';
import type { ExperimentStore } from './store.ts';
import { writeOperations } from './write-operations.ts';

/** What callers may do with experiments: for GraphQL and REST alike. */
export function experimentOperations(
  store: ExperimentStore,
  events: ExperimentEvents,
  now: () => Date = () => new Date(),
) {
  return {
    ...writeOperations(store, now),
    ...runOperations(store, now),
    ...readOperations(store),
    ...watchOperations(store, events),
  };
}
export type ExperimentOperations = ReturnType<typeof experimentOperations>;
