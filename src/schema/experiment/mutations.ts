import type { Warning } from '../../domain/experiment/input.ts';
import type { Previewed, Written } from '../../domain/experiment/write-steps.ts';
import type { Failure } from '../../domain/failure.ts';
import { builder } from '../builder.ts';
import { buildResultUnion } from '../failure-types.ts';
import { FieldChangeType } from './changes.ts';
import { ExperimentContent, findDatasetName } from './content.ts';
import { CreateInput, ReplaceInput, UpdateInput } from './inputs.ts';
import { SkippedRow } from './skipped-row.ts';
import { ExperimentType } from './type.ts';

const WarningCode = builder.enumType('WarningCode', {
  description: 'What a warning is about.',
  values: {
    EVALUATOR_SLUGS_IGNORED: {
      description: '`evaluatorIds` and `evaluatorSlugs` were both given and differ: `evaluatorIds` was used.',
    },
    DUPLICATES_REMOVED: { description: 'Repeated entries of a list were kept only once.' },
    UNDOCUMENTED_SETTING: {
      description: 'A setting of a known task type is outside the documented range. It was stored as sent.',
    },
    NUMBER_ROUNDED: {
      description:
        'A number in `workflow` or `tags` is the stored one without its last digits, as clients that read numbers as doubles send it back. It was stored as sent.',
    },
    RUN_NOT_AFFECTED: {
      description:
        'The experiment is RUNNING or has ended: the run uses, or used, the content of `runRevision`. Use `resetExperiment` to run it again.',
    },
  } satisfies Record<Warning['code'], { description: string }>,
});

const WarningType = builder.objectRef<Warning>('Warning').implement({
  description: 'Something about an accepted write that may be a mistake.',
  fields: (t) => ({
    code: t.field({
      type: WarningCode,
      description: 'What the warning is about, as a machine-readable code.',
      resolve: ({ code }) => code,
    }),
    message: t.exposeString('message', { description: 'A human-readable explanation.' }),
    path: t.stringList({
      description: 'The place that it is about, starting at the argument.',
      resolve: ({ path }) => [...path],
    }),
  }),
});

const changesDescriptions: Readonly<Record<string, string>> = {
  CreateExperiment:
    'Every field that differs from an experiment created with an empty input. Empty when the experiment already existed.',
  CloneExperiment: 'Every field that differs from the cloned revision. Empty when the experiment already existed.',
};

/** Creates the success type of a mutation that writes an experiment. */
function createSuccessType(mutation: string) {
  return builder.objectRef<Written>(`${mutation}Success`).implement({
    description: `${mutation} succeeded.`,
    fields: (t) => ({
      experiment: t.field({
        type: ExperimentType,
        description: 'The experiment after the write.',
        resolve: ({ experiment }) => experiment,
      }),
      changes: t.field({
        type: [FieldChangeType],
        description: changesDescriptions[mutation] ?? 'Every field whose stored value changed.',
        resolve: ({ changes }) => [...changes],
      }),
      warnings: t.field({
        type: [WarningType],
        description: 'Possible mistakes. They do not prevent the write.',
        resolve: ({ warnings }) => [...warnings],
      }),
    }),
  });
}

const ExperimentPreview = builder.objectRef<Previewed>('ExperimentPreview').implement({
  description:
    'What a write with `dryRun` would store; nothing was written. It has no `id`, so that client caches do not take it for the stored experiment.',
  interfaces: [ExperimentContent],
  fields: (t) => ({
    datasetName: t.string({
      nullable: true,
      description: 'The name of the dataset; null when the dataset is not registered.',
      resolve: findDatasetName,
    }),
    changes: t.field({
      type: [FieldChangeType],
      description:
        'Every field whose stored value would change. For a create, every field that would differ from an experiment created with an empty input; for a clone, from the cloned revision.',
      resolve: ({ changes }) => [...changes],
    }),
    warnings: t.field({
      type: [WarningType],
      description: 'Possible mistakes. They do not prevent the write.',
      resolve: ({ warnings }) => [...warnings],
    }),
  }),
});

/** Builds the result union of a mutation that writes an experiment and has a `dryRun`. */
export function buildWriteResult<Kinds extends readonly Failure['kind'][]>(mutation: string, failures: Kinds) {
  return buildResultUnion(mutation, { written: createSuccessType(mutation), previewed: ExperimentPreview }, failures);
}

/** The same, for a mutation that has a batch too. */
function buildRowResult<Kinds extends readonly Failure['kind'][]>(mutation: string, failures: Kinds) {
  const members = { written: createSuccessType(mutation), previewed: ExperimentPreview, skipped: SkippedRow };
  return buildResultUnion(mutation, members, failures);
}

export const refused = ['invalid', 'unauthenticated', 'forbidden'] as const;
const CreateResult = buildWriteResult('CreateExperiment', [...refused, 'conflict']);
export const ReplaceResult = buildRowResult('ReplaceExperiment', [...refused, 'notFound', 'conflict']);
export const UpdateResult = buildRowResult('UpdateExperiment', [...refused, 'notFound', 'conflict']);
const RestoreResult = buildWriteResult('RestoreExperimentRevision', [...refused, 'notFound', 'conflict']);

export const dryRunDescription =
  'Write nothing, and return an `ExperimentPreview` of what the write would store, or the error that it would return. Default: false.';

/** Says what the key of an operation does. */
export function describeIdempotencyKey(operation: string): string {
  return `Any text of 1 to 255 characters. For 24 hours, the same ${operation} with the same key returns the experiment that the first one created, as it is now, and writes nothing. A different call with this key returns IDEMPOTENCY_KEY_REUSED, and so does the same call once that experiment has been deleted. Dry runs and refused inputs do not use the key up.`;
}

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: 'The id of the experiment.' });
  const ifRevision = t.arg.int({
    description: 'Write only if this is still the stored revision; otherwise the result is STALE_REVISION.',
  });
  const dryRun = t.arg.boolean({ defaultValue: false, description: dryRunDescription });
  return {
    createExperiment: t.field({
      type: CreateResult,
      description:
        'Creates an experiment. It is safe to retry: the same create with the same `experimentId` or `idempotencyKey` succeeds and writes nothing.',
      args: {
        input: t.arg({ type: CreateInput, required: true, description: 'The new experiment.' }),
        dryRun,
        idempotencyKey: t.arg.string({ description: describeIdempotencyKey('create') }),
      },
      resolve: (_, args, { caller, experiments }) => experiments.create(caller, args),
    }),
    replaceExperiment: t.field({
      type: ReplaceResult,
      description:
        'Replaces every editable field. Omitted fields take their documented default or are cleared; an omitted name stays. The tags, and the status and times of the run, never change.',
      args: {
        id,
        input: t.arg({ type: ReplaceInput, required: true, description: 'The complete new content.' }),
        ifRevision,
        dryRun,
      },
      resolve: (_, args, { caller, experiments }) => experiments.replace(caller, args),
    }),
    updateExperiment: t.field({
      type: UpdateResult,
      description: 'Changes only the given fields. Null clears a field that can be empty.',
      args: {
        id,
        input: t.arg({ type: UpdateInput, required: true, description: 'The fields to change.' }),
        ifRevision,
        dryRun,
      },
      resolve: (_, args, { caller, experiments }) => experiments.update(caller, args),
    }),
    restoreExperimentRevision: t.field({
      type: RestoreResult,
      description: 'Replaces the content with that of an earlier revision, as a new revision. Tags do not change.',
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
