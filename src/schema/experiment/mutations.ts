import type { AnswerBudget } from '../../domain/answer-budget.ts';
import type { FieldChange, FieldChangeReason } from '../../domain/experiment/changes.ts';
import type { Deleted } from '../../domain/experiment/delete-experiment.ts';
import type { Warning } from '../../domain/experiment/input.ts';
import type { Written } from '../../domain/experiment/write.ts';
import { type JsonValue, toJsonText } from '../../domain/json/exact-json.ts';
import { builder } from '../builder.ts';
import { buildResultUnion } from '../failure-types.ts';
import { CreateInput, ReplaceInput, UpdateInput } from './inputs.ts';
import { ExperimentType } from './type.ts';

const Reason = builder.enumType('FieldChangeReason', {
  description: 'Why a field changed, judged by its new value.',
  values: {
    SET: { description: 'It has a new value.' },
    RESET_TO_DEFAULT: { description: 'It has its documented default again.' },
    CLEARED: { description: 'It is null or empty now.' },
  } satisfies Record<FieldChangeReason, { description: string }>,
});

/** Lists are charged here, before they are copied; other values where they are answered. */
function chargeValue(value: JsonValue, budget: AnswerBudget): JsonValue {
  if (typeof value === 'object' && value !== null) budget.chargeJson(toJsonText(value));
  return value;
}

const FieldChangeType = builder.objectRef<FieldChange>('FieldChange').implement({
  description: 'One field whose stored value changed.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The field. `evaluatorIds` stands for `evaluatorSlugs` too.' }),
    before: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its value before.',
      resolve: ({ before }, _args, { budget }) => chargeValue(before, budget),
    }),
    after: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its value now.',
      resolve: ({ after }, _args, { budget }) => chargeValue(after, budget),
    }),
    reason: t.field({ type: Reason, description: 'Why.', resolve: ({ reason }) => reason }),
  }),
});

const WarningCode = builder.enumType('WarningCode', {
  description: 'What a warning is about.',
  values: {
    EVALUATOR_SLUGS_IGNORED: {
      description: '`evaluatorIds` and `evaluatorSlugs` were both given and differ: the former was used.',
    },
    DUPLICATES_REMOVED: { description: 'Repeated entries of a list were kept once.' },
    UNDOCUMENTED_SETTING: {
      description: 'A setting of a known task type lies outside the documented range; it was stored as sent.',
    },
  } satisfies Record<Warning['code'], { description: string }>,
});

const WarningType = builder.objectRef<Warning>('Warning').implement({
  description: 'Something in an accepted input that its sender may not have meant.',
  fields: (t) => ({
    code: t.field({ type: WarningCode, description: 'What, for a program.', resolve: ({ code }) => code }),
    message: t.exposeString('message', { description: 'What, for a person.' }),
    path: t.stringList({ description: 'Where, starting at the argument.', resolve: ({ path }) => [...path] }),
  }),
});

/** The success of a mutation that writes an experiment. */
function createSuccessType(mutation: string) {
  return builder.objectRef<Written>(`${mutation}Success`).implement({
    description: `${mutation} was done, or with dryRun would have been.`,
    fields: (t) => ({
      experiment: t.field({
        type: ExperimentType,
        description: 'The experiment as it stands now.',
        resolve: ({ experiment }) => experiment,
      }),
      changes: t.field({
        type: [FieldChangeType],
        description:
          mutation === 'CreateExperiment'
            ? 'Every field that differs from an experiment created with an empty input; none when it existed already.'
            : 'Every field whose stored value changed.',
        resolve: ({ changes }) => [...changes],
      }),
      warnings: t.field({
        type: [WarningType],
        description: 'What its sender may not have meant.',
        resolve: ({ warnings }) => [...warnings],
      }),
    }),
  });
}

const DeleteSuccess = builder.objectRef<Deleted>('DeleteExperimentSuccess').implement({
  description:
    'The experiment and its revisions are gone. The id is free again; its next revision continues the numbers.',
  fields: (t) => ({ id: t.exposeID('id', { description: 'The id of the deleted experiment.' }) }),
});

const refused = ['invalid', 'unauthenticated', 'forbidden'] as const;
const CreateResult = buildResultUnion('CreateExperiment', createSuccessType('CreateExperiment'), [
  ...refused,
  'conflict',
]);
const ReplaceResult = buildResultUnion('ReplaceExperiment', createSuccessType('ReplaceExperiment'), [
  ...refused,
  'notFound',
  'conflict',
]);
const UpdateResult = buildResultUnion('UpdateExperiment', createSuccessType('UpdateExperiment'), [
  ...refused,
  'notFound',
  'conflict',
]);
const DeleteResult = buildResultUnion('DeleteExperiment', DeleteSuccess, [...refused, 'notFound', 'conflict']);
const RestoreResult = buildResultUnion('RestoreExperimentRevision', createSuccessType('RestoreExperimentRevision'), [
  ...refused,
  'notFound',
  'conflict',
]);

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: 'The id of the experiment.' });
  const ifRevision = t.arg.int({
    description: 'Write only when this is still the stored revision; otherwise answer STALE_REVISION.',
  });
  const dryRun = t.arg.boolean({
    defaultValue: false,
    description: 'Answer what the write would answer, and write nothing.',
  });
  return {
    createExperiment: t.field({
      type: CreateResult,
      description: 'Creates an experiment. The same create again is a safe retry: success, and nothing written.',
      args: { input: t.arg({ type: CreateInput, required: true, description: 'The new experiment.' }), dryRun },
      resolve: (_, args, { caller, experiments }) => experiments.create(caller, args),
    }),
    replaceExperiment: t.field({
      type: ReplaceResult,
      description:
        'Replaces every editable field: omitted fields take their documented default, or are cleared; an omitted name stays. Tags, status and times are never touched.',
      args: {
        id,
        input: t.arg({ type: ReplaceInput, required: true, description: 'The new content, whole.' }),
        ifRevision,
        dryRun,
      },
      resolve: (_, args, { caller, experiments }) => experiments.replace(caller, args),
    }),
    updateExperiment: t.field({
      type: UpdateResult,
      description: 'Changes only the fields that are present. Null clears a field that may be empty.',
      args: {
        id,
        input: t.arg({ type: UpdateInput, required: true, description: 'What to change.' }),
        ifRevision,
        dryRun,
      },
      resolve: (_, args, { caller, experiments }) => experiments.update(caller, args),
    }),
    deleteExperiment: t.field({
      type: DeleteResult,
      description: 'Deletes an experiment with its revisions, for good.',
      args: { id, ifRevision },
      resolve: (_, args, { caller, experiments }) => experiments.delete(caller, args),
    }),
    restoreExperimentRevision: t.field({
      type: RestoreResult,
      description: 'Replaces the content with that of an earlier revision, as a new revision. Tags stay as they are.',
      args: {
        id,
        revision: t.arg.int({ required: true, description: 'The revision to restore.' }),
        ifRevision,
        dryRun,
      },
      resolve: (_, args, { caller, experiments }) => experiments.restoreRevision(caller, args),
    }),
  };
});
