import { notFound } from '../../domain/failure.ts';
import { waitForLoopTurn } from '../../domain/loop-queue.ts';
import { builder } from '../builder.ts';
import { requireReader } from '../require-reader.ts';
import { toGraphQLError } from '../to-graphql-error.ts';
import { createTooManyStreamsError } from '../too-many-streams.ts';
import { ExperimentType } from './type.ts';

builder.subscriptionField('experimentChanged', (t) =>
  t.field({
    type: ExperimentType,
    description:
      'The experiment as it is now, then each change once it is on disk. A slow reader may miss intermediate states, but never the latest. Ends when the experiment is deleted.',
    requires: 'experiments:read',
    args: { id: t.arg.id({ required: true, description: 'The id of the experiment.' }) },
    subscribe: async (_root, { id }, context) => {
      const changes = await context.experiments.watch(requireReader(context), id, context.until);
      if (!changes) throw toGraphQLError(notFound(id));
      if ('kind' in changes) throw createTooManyStreamsError(changes);
      return changes;
    },
    // One write may have many watchers: let other requests run in between.
    resolve: async (experiment) => {
      await waitForLoopTurn();
      return experiment;
    },
  }),
);
