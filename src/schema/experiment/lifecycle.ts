import { describeRule } from '../../domain/experiment/lifecycle.ts';
import type { Stepped } from '../../domain/experiment/run-experiment.ts';
import { builder } from '../builder.ts';
import { buildResultUnion } from '../failure-types.ts';
import { ExperimentType } from './type.ts';

/** The result of a step of the run. */
function stepResult(mutation: string) {
  const success = builder.objectRef<Stepped>(`${mutation}Success`).implement({
    description: `${mutation} was done.`,
    fields: (t) => ({
      experiment: t.field({
        type: ExperimentType,
        description: 'The experiment as it stands now.',
        resolve: ({ experiment }) => experiment,
      }),
    }),
  });
  return buildResultUnion(mutation, success, ['invalid', 'unauthenticated', 'forbidden', 'notFound', 'conflict']);
}

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: 'The id of the experiment.' });
  return {
    startExperiment: t.field({
      type: stepResult('StartExperiment'),
      description: `A runner takes the experiment; of several, one wins. ${describeRule('start')}`,
      args: { id },
      resolve: (_root, args, { caller, experiments }) => experiments.start(caller, args),
    }),
    reportExperimentProgress: t.field({
      type: stepResult('ReportExperimentProgress'),
      description: `Says how much of the run is done; never backwards. ${describeRule('reportProgress')}`,
      args: { id, progress: t.arg.float({ required: true, description: 'In percent: 0 to 100.' }) },
      resolve: (_root, args, { caller, experiments }) => experiments.reportProgress(caller, args),
    }),
    completeExperiment: t.field({
      type: stepResult('CompleteExperiment'),
      description: `The run has finished. ${describeRule('complete')}`,
      args: { id },
      resolve: (_root, args, { caller, experiments }) => experiments.complete(caller, args),
    }),
    failExperiment: t.field({
      type: stepResult('FailExperiment'),
      description: `The run has failed. ${describeRule('fail')}`,
      args: { id, errorMessage: t.arg.string({ required: true, description: 'Why: 1 to 10,000 characters.' }) },
      resolve: (_root, args, { caller, experiments }) => experiments.fail(caller, args),
    }),
    cancelExperiment: t.field({
      type: stepResult('CancelExperiment'),
      description: `Nobody needs the run any more. ${describeRule('cancel')}`,
      args: { id },
      resolve: (_root, args, { caller, experiments }) => experiments.cancel(caller, args),
    }),
  };
});
