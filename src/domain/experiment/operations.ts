import type { ExperimentEvents } from './changes.ts';
import { readOperations, watchOperations } from './read-operations.ts';
import { runOperations } from './run-operations.ts';
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
