import { z } from 'zod';
import { bounds } from '../limits.ts';
import { describeRange, quote } from '../messages.ts';
import { identifier, text, trimmed } from '../text-shapes.ts';
import { addIssue } from '../validation.ts';
import type { EditableField } from './experiment.ts';
import { jsonObjects } from './json-objects.ts';

/** A whole number from `min` to `max`. */
export function wholeNumber(range: { readonly min: number; readonly max: number }) {
  return z
    .number()
    .superRefine((value, ctx) => {
      if (value < range.min) addIssue(ctx, 'TOO_SMALL', describeRange(value, range));
      else if (value > range.max) addIssue(ctx, 'TOO_BIG', describeRange(value, range));
      else if (!Number.isInteger(value)) addIssue(ctx, 'INVALID_TYPE', `${quote(value)} is not a whole number.`);
    })
    .meta({ type: 'integer', minimum: range.min, maximum: range.max });
}

const list = <Entry extends z.ZodType>(entry: Entry) => z.array(entry).meta({ maxItems: bounds.listEntries });

const tagList = jsonObjects({ bytes: bounds.tagBytes, keys: bounds.tagKeys });

/** The shape and bounds of each input field (R5, R10, R16), for GraphQL and REST alike. */
export const inputShapes = {
  name: trimmed(text({ min: 1, max: 255 })),
  description: text({ min: 0, max: 10_000 }),
  datasetId: identifier,
  workflow: jsonObjects({ bytes: bounds.workflowBytes }),
  evaluatorIds: list(identifier),
  evaluatorSlugs: list(identifier),
  evaluatorWorkflowIds: list(identifier),
  experimentId: identifier,
  spanWorkflowName: text({ min: 1, max: 255 }),
  enableTracing: z.boolean(),
  batchSize: wholeNumber(bounds.batchSize),
  concurrency: wholeNumber(bounds.concurrency),
  generationMethod: text({ min: 1, max: 255 }),
  tags: tagList,
  addTags: tagList,
  removeTags: tagList,
} as const satisfies Record<EditableField, z.ZodType> & Record<string, z.ZodType>;
export type InputField = keyof typeof inputShapes;
export type InputValues = { [Field in InputField]?: z.output<(typeof inputShapes)[Field]> };

/** An input as a caller sent it: any field may be absent, null or of a wrong type. */
export type UncheckedInput = { readonly [Field in InputField]?: unknown };

export const inputFields = Object.keys(inputShapes) as readonly InputField[];

const tagFields: readonly InputField[] = ['tags', 'addTags', 'removeTags'];
const contentFields = inputFields.filter((field) => field !== 'experimentId' && !tagFields.includes(field));
/** The fields that each operation accepts. */
export const inputFieldsByOperation = {
  create: [...contentFields, 'experimentId', 'tags'],
  replace: [...contentFields, 'experimentId'],
  update: [...contentFields, ...tagFields],
} as const satisfies Record<string, readonly InputField[]>;
