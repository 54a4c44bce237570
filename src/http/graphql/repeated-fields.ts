import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import { documentLimits } from '../../domain/limits.ts';

/**
 * Returns the limit that the selections of a document exceed: the same field too often in one selection, or too many
 * fields in all. Fragments count wherever they are spread, and the selections of fields that are merged count as one:
 * validation compares the fields of both in pairs. Takes time for at most `documentLimits.selections`, however often
 * fragments spread each other.
 */
export function findRepetition(
  document: DocumentNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): 'sameField' | 'selections' | undefined {
  const reached = new Set<string>();
  let visited = 0;

  function findBelow(root: SelectionSetNode): ReturnType<typeof findRepetition> {
    const merged: SelectionSetNode[][] = [[root]];
    for (const selectionSets of merged) {
      const counts = new Map<string, number>();
      const below = new Map<string, SelectionSetNode[]>();
      for (let next = selectionSets.pop(); next; next = selectionSets.pop()) {
        for (const selection of next.selections) {
          if (++visited > documentLimits.selections) return 'selections';
          if (selection.kind === Kind.FIELD) {
            const { name, alias, selectionSet } = selection;
            const count = (counts.get(name.value) ?? 0) + 1;
            if (count > documentLimits.sameField) return 'sameField';
            counts.set(name.value, count);
            const key = (alias ?? name).value;
            if (selectionSet) below.set(key, [...(below.get(key) ?? []), selectionSet]);
          } else if (selection.kind === Kind.INLINE_FRAGMENT) selectionSets.push(selection.selectionSet);
          else {
            reached.add(selection.name.value);
            const fragment = fragments.get(selection.name.value);
            if (fragment) selectionSets.push(fragment.selectionSet);
          }
        }
      }
      merged.push(...below.values());
    }
    return undefined;
  }

  // What an operation has reached need not be visited again: on its own, a fragment has no more of anything.
  const unreached = Kind.FRAGMENT_DEFINITION;
  for (const kind of [Kind.OPERATION_DEFINITION, unreached])
    for (const definition of document.definitions) {
      if (definition.kind !== kind || !('selectionSet' in definition)) continue;
      if (definition.kind === unreached && reached.has(definition.name.value)) continue;
      const repetition = findBelow(definition.selectionSet);
      if (repetition) return repetition;
    }
  return undefined;
}
