import type { DatasetOperations } from './dataset/dataset.ts';
import type { ExperimentOperations } from './experiment/operations.ts';

/** The operations that every request may call, by GraphQL and REST alike. */
export interface Services {
  readonly experiments: ExperimentOperations;
  readonly datasets: DatasetOperations;
}
