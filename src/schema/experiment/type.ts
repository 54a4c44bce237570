import type { EditableFields, Experiment, ExperimentRevision } from '../../domain/experiment/experiment.ts';
import { statuses } from '../../domain/experiment/experiment.ts';
import type { Counted } from '../../domain/experiment/reading.ts';
import { countRevisions, toRevisionPage, toRevisionRange } from '../../domain/experiment/revisions.ts';
import { invalid } from '../../domain/failure.ts';
import { pageArguments, toCursorIssue } from '../../domain/pagination.ts';
import { builder } from '../builder.ts';
import { createConnectionType, toConnection } from '../connection.ts';
import { requireReader } from '../require-reader.ts';
import { toGraphQLError } from '../to-graphql-error.ts';
import { findSelectedTexts } from './selection.ts';

export const ExperimentStatusType = builder.enumType('ExperimentStatus', {
  description: 'How far the run of an experiment has come.',
  values: {
    PENDING: { description: 'Configured, not started.' },
    RUNNING: { description: 'A runner is working on it.' },
    COMPLETED: { description: 'Finished.' },
    FAILED: { description: 'Ended by a failure; `errorMessage` has the details.' },
    CANCELLED: { description: 'Ended before it was finished.' },
  } satisfies Record<(typeof statuses)[number], { description: string }>,
});

/** The fields that experiments and their revisions share. */
const ExperimentContent = builder.interfaceRef<EditableFields>('ExperimentContent').implement({
  description: 'The configuration of an experiment: the fields that callers edit.',
  resolveType: (content) => ('experimentId' in content ? 'ExperimentRevision' : 'Experiment'),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name; never null.' }),
    description: t.exposeString('description', { nullable: true, description: 'What the experiment is for.' }),
    dataset: t.exposeID('datasetId', {
      nullable: true,
      description: 'The documented twin of `datasetId`.',
      deprecationReason: 'Use datasetId.',
    }),
    datasetId: t.exposeID('datasetId', { nullable: true, description: 'The dataset to process.' }),
    tags: t.field({
      type: ['JSONObject'],
      description: 'Tags; a replace never touches them.',
      resolve: ({ tags }, _args, { budget }) => {
        budget.chargeJson(tags.text);
        return tags.values;
      },
    }),
    workflow: t.field({
      type: ['JSONObject'],
      description: 'The tasks to run for each row of the dataset, as they were sent.',
      resolve: ({ workflow }, _args, { budget }) => {
        budget.chargeJson(workflow.text);
        return workflow.values;
      },
    }),
    workflowCount: t.int({
      description: 'How many tasks the workflow has.',
      resolve: (content: Counted<EditableFields>) => content.workflowCount ?? content.workflow.length,
    }),
    evaluatorIds: t.idList({
      description: 'The evaluators that score the run.',
      resolve: ({ evaluatorIds }) => evaluatorIds.values,
    }),
    evaluatorSlugs: t.stringList({
      description: 'The documented twin of `evaluatorIds`: the same list.',
      deprecationReason: 'Use evaluatorIds.',
      resolve: ({ evaluatorIds }) => evaluatorIds.values,
    }),
    evaluatorWorkflowIds: t.idList({
      description: 'The workflow versions of an eval-only scoring.',
      resolve: ({ evaluatorWorkflowIds }) => evaluatorWorkflowIds.values,
    }),
    spanWorkflowName: t.exposeString('spanWorkflowName', { description: 'The name of the root workflow span.' }),
    enableTracing: t.exposeBoolean('enableTracing', { description: 'Whether runs write trace logs.' }),
    batchSize: t.exposeInt('batchSize', { description: 'How many rows are processed at a time.' }),
    concurrency: t.exposeInt('concurrency', { description: 'How many workers run at once.' }),
    generationMethod: t.exposeString('generationMethod', {
      nullable: true,
      description: 'Overrides how evaluations are generated.',
    }),
  }),
});

export const ExperimentType = builder.objectRef<Experiment>('Experiment');

/** Ids are never re-encoded: a caller's id is the id everywhere. Experiments are the only nodes. */
const Node = builder.interfaceRef<Experiment>('Node').implement({
  description: 'Something with an id of its own.',
  resolveType: () => 'Experiment',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the experiment, exactly as it was given at creation.' }),
  }),
});

builder.queryField('node', (t) =>
  t.field({
    type: Node,
    nullable: true,
    description: 'The experiment with this id; null when there is none for your organization.',
    requires: 'experiments:read',
    args: { id: t.arg.id({ required: true, description: 'The id of the experiment.' }) },
    resolve: (_root, { id }, context) => context.experiments.find(requireReader(context), id),
  }),
);

ExperimentType.implement({
  description: 'A named run of a workflow over a dataset, scored by evaluators.',
  interfaces: [ExperimentContent, Node],
  fields: (t) => ({
    status: t.field({
      type: ExperimentStatusType,
      description: 'How far the run has come.',
      resolve: ({ status }) => status,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When anything of it changed last.' }),
    datasetName: t.string({
      nullable: true,
      description: 'The name of the dataset, when it is registered.',
      resolve: ({ datasetId }, _args, context) =>
        datasetId === null || !context.caller ? null : context.datasetName(context.caller, datasetId),
    }),
    progress: t.exposeFloat('progress', { description: 'How much of the run is done, in percent: 0 to 100.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When its run started.' }),
    completedAt: t.expose('completedAt', { type: 'DateTime', nullable: true, description: 'When its run ended.' }),
    errorMessage: t.exposeString('errorMessage', { nullable: true, description: 'Why it failed, when it did.' }),
    revision: t.exposeInt('revision', {
      description:
        'Starts at 1, and grows by one with each write that changes an editable field. An id that is used again goes on counting, so a revision never means two contents. Send it back as `ifRevision`.',
    }),
    revisions: t.field({
      type: RevisionConnection,
      description: 'Its earlier contents and the present one, newest first.',
      requires: 'experiments:read',
      args: {
        first: t.arg.int({ description: 'How many, 1 to 100; 20 when omitted.' }),
        after: t.arg.string({ description: 'Continue behind this cursor.' }),
      },
      validate: { schema: pageArguments },
      resolve: async (experiment, page, context, info) => {
        const range = toRevisionRange(experiment, page);
        if ('kind' in range) throw toGraphQLError(invalid([toCursorIssue(range)]));
        const revisions = await context.revisions(requireReader(context), range, findSelectedTexts(info));
        return toConnection(toRevisionPage(range, experiment, revisions), () => countRevisions(experiment));
      },
    }),
  }),
});

const AuthorKind = builder.enumType('AuthorKind', {
  description: 'What kind of credential wrote a revision.',
  values: {
    API_KEY: { value: 'apiKey' as const, description: 'An API key.' },
    SUBJECT: { value: 'subject' as const, description: 'The subject of a dashboard token.' },
  },
});

const RevisionType = builder.objectRef<ExperimentRevision>('ExperimentRevision').implement({
  description: 'The content of an experiment as one write left it.',
  interfaces: [ExperimentContent],
  fields: (t) => ({
    revision: t.exposeInt('revision', { description: 'Its number: what `restoreExperimentRevision` takes.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was written.' }),
    authorKind: t.field({
      type: AuthorKind,
      description: 'What kind of credential wrote it.',
      resolve: ({ author }) => author.kind,
    }),
    authorId: t.id({ description: 'Who wrote it: a key id or a subject.', resolve: ({ author }) => author.id }),
  }),
});

const RevisionConnection = createConnectionType('ExperimentRevision', RevisionType);
