import type { ReadBudget } from '../answer-budget.ts';
import type { JsonList } from '../json/json-list.ts';
import { type EditableField, type EditableFields, editableFields } from './experiment.ts';

/** The editable fields that are stored as text. */
type EditableText = {
  [Field in EditableField]: EditableFields[Field] extends string | null | JsonList<unknown> ? Field : never;
}[EditableField];

/** The text fields of experiments and revisions, with the maximum bytes of each (R10). */
const maxTextBytes = {
  name: 1_020,
  description: 40_000,
  datasetId: 1_020,
  workflow: 1_048_576,
  evaluatorIds: 102_401,
  evaluatorWorkflowIds: 102_401,
  spanWorkflowName: 1_020,
  generationMethod: 1_020,
  tags: 65_536,
  errorMessage: 40_000,
} as const satisfies Record<EditableText | 'errorMessage', number>;

export type TextField = keyof typeof maxTextBytes;
export const textFields = Object.keys(maxTextBytes) as readonly TextField[];

/** Other fields that lists seldom need, or that only writes and events do. */
const seldomRead = [
  'startedAt',
  'completedAt',
  'organization',
  'firstRevision',
  'version',
  'attempt',
  'runRevision',
  'leaseSeconds',
  'leaseExpiresAt',
  'isStalled',
  'clonedFromId',
  'clonedFromRevision',
  'deletedAt',
  'purgeAt',
] as const;

/** The fields that a read may leave out. The others are always read. */
export const readFields = [...new Set([...editableFields, ...textFields, ...seldomRead])];

/** `workflowCount` is read without the workflow that it counts. */
export type ReadField = EditableField | TextField | (typeof seldomRead)[number] | 'workflowCount';

/** Content with the number of its tasks, if it is known without the workflow. */
export type Counted<Content extends EditableFields> = Content & { readonly workflowCount?: number };

/**
 * What to read of the experiments or revisions of a list. Without `fields`, everything is read; with them, accessing
 * any other field throws. With a budget, reading stops with `AnswerRefused` when the texts would exceed the bytes it
 * has left.
 */
export interface Reading {
  readonly fields?: ReadonlySet<ReadField> | undefined;
  readonly budget?: ReadBudget | undefined;
}

/** The text fields among the fields to read. */
export function selectTexts({ fields }: Reading): readonly TextField[] {
  return fields ? textFields.filter((name) => fields.has(name)) : textFields;
}

/** Whether this many rows fit into the budget whatever they contain. */
export function isSureToFit(reading: Reading, rows: number): boolean {
  const { budget } = reading;
  return !budget || rows * selectTexts(reading).reduce((sum, name) => sum + maxTextBytes[name], 0) <= budget.bytesLeft;
}

/** The union of the fields that several readers need; undefined means all. */
export function mergeFields(readers: readonly Pick<Reading, 'fields'>[]): Reading['fields'] {
  if (readers.length === 1) return readers[0]?.fields;
  const merged = new Set<ReadField>();
  for (const { fields } of readers) {
    if (!fields) return undefined;
    for (const name of fields) merged.add(name);
  }
  return merged;
}
