import type { ReadBudget } from '../answer-budget.ts';
import type { EditableFields, Experiment } from './experiment.ts';

/** The texts of experiments and revisions, with the most bytes that each can take (R10). */
export const maxTextBytes = {
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
} as const satisfies Partial<Record<keyof Experiment, number>>;

export type TextField = keyof typeof maxTextBytes;
export const textFields = Object.keys(maxTextBytes) as readonly TextField[];

/** What a read may leave out: the texts, and what callers edit beside them. Times and counters are always read. */
export const readFields = [...textFields, 'enableTracing', 'batchSize', 'concurrency'] as const;

/** `workflowCount` is read without the workflow that it counts. */
export type ReadField = (typeof readFields)[number] | 'workflowCount';

/** How many tasks a workflow has, when it is known without the workflow. */
export type Counted<Content extends EditableFields> = Content & { readonly workflowCount?: number };

/**
 * What of the experiments or revisions of a list is read: these fields alone, all of them when nobody says; another one
 * throws when somebody looks at it. With a budget, reading stops where the texts would take more bytes than it has left,
 * with `AnswerRefused`.
 */
export interface Reading {
  readonly fields?: ReadonlySet<ReadField> | undefined;
  readonly budget?: ReadBudget | undefined;
}

/** The texts among the fields that are read. */
export function selectTexts({ fields }: Reading): readonly TextField[] {
  return fields ? textFields.filter((name) => fields.has(name)) : textFields;
}

/** Whether so many rows are known to fit into what is left, whatever is in them. */
export function isSureToFit(reading: Reading, rows: number): boolean {
  const { budget } = reading;
  return !budget || rows * selectTexts(reading).reduce((sum, name) => sum + maxTextBytes[name], 0) <= budget.bytesLeft;
}

/** The fields that several readers of the same look at. */
export function mergeFields(readers: readonly Pick<Reading, 'fields'>[]): Reading['fields'] {
  if (readers.length === 1) return readers[0]?.fields;
  const merged = new Set<ReadField>();
  for (const { fields } of readers) {
    if (!fields) return undefined;
    for (const name of fields) merged.add(name);
  }
  return merged;
}
