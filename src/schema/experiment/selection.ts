import type { GraphQLResolveInfo } from 'graphql';
import { type ReadField, readFields } from '../../domain/experiment/reading.ts';

/**
 * What each field of experiments and revisions reads. Fields that are not in the map need nothing that a read may leave
 * out.
 */
const sources: ReadonlyMap<string, ReadField> = new Map<string, ReadField>([
  ...readFields.map((field) => [field, field] as const),
  ['dataset', 'datasetId'],
  ['datasetName', 'datasetId'],
  ['evaluatorSlugs', 'evaluatorIds'],
  ['workflowCount', 'workflowCount'],
  ['revisions', 'firstRevision'],
]);

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
    fields = new Set(Array.from(names, (name) => sources.get(name)).filter((source) => source !== undefined));
    known.set(names, fields);
  }
  return fields;
}
