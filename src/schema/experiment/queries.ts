import { defaultOrder, type ExperimentFilter, experimentFilter } from '../../domain/experiment/query.ts';
import type { StatusCount } from '../../domain/experiment/store.ts';
import { invalid } from '../../domain/failure.ts';
import { pageArguments, toCursorIssue } from '../../domain/pagination.ts';
import { builder } from '../builder.ts';
import { createConnectionType, toConnection } from '../connection.ts';
import { requireReader } from '../require-reader.ts';
import { toGraphQLError } from '../to-graphql-error.ts';
import { findSelectedFields, isSelected } from './selection.ts';
import { ExperimentStatusType, ExperimentType } from './type.ts';

const TagFilter = builder.inputType('ExperimentTagFilter', {
  description: 'Matches experiments that have a tag with this key and, if given, this value.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'A key that the tag has.' }),
    value: t.field({ type: 'JSON', description: 'The value of that key. Any value matches when omitted.' }),
  }),
});

export const Filter = builder.inputRef<ExperimentFilter>('ExperimentFilter').implement({
  description:
    'Selects experiments for which all given conditions are true. At most 50 conditions and 8 levels. Ranges include their start and exclude their end.',
  fields: (t) => ({
    ids: t.idList({ description: 'The id is one of these: at most 100.' }),
    status: t.field({ type: [ExperimentStatusType], description: 'The status is one of these.' }),
    datasetId: t.id({ description: 'The dataset has this id.' }),
    nameContains: t.string({ description: 'The name contains this text, ignoring case: at most 255 characters.' }),
    tag: t.field({ type: TagFilter, description: 'The experiment has a matching tag.' }),
    evaluatorId: t.id({ description: '`evaluatorIds` contains this id.' }),
    hasTags: t.boolean({ description: 'True: the experiment has at least one tag. False: it has none.' }),
    createdFrom: t.field({ type: 'DateTime', description: 'Created at or after this time.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Created before this time.' }),
    updatedFrom: t.field({ type: 'DateTime', description: 'Last changed at or after this time.' }),
    updatedBefore: t.field({ type: 'DateTime', description: 'Last changed before this time.' }),
    stalled: t.boolean({
      description: 'The run is stalled: it is RUNNING and its lease has expired. False matches all others.',
    }),
    deleted: t.boolean({
      description: 'True lists only what is in the trash. Only accepted at the top level of a filter. Default: false.',
    }),
    and: t.field({ type: [Filter], description: 'The experiment matches all of these.' }),
    or: t.field({ type: [Filter], description: 'The experiment matches at least one of these.' }),
    not: t.field({ type: Filter, description: 'The experiment does not match this.' }),
  }),
});

const OrderField = builder.enumType('ExperimentOrderField', {
  description: 'The field that a list is ordered by. The id breaks ties, in the same direction.',
  values: {
    CREATED_AT: { description: 'By creation time.' },
    UPDATED_AT: { description: 'By time of the last change. Entries move as experiments change.' },
    NAME: { description: 'By name, in order of Unicode code points: upper case before lower case.' },
    STATUS: { description: 'By status, alphabetically.' },
  },
});

const Direction = builder.enumType('OrderDirection', {
  description: 'The direction in which a list is ordered.',
  values: {
    ASC: { description: 'Ascending: smallest, earliest, or A first.' },
    DESC: { description: 'Descending: largest, latest, or Z first.' },
  },
});

const Order = builder.inputType('ExperimentOrder', {
  description: 'The order of a list.',
  fields: (t) => ({
    field: t.field({ type: OrderField, required: true, description: 'The field to order by.' }),
    direction: t.field({
      type: Direction,
      required: true,
      defaultValue: defaultOrder.direction,
      description: `The direction. Default: ${defaultOrder.direction}.`,
    }),
  }),
});

export const ExperimentConnection = createConnectionType('Experiment', ExperimentType);

const StatusCountType = builder.objectRef<StatusCount>('ExperimentStatusCount').implement({
  description: 'The number of experiments with a given status.',
  fields: (t) => ({
    status: t.field({ type: ExperimentStatusType, description: 'The status.', resolve: ({ status }) => status }),
    count: t.exposeInt('count', { description: 'How many experiments have this status.' }),
  }),
});

builder.queryFields((t) => ({
  experiment: t.field({
    type: ExperimentType,
    nullable: true,
    description:
      'The experiment with this id; null when it does not exist, is in the trash, or belongs to another organization.',
    requires: 'experiments:read',
    args: { id: t.arg.id({ required: true, description: 'The id of the experiment, exactly as given at creation.' }) },
    resolve: (_, { id }, context) => context.experiments.find(requireReader(context), id),
  }),
  experimentCounts: t.field({
    type: [StatusCountType],
    description:
      'How many experiments of your organization have each status, counted at once. Every status has an entry.',
    requires: 'experiments:read',
    args: {
      filter: t.arg({
        type: Filter,
        description: 'Counts only experiments that match.',
        validate: { schema: experimentFilter },
      }),
    },
    resolve: (_, { filter }, context) => context.countByStatus(requireReader(context), filter),
  }),
  experiments: t.field({
    type: ExperimentConnection,
    description: 'The experiments of your organization, newest first by default.',
    requires: 'experiments:read',
    args: {
      first: t.arg.int({
        description: 'How many entries from the start: 1 to 100. Default: 20, unless `last` is given.',
      }),
      after: t.arg.string({ description: 'Only entries after this cursor.' }),
      last: t.arg.int({ description: 'How many entries from the end: 1 to 100.' }),
      before: t.arg.string({ description: 'Only entries before this cursor.' }),
      filter: t.arg({
        type: Filter,
        description: 'Only experiments that match.',
        validate: { schema: experimentFilter },
      }),
      orderBy: t.arg({ type: Order, description: 'The order. Newest first by default.' }),
    },
    validate: { schema: pageArguments },
    resolve: async (_, args, context, info) => {
      const needsCursor = isSelected(info, 'changesCursor');
      const list = await context.list(requireReader(context), args, findSelectedFields(info), needsCursor);
      const { page, count, changesCursor } = list;
      if ('kind' in page) throw toGraphQLError(invalid([toCursorIssue(page)]));
      return needsCursor ? { ...toConnection(page, count), changesCursor } : toConnection(page, count);
    },
  }),
}));
