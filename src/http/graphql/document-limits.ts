import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  Kind,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { documentLimits } from '../../domain/limits.ts';
import { createRefusal } from '../refusal.ts';

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** Returns an error for each exceeded limit that can be checked without variables. */
export function findDocumentFaults(document: DocumentNode): GraphQLError[] {
  const faults = new Set<Fault>();
  let aliases = 0;
  visit(document, {
    enter(node) {
      if ('directives' in node && (node.directives?.length ?? 0) > documentLimits.directives) faults.add('directives');
      if (node.kind === Kind.FIELD && node.alias && ++aliases > documentLimits.aliases) faults.add('aliases');
    },
  });
  for (const fault of findSelectionFaults(document)) faults.add(fault);
  return Array.from(faults, (fault) => createRefusal(400, `The document has ${descriptions[fault]}.`));
}

const descriptions = {
  directives: `more than ${documentLimits.directives} directives in one place`,
  aliases: `more than ${documentLimits.aliases} aliases`,
  levels: `more than ${documentLimits.levels} levels`,
  rootFields: `more than ${documentLimits.rootFields} root fields`,
  sameField: `the same field more than ${documentLimits.sameField} times in one selection`,
  selections: `more than ${documentLimits.selections} fields with its fragments, or fragments that spread themselves`,
} as const;
type Fault = keyof typeof descriptions;

/** The selections of fields that are merged in the answer, and their level; -Infinity where levels do not count. */
interface MergedSelections {
  readonly selectionSets: SelectionSetNode[];
  level: number;
}

/**
 * Finds the limits that the selections of a document exceed. Fragments count wherever they are spread, and the selections
 * of fields that are merged count as one: validation compares the fields of both in pairs. Takes time for at most
 * `documentLimits.selections`, however often fragments spread each other. The levels of introspection do not count:
 * validation refuses it for callers who may not introspect.
 */
function findSelectionFaults(document: DocumentNode): ReadonlySet<Fault> {
  const fragments = indexFragments(document);
  const faults = new Set<Fault>();
  const reached = new Set<string>();
  let visited = 0;

  function walk(root: MergedSelections): void {
    const pending = [root];
    for (const { selectionSets, level } of pending) {
      const counts = new Map<string, number>();
      const below = new Map<string, MergedSelections>();
      let fields = 0;
      for (let next = selectionSets.pop(); next; next = selectionSets.pop()) {
        for (const selection of next.selections) {
          if (++visited > documentLimits.selections) return void faults.add('selections');
          if (selection.kind === Kind.FIELD) {
            const { name, alias, selectionSet } = selection;
            const count = (counts.get(name.value) ?? 0) + 1;
            counts.set(name.value, count);
            fields++;
            const ownLevel = name.value.startsWith('__') ? Number.NEGATIVE_INFINITY : level;
            if (count > documentLimits.sameField) faults.add('sameField');
            if (ownLevel > documentLimits.levels) faults.add('levels');
            if (!selectionSet) continue;
            const key = (alias ?? name).value;
            const merged = below.get(key) ?? { selectionSets: [], level: Number.NEGATIVE_INFINITY };
            merged.selectionSets.push(selectionSet);
            merged.level = Math.max(merged.level, ownLevel + 1);
            below.set(key, merged);
          } else if (selection.kind === Kind.INLINE_FRAGMENT) selectionSets.push(selection.selectionSet);
          else {
            reached.add(selection.name.value);
            const fragment = fragments.get(selection.name.value);
            if (fragment) selectionSets.push(fragment.selectionSet);
          }
        }
      }
      if (level === 1 && fields > documentLimits.rootFields) faults.add('rootFields');
      for (const merged of below.values()) pending.push(merged);
    }
  }

  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) walk({ selectionSets: [definition.selectionSet], level: 1 });
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
    // A fragment that was reached has no more of anything on its own. Of several with one name, only the last is reached.
    const { name, selectionSet } = definition;
    if (reached.has(name.value) && fragments.get(name.value) === definition) continue;
    walk({ selectionSets: [selectionSet], level: Number.NEGATIVE_INFINITY });
  }
  return faults;
}

/** The fragments of a document by name; of several with one name, which validation refuses, the last. */
export function indexFragments(document: DocumentNode): Fragments {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}
