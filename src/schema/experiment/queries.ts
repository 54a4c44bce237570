import { defaultOrder, type ExperimentFilter, experimentFilter } from '../../domain/experiment/query.ts';
import { invalid } from '../../domain/failure.ts';
import { pageArguments, toCursorIssue } from '../../domain/pagination.ts';
import { builder } from '../builder.ts';
import { createConnectionType, toConnection } from '../connection.ts';
import { requireReader } from '../require-reader.ts';
import { toGraphQLError } from '../to-graphql-error.ts';
import { findSelectedTexts } from './selection.ts';
import { ExperimentStatusType, ExperimentType } from './type.ts';

const TagFilter = builder.inputType('ExperimentTagFilter', {
  description: 'Experiments with a tag that has this key, and this value where one is given.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'A key of the tag.' }),
    value: t.field({ type: 'JSON', description: 'The value of that key; any value when omitted.' }),
  }),
});

const Filter = builder.inputRef<ExperimentFilter>('ExperimentFilter').implement({
  description:
    'Which experiments: every given condition must be true. At most 50 conditions and 8 levels. Ranges include their start and exclude their end.',
  fields: (t) => ({
    status: t.field({ type: [ExperimentStatusType], description: 'The status is one of these.' }),
    datasetId: t.id({ description: 'The dataset is this one.' }),
    nameContains: t.string({ description: 'The name contains this text, upper and lower case alike.' }),
    tag: t.field({ type: TagFilter, description: 'It has such a tag.' }),
    createdFrom: t.field({ type: 'DateTime', description: 'Created at this moment or later.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Created before this moment.' }),
    updatedFrom: t.field({ type: 'DateTime', description: 'Changed last at this moment or later.' }),
    updatedBefore: t.field({ type: 'DateTime', description: 'Changed last before this moment.' }),
    and: t.field({ type: [Filter], description: 'All of these match.' }),
    or: t.field({ type: [Filter], description: 'At least one of these matches.' }),
    not: t.field({ type: Filter, description: 'This does not match.' }),
  }),
});

const OrderField = builder.enumType('ExperimentOrderField', {
  description: 'What a list is ordered by; the id breaks ties, in the same direction.',
  values: {
    CREATED_AT: { description: 'When it was created.' },
    UPDATED_AT: { description: 'When it changed last. Entries move while others write.' },
    NAME: { description: 'The name, by Unicode code points: upper case before lower case.' },
    STATUS: { description: 'The status, by its letters.' },
  },
});

const Direction = builder.enumType('OrderDirection', {
  description: 'Which end of a list comes first.',
  values: { ASC: { description: 'Smallest, earliest, A.' }, DESC: { description: 'Largest, latest, Z.' } },
});

const Order = builder.inputType('ExperimentOrder', {
  description: 'How a list is ordered.',
  fields: (t) => ({
    field: t.field({ type: OrderField, required: true, description: 'By what.' }),
    direction: t.field({
      type: Direction,
      required: true,
      defaultValue: defaultOrder.direction,
      description: 'Which end first.',
    }),
  }),
});

const ExperimentConnection = createConnectionType('Experiment', ExperimentType);

builder.queryFields((t) => ({
  experiment: t.field({
    type: ExperimentType,
    nullable: true,
    description: "The experiment with this id; null when it is missing or another organization's.",
    requires: 'experiments:read',
    args: { id: t.arg.id({ required: true, description: 'The id, as it was given at creation.' }) },
    resolve: (_, { id }, context) => context.experiments.find(requireReader(context), id),
  }),
  experiments: t.field({
    type: ExperimentConnection,
    description: 'The experiments of your organization, newest first unless you order otherwise.',
    requires: 'experiments:read',
    args: {
      first: t.arg.int({ description: 'How many from the start, 1 to 100; 20 when neither first nor last is given.' }),
      after: t.arg.string({ description: 'Only entries behind this cursor.' }),
      last: t.arg.int({ description: 'How many from the end, 1 to 100.' }),
      before: t.arg.string({ description: 'Only entries before this cursor.' }),
      filter: t.arg({
        type: Filter,
        description: 'Only experiments that match.',
        validate: { schema: experimentFilter },
      }),
      orderBy: t.arg({ type: Order, description: 'The order; newest first when omitted.' }),
    },
    validate: { schema: pageArguments },
    resolve: async (_, args, context, info) => {
      const { page, count } = await context.list(requireReader(context), args, findSelectedTexts(info));
      if ('kind' in page) throw toGraphQLError(invalid([toCursorIssue(page)]));
      return toConnection(page, count);
    },
  }),
}));
