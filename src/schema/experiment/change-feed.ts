import { GraphQLError } from 'graphql';
import type { ExperimentChange } from '../../domain/experiment/change-feed.ts';
import type { FeedEvent } from '../../domain/experiment/feed-stream.ts';
import { experimentFilter } from '../../domain/experiment/query.ts';
import { shareLoopTurn } from '../../domain/loop-queue.ts';
import { builder } from '../builder.ts';
import { requireReader } from '../require-reader.ts';
import { toGraphQLError } from '../to-graphql-error.ts';
import { createTooManyStreamsError } from '../too-many-streams.ts';
import { ExperimentConnection, Filter } from './queries.ts';
import { findEventFields } from './selection.ts';
import { ExperimentType } from './type.ts';

const ChangeKind = builder.enumType('ExperimentChangeKind', {
  description: 'What a change means to a list.',
  values: {
    SAVED: { description: 'The experiment matches the filter: add it to the list, or replace it there.' },
    UNMATCHED: {
      description: 'The experiment does not match the filter: remove it from the list. The list may never have had it.',
    },
    DELETED: {
      description:
        'The experiment is in the trash or permanently deleted: remove it from the list. With `deleted: true` in the filter: permanently deleted.',
    },
  } satisfies Record<ExperimentChange['kind'], { description: string }>,
});

const ExperimentChangeType = builder.objectRef<FeedEvent>('ExperimentChange').implement({
  description: 'The latest state of an experiment that changed, as seen by a list.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', {
      description: 'Send it as `since` to continue after this change, for example when the connection was lost.',
    }),
    kind: t.field({ type: ChangeKind, description: 'What the change means to the list.', resolve: ({ kind }) => kind }),
    experimentId: t.exposeID('id', { description: 'The id of the experiment.' }),
    experiment: t.field({
      type: ExperimentType,
      nullable: true,
      description: 'The experiment, if the kind is `SAVED`; otherwise null.',
      resolve: (change) => (change.kind === 'SAVED' ? change.experiment : null),
    }),
  }),
});

builder.objectField(ExperimentConnection, 'changesCursor', (t) =>
  t.string({
    description:
      'A cursor for `experimentsChanged(since:)`: the stream from there has every change that this page does not show.',
    resolve: (page) => (page as unknown as { readonly changesCursor: string }).changesCursor,
  }),
);

builder.subscriptionField('experimentsChanged', (t) =>
  t.field({
    type: ExperimentChangeType,
    description:
      'Every change of the experiments of your organization, once it is on disk and in order. With `since`, first the latest state of everything that changed after that cursor, deletions included; without it, only what changes from now on. Each change is sent at least once; when an experiment changes faster than you read, you may get only its latest state. What changes by the clock alone, such as a lease that expires, sends no event.',
    requires: 'experiments:read',
    args: {
      filter: t.arg({
        type: Filter,
        description:
          'The filter of your list. What changed and does not match is sent as `UNMATCHED`, with its id alone.',
        validate: { schema: experimentFilter },
      }),
      since: t.arg.string({
        description:
          'The `changesCursor` of a list, or the `cursor` of the last event that you received. Fails with `CURSOR_EXPIRED` when the changes since then are not known: load the list again.',
      }),
    },
    subscribe: async (_root, { filter, since }, context, info) => {
      const list = { filter, since, fields: findEventFields(info, 'experiment') };
      const events = await context.experiments.watchChanges(requireReader(context), list, context.until);
      if (!('kind' in events)) return events;
      if (events.kind === 'invalid') throw toGraphQLError(events);
      if (events.kind === 'tooManyStreams') throw createTooManyStreamsError(events);
      throw new GraphQLError(events.message, { extensions: { code: 'CURSOR_EXPIRED', status: 410 } });
    },
    // One write may have many watchers: let other requests run in between.
    resolve: async (change) => {
      await shareLoopTurn();
      return change;
    },
  }),
);
