import { notFound } from '../../domain/failure.ts';
import { builder } from '../builder.ts';
import { failureError } from '../failure-error.ts';
import { reader } from '../reader.ts';
import { ExperimentType } from './type.ts';

builder.subscriptionField('experimentChanged', (t) =>
  t.field({
    type: ExperimentType,
    description:
      'The experiment as it stands, then each change once it is on disk. A slow reader may miss states in between, never the newest. Ends when the experiment is deleted.',
    authScopes: { scope: 'experiments:read' },
    args: { id: t.arg.id({ required: true, description: 'The id of the experiment.' }) },
    subscribe: async (_root, { id }, context) => {
      const changes = await context.experiments.watch(reader(context), id, context.until);
      if (!changes) throw failureError(notFound(id));
      return changes;
    },
    resolve: (experiment) => experiment,
  }),
);
