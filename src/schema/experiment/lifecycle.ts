import { describeRule } from '../../domain/experiment/lifecycle.ts';
import type { Stepped } from '../../domain/experiment/run-experiment.ts';
import { builder } from '../builder.ts';
import { buildResultUnion } from '../failure-types.ts';
import { SkippedRow } from './skipped-row.ts';
import { ExperimentType } from './type.ts';

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
  return {
    startExperiment: t.field({
      type: buildStepResult('StartExperiment'),
      description: `Starts the run. If several runners try at once, one wins. ${describeRule('start')}`,
      args: { id },
      resolve: (_root, args, { caller, experiments }) => experiments.start(caller, args),
    }),
    reportExperimentProgress: t.field({
      type: buildStepResult('ReportExperimentProgress'),
      description: `Reports how much of the run is done. Progress never goes backwards. ${describeRule('reportProgress')}`,
      args: { id, progress: t.arg.float({ required: true, description: 'Progress in percent: 0 to 100.' }) },
      resolve: (_root, args, { caller, experiments }) => experiments.reportProgress(caller, args),
    }),
    completeExperiment: t.field({
      type: buildStepResult('CompleteExperiment'),
      description: `Marks the run as completed. ${describeRule('complete')}`,
      args: { id },
      resolve: (_root, args, { caller, experiments }) => experiments.complete(caller, args),
    }),
    failExperiment: t.field({
      type: buildStepResult('FailExperiment'),
      description: `Marks the run as failed. ${describeRule('fail')}`,
      args: {
        id,
        errorMessage: t.arg.string({ required: true, description: 'Why it failed: 1 to 10,000 characters.' }),
      },
      resolve: (_root, args, { caller, experiments }) => experiments.fail(caller, args),
    }),
    cancelExperiment: t.field({
      type: CancelResult,
      description: `Cancels the run. ${describeRule('cancel')}`,
      args: { id },
      resolve: (_root, args, { caller, experiments }) => experiments.cancel(caller, args),
    }),
  };
});
