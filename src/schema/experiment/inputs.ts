import { documentedDefaults, untitled } from '../../domain/experiment/experiment.ts';
import { builder, type Types } from '../builder.ts';

type InputFields = PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>;

/** The fields that every write takes. Defaults stand in the schema, so that GraphiQL and generated code show them. */
function buildContentFields(t: InputFields, { defaults }: { defaults: Partial<typeof documentedDefaults> }) {
  return {
    description: t.string({ description: 'What the experiment is for: at most 10,000 characters.' }),
    datasetId: t.id({ description: 'The dataset to process.' }),
    workflow: t.field({
      type: ['JSONObject'],
      description:
        'The tasks to run for each row of the dataset: at most 100, 1 MiB of JSON, 32 levels deep. Stored as sent.',
    }),
    evaluatorIds: t.idList({
      description: 'The evaluators that score the run: at most 100. Excludes evaluatorWorkflowIds.',
    }),
    evaluatorSlugs: t.stringList({
      description: 'The documented alias of `evaluatorIds`, which wins when both are given.',
      deprecationReason: 'Use evaluatorIds.',
    }),
    evaluatorWorkflowIds: t.idList({
      description:
        'The workflow versions of an eval-only scoring: at most 100. Excludes evaluatorIds and evaluatorSlugs.',
    }),
    spanWorkflowName: t.string({
      defaultValue: defaults.spanWorkflowName,
      description: 'The name of the root workflow span: 1 to 255 characters.',
    }),
    enableTracing: t.boolean({ defaultValue: defaults.enableTracing, description: 'Whether runs write trace logs.' }),
    batchSize: t.int({
      defaultValue: defaults.batchSize,
      description: 'How many rows are processed at a time: 1 to 10,000.',
    }),
    concurrency: t.int({
      defaultValue: defaults.concurrency,
      description: 'How many workers run at once: 1 to 1,000.',
    }),
    generationMethod: t.string({ description: 'Overrides how evaluations are generated: 1 to 255 characters.' }),
  };
}

const buildTagsField = (t: InputFields) =>
  t.field({ type: ['JSONObject'], description: 'Tags: at most 100 JSON objects.' });

export const ReplaceInput = builder.inputType('ReplaceExperimentInput', {
  description:
    'The whole content of an experiment. Omitted and null mean the same: the default, or empty; an omitted name stays.',
  fields: (t) => ({
    name: t.string({ description: 'The name, trimmed: 1 to 255 characters. Stays when omitted.' }),
    experimentId: t.id({ description: 'If given, must equal `id`. It never renames.' }),
    ...buildContentFields(t, { defaults: documentedDefaults }),
  }),
});

export const CreateInput = builder.inputType('CreateExperimentInput', {
  description: 'A new experiment. Omitted and null mean the same: the default, or empty.',
  fields: (t) => ({
    name: t.string({ description: `The name, trimmed: 1 to 255 characters. "${untitled}" when omitted.` }),
    experimentId: t.id({ description: 'The id of the experiment; one is made when omitted.' }),
    ...buildContentFields(t, { defaults: documentedDefaults }),
    tags: buildTagsField(t),
  }),
});

export const UpdateInput = builder.inputType('UpdateExperimentInput', {
  description: 'What to change: only the fields that are present. Null clears a field that may be empty.',
  fields: (t) => ({
    name: t.string({ description: 'The name, trimmed: 1 to 255 characters.' }),
    ...buildContentFields(t, { defaults: {} }),
    tags: buildTagsField(t),
  }),
});
