import type { UnionRef } from '@pothos/core';
import { type Batched, batchPolicies } from '../../domain/experiment/write-batch.ts';
import { batchLimits } from '../../domain/limits.ts';
import { builder, type Types } from '../builder.ts';
import { buildResultUnion } from '../failure-types.ts';
import { ReplaceInput, UpdateInput } from './inputs.ts';
import { CancelResult } from './lifecycle.ts';
import { ReplaceResult, UpdateResult } from './mutations.ts';
import { DeleteResult } from './trash.ts';

const BatchPolicy = builder.enumType('BatchPolicy', {
  description: 'What happens to the other experiments of a batch when one of them fails.',
  values: {
    ATOMIC: { description: 'Nothing is written: all are written in one transaction, or none.' },
    PARTIAL: { description: 'The others are written: each is on its own.' },
  } satisfies Record<(typeof batchPolicies)[number], { description: string }>,
});

const ReplaceItem = builder.inputType('ReplaceExperimentItem', {
  description: 'One replace of a batch: the arguments of `replaceExperiment`.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The id of the experiment.' }),
    input: t.field({ type: ReplaceInput, required: true, description: 'The complete new content.' }),
    ifRevision: t.int({
      description: 'Write only if this is still the stored revision; otherwise the result is STALE_REVISION.',
    }),
  }),
});

/** Builds the result union of a batch whose rows have the results of a mutation of one experiment. */
function buildBatchResult<Row>(mutation: string, rowResult: UnionRef<Types, Row>) {
  const success = builder.objectRef<Batched<Row>>(`${mutation}Success`).implement({
    description: `The results of ${mutation}, one for each experiment. Some or all of them may be failures.`,
    fields: (t) => ({
      results: t.field({
        type: [rowResult],
        description:
          'One result for each experiment, in the order in which they were given: what the mutation of this experiment alone would return, or `SkippedRow`.',
        extensions: { maxRows: batchLimits.rows.max },
        resolve: ({ results }) => [...results] as never,
      }),
      succeeded: t.exposeInt('succeeded', {
        description:
          'How many succeeded, including those that needed no change. 0 when one failed and the policy is ATOMIC.',
      }),
      failed: t.exposeInt('failed', { description: 'How many failed. Skipped ones do not count.' }),
    }),
  });
  return buildResultUnion(mutation, { batched: success }, ['invalid', 'unauthenticated', 'forbidden']);
}

const rules = `1 to ${batchLimits.rows.max} distinct experiments, which together hold at most 4 MiB.`;

builder.mutationFields((t) => {
  const ids = t.arg.idList({ required: true, description: `The ids of ${rules}` });
  const policy = t.arg({
    type: BatchPolicy,
    defaultValue: 'ATOMIC',
    description: 'What happens to the others when one fails. Default: ATOMIC.',
  });
  const dryRun = t.arg.boolean({
    defaultValue: false,
    description:
      'Write nothing, and return an `ExperimentPreview` of each write, or the error that it would return. Default: false.',
  });
  return {
    replaceExperiments: t.field({
      type: buildBatchResult('ReplaceExperiments', ReplaceResult),
      description:
        'Replaces several experiments at once, each by its own input, by the rules of `replaceExperiment`. Issues and warnings of a result have the paths that `replaceExperiment` gives them: `["input", "batchSize"]`.',
      args: {
        items: t.arg({ type: [ReplaceItem], required: true, description: `The replaces of ${rules}` }),
        policy,
        dryRun,
      },
      resolve: (_, args, { caller, experiments }) => experiments.replaceEach(caller, args),
    }),
    updateExperiments: t.field({
      type: buildBatchResult('UpdateExperiments', UpdateResult),
      description:
        'Makes the same change to several experiments at once, by the rules of `updateExperiment`: only the given fields change.',
      args: {
        ids,
        input: t.arg({ type: UpdateInput, required: true, description: 'The fields to change, in all of them.' }),
        policy,
        dryRun,
      },
      resolve: (_, args, { caller, experiments }) => experiments.updateEach(caller, args),
    }),
    deleteExperiments: t.field({
      type: buildBatchResult('DeleteExperiments', DeleteResult),
      description: 'Deletes several experiments at once, by the rules of `deleteExperiment`.',
      args: { ids, policy },
      resolve: (_, args, { caller, experiments }) => experiments.deleteEach(caller, args),
    }),
    cancelExperiments: t.field({
      type: buildBatchResult('CancelExperiments', CancelResult),
      description: 'Cancels the runs of several experiments at once, by the rules of `cancelExperiment`.',
      args: { ids, policy },
      resolve: (_, args, { caller, experiments }) => experiments.cancelEach(caller, args),
    }),
  };
});
