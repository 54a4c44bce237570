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

/** By the names below `edges`: the executor returns the same set for each execution of a plan. */
const known = new WeakMap<ReadonlySet<string>, ReadonlySet<ReadField>>();

/**
 * The fields that a connection's selection reads of its nodes, through `edges` and `nodes`; undefined means all, when
 * the executor cannot tell.
 */
export function findSelectedFields(info: GraphQLResolveInfo): ReadonlySet<ReadField> | undefined {
  const selection = info as Partial<SelectionInfo>;
  const ofEdges = selection.findSelectedBelow?.(['edges', 'node']);
  const ofNodes = selection.findSelectedBelow?.(['nodes']);
  if (!ofEdges || !ofNodes) return undefined;
  let fields = known.get(ofEdges);
  if (!fields) {
    const names = [...ofEdges, ...ofNodes];
    fields = new Set(names.map((name) => sources.get(name)).filter((source) => source !== undefined));
    known.set(ofEdges, fields);
  }
  return fields;
}
