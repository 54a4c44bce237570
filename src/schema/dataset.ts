import type { Dataset, Registered } from '../domain/dataset/dataset.ts';
import { invalid } from '../domain/failure.ts';
import { toDatasetNodeId } from '../domain/node-id.ts';
import { pageArguments, toCursorIssue } from '../domain/pagination.ts';
import { builder } from './builder.ts';
import { createConnectionType, toConnection } from './connection.ts';
import { buildResultUnion } from './failure-types.ts';
import { Node } from './node.ts';
import { requireReader } from './require-reader.ts';
import { toGraphQLError } from './to-graphql-error.ts';

const DatasetType = builder.objectRef<Dataset>('Dataset').implement({
  description: 'A dataset that experiments can refer to. The gateway stores its name, not its rows.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      description: 'The id as a node: `dataset:` and the datasetId.',
      resolve: ({ id }) => toDatasetNodeId(id),
    }),
    datasetId: t.exposeID('id', {
      description: 'The id that it was registered with, as in `datasetId` of an experiment.',
    }),
    name: t.exposeString('name', { description: 'The name, as returned by `datasetName` of an experiment.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first registered.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When its name last changed.' }),
  }),
});

const DatasetConnection = createConnectionType('Dataset', DatasetType);

builder.queryField('datasets', (t) =>
  t.field({
    type: DatasetConnection,
    description: 'The registered datasets of your organization, ordered by id.',
    requires: 'experiments:read',
    args: {
      first: t.arg.int({
        description: 'How many entries from the start: 1 to 100. Default: 20, unless `last` is given.',
      }),
      after: t.arg.string({ description: 'Only entries after this cursor.' }),
      last: t.arg.int({ description: 'How many entries from the end: 1 to 100.' }),
      before: t.arg.string({ description: 'Only entries before this cursor.' }),
    },
    validate: { schema: pageArguments },
    resolve: async (_root, args, context) => {
      const actor = requireReader(context);
      const page = await context.datasets.list(actor, args);
      if ('kind' in page) throw toGraphQLError(invalid([toCursorIssue(page)]));
      return toConnection(page, () => context.datasets.count(actor));
    },
  }),
);

const RegisterInput = builder.inputType('RegisterDatasetInput', {
  description: 'A dataset to register, or to rename.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The id: 1 to 255 characters without control characters.' }),
    name: t.string({ required: true, description: 'The name, trimmed: 1 to 255 characters.' }),
  }),
});

const RegisterSuccess = builder.objectRef<Registered>('RegisterDatasetSuccess').implement({
  description: 'The dataset is registered.',
  fields: (t) => ({
    dataset: t.field({ type: DatasetType, description: 'The registered dataset.', resolve: ({ dataset }) => dataset }),
  }),
});

builder.mutationField('registerDataset', (t) =>
  t.field({
    type: buildResultUnion('RegisterDataset', { registered: RegisterSuccess }, [
      'invalid',
      'unauthenticated',
      'forbidden',
    ]),
    description: 'Registers a dataset, or renames it when the id is already registered.',
    args: { input: t.arg({ type: RegisterInput, required: true, description: 'The dataset to register.' }) },
    resolve: (_root, { input }, { caller, datasets }) => datasets.register(caller, input),
  }),
);
