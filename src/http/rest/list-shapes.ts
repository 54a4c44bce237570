import { z } from 'zod';
import { textOperators, valueOperators } from '../../domain/experiment/comparison.ts';
import { wholeNumber } from '../../domain/experiment/input-shapes.ts';
import { filterLimits, pageSize } from '../../domain/limits.ts';
import { describeUnstorable, quote } from '../../domain/messages.ts';
import { countCharacters, isStorable } from '../../domain/text.ts';
import { addIssue } from '../../domain/validation.ts';
import { experimentSchema } from './experiment-resource.ts';
import { warningSchema } from './warnings.ts';

/** The fields that lists can be filtered and sorted by. */
export const listFields = ['name', 'status', 'dataset_id', 'created_at', 'updated_at', 'id'] as const;
export type ListField = (typeof listFields)[number];

/** `""` is equality, and `not` its opposite. */
const filterOperators = ['', 'not', ...textOperators, ...valueOperators] as const;
export type FilterOperator = (typeof filterOperators)[number];

const sorts = listFields.flatMap((field) => [field, `-${field}`] as const);

/** The largest number of a page that can be asked for, whether the page exists or not. */
const maxPage = 1_000_000_000;

/** Which part of a list to return, in the query string of a GET and in both places of a POST. */
export const pagingShapes = {
  page: wholeNumber({ min: 1, max: maxPage }).meta({ description: 'The number of the page, from 1.', default: 1 }),
  page_size: wholeNumber(pageSize).meta({
    description: 'How many experiments a page has.',
    default: pageSize.default,
  }),
  sort_by: z
    .enum(sorts)
    .meta({ description: 'The field to sort by, with - before it for descending order.', default: '-created_at' }),
} as const;

const value = z
  .unknown()
  .superRefine((each, ctx) => {
    if (typeof each === 'boolean') return;
    if (typeof each !== 'string')
      addIssue(ctx, 'INVALID_TYPE', `${quote(each)} is not a string; isnull takes true or false.`);
    else if (!isStorable(each)) addIssue(ctx, 'INVALID_TEXT', describeUnstorable(each));
    else if (countCharacters(each) > filterLimits.valueCharacters)
      addIssue(ctx, 'TOO_LONG', `${quote(each)} has more than ${filterLimits.valueCharacters} characters.`);
  })
  .meta({ type: ['string', 'boolean'], maxLength: filterLimits.valueCharacters });

export const conditionSchema = z.object({
  operator: z.enum(filterOperators).default('').meta({
    description: 'How the field is compared with the values. gt, gte, lt and lte compare texts by Unicode code point.',
  }),
  value: z
    .array(value)
    .superRefine((values, ctx) => {
      if (values.length > filterLimits.values)
        addIssue(ctx, 'TOO_MANY', `more than ${filterLimits.values} values are not accepted.`);
    })
    .meta({
      maxItems: filterLimits.values,
      description:
        'The values to compare with. The field matches if any of them does; with not, if it equals none of them. gt, gte, lt, lte and isnull take only one.',
    }),
});

export const filtersSchema = z
  .object(Object.fromEntries(listFields.map((field) => [field, conditionSchema.optional()])) as FilterShapes)
  .meta({ description: 'Conditions by field name. All of them must be true.' });
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
  previous: link.meta({ description: 'The address of the previous page; null on the first one.' }),
  current_filters: filtersSchema.meta({ description: 'The filters of this list.' }),
  results: z.array(experimentSchema),
  warnings: z.array(warningSchema).optional().meta({ description: 'The fields that were ignored, if there were any.' }),
});

export const summarySchema = z.object({
  total_count: z.int().min(0).meta({ description: 'How many experiments match.' }),
  warnings: experimentListSchema.shape.warnings,
});
