import { describeRule } from '../../domain/experiment/lifecycle.ts';
import type { Stepped } from '../../domain/experiment/run-experiment.ts';
import { builder } from '../builder.ts';
import { buildResultUnion } from '../failure-types.ts';
import { SkippedRow } from './skipped-row.ts';
import { ExperimentType } from './type.ts';

builder.objectFields(ExperimentType, (t) => ({
  attempt: t.exposeInt('attempt', {
    description: 'How many times it has been started. A runner sends the number of its own start with each step.',
  }),
  runRevision: t.exposeInt('runRevision', {
    nullable: true,
    description: 'The revision that the latest start saw: the content of the run. Null before the first start.',
  }),
  leaseExpiresAt: t.expose('leaseExpiresAt', {
    type: 'DateTime',
    nullable: true,
    description:
      'When the lease of the run expires, unless its runner reports progress first. Null without a lease, and while not RUNNING.',
  }),
  isStalled: t.exposeBoolean('isStalled', {
    description:
      'Whether it is RUNNING and its lease has expired, by the clock of the database: another start can take it over. No event is sent when a lease expires.',
  }),
}));

const failures = ['invalid', 'unauthenticated', 'forbidden', 'notFound', 'conflict'] as const;

/** Creates the success type of a lifecycle step. */
function createStepSuccess(mutation: string) {
  return builder.objectRef<Stepped>(`${mutation}Success`).implement({
    description: `${mutation} succeeded.`,
    fields: (t) => ({
      experiment: t.field({
        type: ExperimentType,
        description: 'The experiment after the step.',
        resolve: ({ experiment }) => experiment,
      }),
    }),
  });
}

/** Builds the result union of a lifecycle step. */
function buildStepResult(mutation: string) {
  return buildResultUnion(mutation, { stepped: createStepSuccess(mutation) }, failures);
}

export const CancelResult = buildResultUnion(
  'CancelExperiment',
  { stepped: createStepSuccess('CancelExperiment'), skipped: SkippedRow },
  failures,
);

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: 'The id of the experiment.' });
  const attempt = t.arg.int({
    description:
      'The `attempt` of the start that the runner made: after another start, the result is STALE_ATTEMPT. When omitted, the step is taken no matter who started the run.',
  });
  return {
    startExperiment: t.field({
      type: buildStepResult('StartExperiment'),
      description: `Starts the run. If several runners try at once, one wins. ${describeRule('start')} A stalled run can be started too: that takes it over.`,
      args: {
        id,
        leaseSeconds: t.arg.int({
          description:
            'How long the lease lasts after the start and after each report of progress: 10 to 86,400 seconds. Then the run is stalled. Without a lease it never is.',
        }),
        ifRevision: t.arg.int({
          description: 'Start only if this is still the stored revision; otherwise the result is STALE_REVISION.',
        }),
      },
      resolve: (_root, args, { caller, experiments }) => experiments.start(caller, args),
    }),
    reportExperimentProgress: t.field({
      type: buildStepResult('ReportExperimentProgress'),
      description: `Reports how much of the run is done, and renews its lease. Progress never goes backwards. ${describeRule('reportProgress')}`,
      args: {
        id,
        progress: t.arg.float({
          required: true,
          description: 'Progress in percent: 0 to 100. The same progress again renews the lease.',
        }),
        attempt,
      },
      resolve: (_root, args, { caller, experiments }) => experiments.reportProgress(caller, args),
    }),
    completeExperiment: t.field({
      type: buildStepResult('CompleteExperiment'),
      description: `Marks the run as completed. ${describeRule('complete')}`,
      args: { id, attempt },
      resolve: (_root, args, { caller, experiments }) => experiments.complete(caller, args),
    }),
    failExperiment: t.field({
      type: buildStepResult('FailExperiment'),
      description: `Marks the run as failed. ${describeRule('fail')}`,
      args: {
        id,
        errorMessage: t.arg.string({ required: true, description: 'Why it failed: 1 to 10,000 characters.' }),
        attempt,
      },
      resolve: (_root, args, { caller, experiments }) => experiments.fail(caller, args),
    }),
    cancelExperiment: t.field({
      type: CancelResult,
      description: `Cancels the run. ${describeRule('cancel')}`,
      args: { id },
      resolve: (_root, args, { caller, experiments }) => experiments.cancel(caller, args),
    }),
    resetExperiment: t.field({
      type: buildStepResult('ResetExperiment'),
      description: `Makes an experiment whose run has ended ready to start again: clears its progress, its times and its error message, but not \`attempt\` and \`runRevision\`. ${describeRule('reset')}`,
      args: { id },
      resolve: (_root, args, { caller, experiments }) => experiments.reset(caller, args),
    }),
  };
});
