import { z } from 'zod';
import { textOperators, valueOperators } from '../../domain/experiment/comparison.ts';
import { filterLimits, issueLimits, pageSize } from '../../domain/limits.ts';
import { countCharacters, isStorable, shorten } from '../../domain/text.ts';
import { addIssue } from '../../domain/validation.ts';
import { experimentSchema } from './experiment-resource.ts';
import { warningSchema } from './warnings.ts';

/** The fields that lists can be filtered and sorted by. */
export const listFields = ['name', 'status', 'dataset_id', 'created_at', 'updated_at', 'id'] as const;
export type ListField = (typeof listFields)[number];

/** `""` is equality, and `not` its opposite. */
export const filterOperators = ['', 'not', ...textOperators, ...valueOperators] as const;
export type FilterOperator = (typeof filterOperators)[number];

const sorts = listFields.flatMap((field) => [field, `-${field}`] as const);

/** The largest number of a page that can be asked for, whether the page exists or not. */
const maxPage = 1_000_000_000;

function wholeNumber(max: number) {
  return z
    .number({ error: 'Must be a whole number.' })
    .superRefine((value, ctx) => {
      if (!Number.isInteger(value)) addIssue(ctx, 'INVALID_TYPE', 'Must be a whole number.');
      else if (value < 1) addIssue(ctx, 'TOO_SMALL', 'Must be at least 1.');
      else if (value > max) addIssue(ctx, 'TOO_BIG', `Must be at most ${max}.`);
    })
    .meta({ type: 'integer', minimum: 1, maximum: max });
}

/** Which part of a list to return, in the query string of a GET and in both places of a POST. */
export const pagingShapes = {
  page: wholeNumber(maxPage).meta({ description: 'The number of the page, from 1.', default: 1 }),
  page_size: wholeNumber(pageSize.max).meta({
    description: 'How many experiments a page has.',
    default: pageSize.default,
  }),
  sort_by: z
    .enum(sorts, {
      error: ({ input }) =>
        `${quote(input)} is not a field to sort by. Accepted: ${listFields.join(', ')}, each with an optional - before it.`,
    })
    .meta({ description: 'The field to sort by, with - before it for descending order.', default: '-created_at' }),
} as const;

const value = z
  .unknown()
  .superRefine((each, ctx) => {
    if (typeof each === 'boolean') return;
    if (typeof each !== 'string') addIssue(ctx, 'INVALID_TYPE', 'Must be text or, for isnull, true or false.');
    else if (!isStorable(each)) addIssue(ctx, 'INVALID_TEXT', 'Must not contain NUL or lone surrogates.');
    else if (countCharacters(each) > filterLimits.valueCharacters)
      addIssue(ctx, 'TOO_LONG', `Must have at most ${filterLimits.valueCharacters} characters.`);
  })
  .meta({ type: ['string', 'boolean'], maxLength: filterLimits.valueCharacters });

export const conditionSchema = z.object(
  {
    operator: z
      .enum(filterOperators, {
        error: ({ input }) => `${quote(input)} is not an operator. Accepted: ${filterOperators.map(quote).join(', ')}.`,
      })
      .default('')
      .meta({
        description: 'How the field is compared with the values. Lower than, for texts, is by Unicode code point.',
      }),
    value: z
      .array(value, { error: 'Must be a list of values.' })
      .max(filterLimits.values, `Must have at most ${filterLimits.values} values.`)
      .meta({
        description:
          'The values: the field matches if any of them does; with not, if none is equal. One for gt, gte, lt, lte and isnull.',
      }),
  },
  { error: 'Must be an object with an operator and a list of values.' },
);

export const filtersSchema = z
  .object(Object.fromEntries(listFields.map((field) => [field, conditionSchema.optional()])) as FilterShapes, {
    error: 'Must be an object with the names of fields.',
  })
  .meta({ description: 'Conditions by the name of a field. All of them must be true.' });
type FilterShapes = Record<ListField, z.ZodOptional<typeof conditionSchema>>;
export type Filters = z.output<typeof filtersSchema>;

/** The body of a list by POST. */
export const listBodySchema = z.object({
  filters: filtersSchema.optional(),
  page: pagingShapes.page.optional(),
  page_size: pagingShapes.page_size.optional(),
  sort_by: pagingShapes.sort_by.optional(),
});

const link = z.string().nullable();

export const experimentListSchema = z.object({
  count: z.int().min(0).meta({ description: 'How many experiments match.' }),
  next: link.meta({
    description: 'The address of the next page; null on the last one. After a POST, send the same body.',
  }),
  previous: link.meta({ description: 'The address of the page before; null on the first one.' }),
  current_filters: filtersSchema.meta({ description: 'The filters of this list.' }),
  results: z.array(experimentSchema),
  warnings: z.array(warningSchema).optional().meta({ description: 'The fields that were ignored, if there were any.' }),
});

export const summarySchema = z.object({
  total_count: z.int().min(0).meta({ description: 'How many experiments match.' }),
  warnings: experimentListSchema.shape.warnings,
});

/** A value as a message shows it: its beginning, in quotes. */
export function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(shorten(value, issueLimits.pathEntryCharacters)) : 'This value';
}
