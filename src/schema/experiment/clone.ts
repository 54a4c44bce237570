import { builder } from '../builder.ts';
import { CloneInput } from './inputs.ts';
import { buildWriteResult, describeIdempotencyKey, dryRunDescription, refused } from './mutations.ts';
import { ExperimentType } from './type.ts';

builder.objectFields(ExperimentType, (t) => ({
  clonedFromId: t.exposeID('clonedFromId', {
    nullable: true,
    description: 'The id of the experiment that this one was cloned from, which may have been deleted since.',
  }),
  clonedFromRevision: t.exposeInt('clonedFromRevision', {
    nullable: true,
    description: 'The revision that this one was cloned from.',
  }),
}));

const CloneResult = buildWriteResult('CloneExperiment', [...refused, 'notFound', 'conflict']);

builder.mutationField('cloneExperiment', (t) =>
  t.field({
    type: CloneResult,
    description:
      'Creates an experiment with the content and tags of another one, except for the given fields. The clone starts as PENDING, whatever the status of the original. It is safe to retry: the same clone with the same `experimentId` or `idempotencyKey` succeeds and writes nothing.',
    args: {
      id: t.arg.id({ required: true, description: 'The id of the experiment to clone.' }),
      revision: t.arg.int({ description: 'The revision to clone. The latest one when omitted.' }),
      input: t.arg({ type: CloneInput, description: 'What differs from the revision. Nothing when omitted.' }),
      dryRun: t.arg.boolean({ defaultValue: false, description: dryRunDescription }),
      idempotencyKey: t.arg.string({ description: describeIdempotencyKey('clone') }),
    },
    resolve: (_, args, { caller, experiments }) => experiments.clone(caller, args),
  }),
);
