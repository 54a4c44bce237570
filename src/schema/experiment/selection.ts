import type { GraphQLResolveInfo } from 'graphql';
import type { ReadField } from '../../domain/experiment/reading.ts';

/**
 * What each field of experiments and revisions reads. Fields that are not listed need nothing that a read may leave
 * out.
 */
const sources: Readonly<Record<string, ReadField>> = {
  name: 'name',
  description: 'description',
  dataset: 'datasetId',
  datasetId: 'datasetId',
  datasetName: 'datasetId',
  tags: 'tags',
  workflow: 'workflow',
  workflowCount: 'workflowCount',
  evaluatorIds: 'evaluatorIds',
  evaluatorSlugs: 'evaluatorIds',
  evaluatorWorkflowIds: 'evaluatorWorkflowIds',
  spanWorkflowName: 'spanWorkflowName',
  enableTracing: 'enableTracing',
  batchSize: 'batchSize',
  concurrency: 'concurrency',
  generationMethod: 'generationMethod',
  errorMessage: 'errorMessage',
};

/** The `info` of our own executor, which knows the whole selection. */
interface SelectionInfo {
  findSelectedBelow(names: readonly string[]): ReadonlySet<string> | undefined;
}

const known = new WeakMap<ReadonlySet<string>, ReadonlySet<ReadField>>();

/** The fields that a connection's selection reads of its nodes; undefined means all, when the executor cannot tell. */
export function findSelectedTexts(info: GraphQLResolveInfo): ReadonlySet<ReadField> | undefined {
  const names = (info as Partial<SelectionInfo>).findSelectedBelow?.(['edges', 'node']);
  if (!names) return undefined;
  let fields = known.get(names);
  if (!fields) {
    fields = new Set(Array.from(names, (name) => sources[name]).filter((source) => source !== undefined));
    known.set(names, fields);
  }
  return fields;
}
