import type { Dataset } from '../domain/dataset/dataset.ts';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { parseDatasetNodeId } from '../domain/node-id.ts';
import { builder } from './builder.ts';
import { requireReader } from './require-reader.ts';

/** What has an `id`: client caches key records by it, so no other type has a field of that name. */
export const Node = builder.interfaceRef<Experiment | Dataset>('Node').implement({
  description: 'An object with an id that is unique in your organization, whatever its type.',
  resolveType: (node) => ('revision' in node ? 'Experiment' : 'Dataset'),
  fields: (t) => ({
    id: t.id({
      description:
        'The id of an experiment, exactly as given at creation, or of a dataset: `dataset:` and its datasetId.',
    }),
  }),
});

builder.queryField('node', (t) =>
  t.field({
    type: Node,
    nullable: true,
    description: 'The experiment or dataset with this id; null when your organization has none.',
    requires: 'experiments:read',
    args: {
      id: t.arg.id({ required: true, description: 'The id of the experiment or dataset, as its `id` returns it.' }),
    },
    resolve: (_root, { id }, context) => {
      const actor = requireReader(context);
      const datasetId = parseDatasetNodeId(id);
      return datasetId === undefined ? context.experiments.find(actor, id) : context.datasets.find(actor, datasetId);
    },
  }),
);
