import type { GraphQLResolveInfo } from 'graphql';
import type { ReadField } from '../../domain/experiment/reading.ts';

/** What has to be read for the fields of experiments and revisions; for others, nothing that may be left out. */
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

/** An info that knows its whole selection, as our executor makes it. */
interface SelectionInfo {
  findSelectedBelow(names: readonly string[]): ReadonlySet<string> | undefined;
}

const known = new WeakMap<ReadonlySet<string>, ReadonlySet<ReadField>>();

/**
 * What of the nodes of a connection its selection looks at; undefined, which is all, where the
 * executor cannot tell.
 */
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
