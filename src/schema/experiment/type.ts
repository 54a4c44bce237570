import type { Experiment } from '../../domain/experiment/experiment.ts';
import { statuses } from '../../domain/experiment/experiment.ts';
import { countRevisions, toRevisionPage, toRevisionRange } from '../../domain/experiment/revisions.ts';
import { invalid } from '../../domain/failure.ts';
import { pageArguments, toCursorIssue } from '../../domain/pagination.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connection.ts';
import { Node } from '../node.ts';
import { requireReader } from '../require-reader.ts';
import { toGraphQLError } from '../to-graphql-error.ts';
import { ExperimentContent, findDatasetName } from './content.ts';
import { RevisionConnection } from './revision.ts';
import { findSelectedFields } from './selection.ts';

export const ExperimentStatusType = builder.enumType('ExperimentStatus', {
  description: "The state of an experiment's run.",
  values: {
    PENDING: { description: 'Configured, but not started.' },
    RUNNING: { description: 'A runner is working on it.' },
    COMPLETED: { description: 'Finished successfully.' },
    FAILED: { description: 'Ended with a failure. `errorMessage` has the details.' },
    CANCELLED: { description: 'Cancelled before it finished.' },
  } satisfies Record<(typeof statuses)[number], { description: string }>,
});

export const ExperimentType = builder.objectRef<Experiment>('Experiment');

ExperimentType.implement({
  description: 'A named run of a workflow over a dataset, scored by evaluators.',
  interfaces: [ExperimentContent, Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id, exactly as given at creation.' }),
    status: t.field({
      type: ExperimentStatusType,
      description: 'The state of the run.',
      resolve: ({ status }) => status,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed in any way.' }),
    datasetName: t.string({
      nullable: true,
      description: 'The name of the dataset; null when the dataset is not registered.',
      resolve: findDatasetName,
    }),
    progress: t.exposeFloat('progress', { description: 'How much of the run is done, in percent: 0 to 100.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When the run started.' }),
    completedAt: t.expose('completedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the run completed or failed.',
    }),
    errorMessage: t.exposeString('errorMessage', {
      nullable: true,
      description: 'Why the run failed; null unless it failed.',
    }),
    revision: t.exposeInt('revision', {
      description:
        'Starts at 1 and increases by one with each write that changes an editable field. It keeps counting when an id is used again, so a revision never identifies two different contents. Send it back as `ifRevision`.',
    }),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was moved to the trash; null outside the trash.',
    }),
    purgeAt: t.expose('purgeAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it will be permanently deleted; null outside the trash.',
    }),
    revisions: t.field({
      type: RevisionConnection,
      description: 'All revisions of the content, including the current one, newest first.',
      requires: 'experiments:read',
      args: {
        first: t.arg.int({ description: 'How many revisions: 1 to 100. Default: 20.' }),
        after: t.arg.string({ description: 'Only revisions after this cursor.' }),
      },
      validate: { schema: pageArguments },
      resolve: async (experiment, page, context, info) => {
        const range = toRevisionRange(experiment, page);
        if ('kind' in range) throw toGraphQLError(invalid([toCursorIssue(range)]));
        const revisions = await context.revisions(requireReader(context), range, findSelectedFields(info));
        return toConnection(toRevisionPage(range, experiment, revisions), () => countRevisions(experiment));
      },
    }),
  }),
});
