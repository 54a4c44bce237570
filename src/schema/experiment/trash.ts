import type { Deleted } from '../../domain/experiment/delete-experiment.ts';
import type { Restored } from '../../domain/experiment/restore-experiment.ts';
import { builder } from '../builder.ts';
import { buildResultUnion } from '../failure-types.ts';
import { SkippedRow } from './skipped-row.ts';
import { ExperimentType } from './type.ts';

const DeleteSuccess = builder.objectRef<Deleted>('DeleteExperimentSuccess').implement({
  description:
    'The experiment is in the trash until `purgeAt`, or permanently deleted. The id can be used again, and its revision numbers continue.',
  fields: (t) => ({
    deletedExperimentId: t.exposeID('id', { description: 'The id of the deleted experiment.' }),
    purgeAt: t.expose('purgeAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When it leaves the trash: `restoreExperiment` brings it back until then. Null when it was permanently deleted.',
    }),
  }),
});

const RestoreSuccess = builder.objectRef<Restored>('RestoreExperimentSuccess').implement({
  description: 'The experiment is out of the trash again.',
  fields: (t) => ({
    experiment: t.field({
      type: ExperimentType,
      description: 'The experiment as it was, with the same revision.',
      resolve: ({ experiment }) => experiment,
    }),
  }),
});

const refused = ['invalid', 'unauthenticated', 'forbidden', 'notFound'] as const;
export const DeleteResult = buildResultUnion('DeleteExperiment', { deleted: DeleteSuccess, skipped: SkippedRow }, [
  ...refused,
  'conflict',
]);
const RestoreResult = buildResultUnion('RestoreExperiment', { restored: RestoreSuccess }, refused);

builder.mutationFields((t) => ({
  deleteExperiment: t.field({
    type: DeleteResult,
    description:
      'Moves an experiment to the trash: no other operation finds it there, and `restoreExperiment` brings it back. `experiments(filter: { deleted: true })` lists the trash.',
    args: {
      id: t.arg.id({ required: true, description: 'The id of the experiment.' }),
      ifRevision: t.arg.int({
        description: 'Delete only if this is still the stored revision; otherwise the result is STALE_REVISION.',
      }),
      permanently: t.arg.boolean({
        defaultValue: false,
        description: 'Delete it and its revisions permanently, even if it is already in the trash. Default: false.',
      }),
    },
    resolve: (_, args, { caller, experiments }) => experiments.delete(caller, args),
  }),
  restoreExperiment: t.field({
    type: RestoreResult,
    description:
      'Takes an experiment out of the trash, as it was. To go back to earlier content, use `restoreExperimentRevision`.',
    args: { id: t.arg.id({ required: true, description: 'The id of the experiment in the trash.' }) },
    resolve: (_, args, { caller, experiments }) => experiments.restore(caller, args),
  }),
}));
