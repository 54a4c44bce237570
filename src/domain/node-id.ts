/**
 * Begins the node id of every dataset, and no id of an experiment (R10), so that node ids are unique across types.
 * Client caches key records by them (contract, section 2).
 */
export const datasetPrefix = 'dataset:';

/** The node id of a dataset. The node id of an experiment is its id. */
export function toDatasetNodeId(datasetId: string): string {
  return datasetPrefix + datasetId;
}

/** The dataset that a node id refers to; undefined when it refers to an experiment. */
export function parseDatasetNodeId(nodeId: string): string | undefined {
  return nodeId.startsWith(datasetPrefix) ? nodeId.slice(datasetPrefix.length) : undefined;
}
