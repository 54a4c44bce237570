import type { ApiKeyReadOperations } from './api-key/api-key.ts';
import type { DatasetOperations } from './dataset/dataset.ts';
import type { ExperimentOperations } from './experiment/operations.ts';

/** The operations that GraphQL and REST call. */
export interface Services {
  readonly experiments: ExperimentOperations;
  readonly datasets: DatasetOperations;
  readonly apiKeys: ApiKeyReadOperations;
}
