import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
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

/** Whether a field below this one is selected. Without our executor, what `@skip` and `@include` leave out counts too. */
export function isSelected(info: GraphQLResolveInfo, name: string): boolean {
  const selected = (info as Partial<SelectionInfo>).findSelectedBelow?.([]);
  if (selected) return selected.has(name);
  const fields = collectFields(
    info,
    info.fieldNodes.map(({ selectionSet }) => selectionSet),
  );
  return fields.some((field) => field.name.value === name);
}

/**
 * The fields that a subscription may read of the experiments at a field of its events. Subscriptions start without a
 * plan, so the document is read instead: what `@skip` and `@include` leave out counts as selected.
 */
export function findEventFields(info: GraphQLResolveInfo, name: string): ReadonlySet<ReadField> {
  const events = info.fieldNodes.map(({ selectionSet }) => selectionSet);
  const below = collectFields(info, events).filter((field) => field.name.value === name);
  const selected = collectFields(
    info,
    below.map(({ selectionSet }) => selectionSet),
  );
  return new Set(selected.map((field) => sources.get(field.name.value)).filter((source) => source !== undefined));
}

function collectFields({ fragments }: GraphQLResolveInfo, selectionSets: readonly (SelectionSetNode | undefined)[]) {
  const pending = [...selectionSets];
  const seen = new Set<string>();
  const fields = [];
  for (let set = pending.pop(); pending.length > 0 || set; set = pending.pop()) {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) fields.push(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(selection.selectionSet);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        pending.push(fragments[selection.name.value]?.selectionSet);
      }
    }
  }
  return fields;
}
