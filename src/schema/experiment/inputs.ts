import { documentedDefaults, untitled } from '../../domain/experiment/experiment.ts';
import type { InputField } from '../../domain/experiment/input-shapes.ts';
import { builder, type Types } from '../builder.ts';

type TagField = 'tags' | 'addTags' | 'removeTags';
type InputFields = PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>;

/** The fields that every write accepts. Defaults are in the schema, so that GraphiQL and generated code show them. */
function buildContentFields(t: InputFields, { defaults }: { defaults: Partial<typeof documentedDefaults> }) {
  return {
    description: t.string({ description: 'What the experiment is for: up to 10,000 characters.' }),
    datasetId: t.id({ description: 'The dataset to process.' }),
    workflow: t.field({
      type: ['JSONObject'],
      description:
        'The tasks to run for each row of the dataset: up to 100 tasks, 1 MiB of JSON, 32 levels deep. Stored as sent.',
    }),
    evaluatorIds: t.idList({
      description: 'The evaluators that score the run: up to 100. Cannot be combined with `evaluatorWorkflowIds`.',
    }),
    evaluatorSlugs: t.stringList({
      description: 'The other documented name of `evaluatorIds`, which takes precedence when both are given.',
      deprecationReason: 'Use evaluatorIds.',
    }),
    evaluatorWorkflowIds: t.idList({
      description:
        'The workflow versions for eval-only scoring: up to 100. Cannot be combined with `evaluatorIds` or `evaluatorSlugs`.',
    }),
    spanWorkflowName: t.string({
      defaultValue: defaults.spanWorkflowName,
      description: `The name of the root workflow span: 1 to 255 characters.${describeDefault(defaults.spanWorkflowName)}`,
    }),
    enableTracing: t.boolean({
      defaultValue: defaults.enableTracing,
      description: `Whether runs write trace logs.${describeDefault(defaults.enableTracing)}`,
    }),
    batchSize: t.int({
      defaultValue: defaults.batchSize,
      description: `How many rows are processed at a time: 1 to 10,000.${describeDefault(defaults.batchSize)}`,
    }),
    concurrency: t.int({
      defaultValue: defaults.concurrency,
      description: `How many workers run at once: 1 to 1,000.${describeDefault(defaults.concurrency)}`,
    }),
    generationMethod: t.string({ description: 'Overrides how evaluations are generated: 1 to 255 characters.' }),
  } satisfies Record<Exclude<InputField, 'name' | 'experimentId' | TagField>, unknown>;
}

/** A default in words, since GraphiQL's documentation pane does not show default values. */
function describeDefault(value: unknown): string {
  return value === undefined ? '' : ` Default: ${JSON.stringify(value)}.`;
}

const buildTagsField = (t: InputFields) =>
  t.field({ type: ['JSONObject'], description: 'The tags: up to 100 JSON objects.' });

/** The fields of an operation that can also change single tags. */
function buildTagFields(t: InputFields) {
  return {
    tags: buildTagsField(t),
    addTags: t.field({
      type: ['JSONObject'],
      description:
        'The tags to append, except for those that the experiment already has: the order of keys and the spelling of numbers do not matter. The experiment can then have at most 100 tags. Cannot be combined with `tags`.',
    }),
    removeTags: t.field({
      type: ['JSONObject'],
      description:
        'The tags to remove: every tag that equals one of these. Removed before `addTags` are added. Cannot be combined with `tags`.',
    }),
  } satisfies Record<TagField, unknown>;
}

const newIdDescription =
  'The id of the new experiment: 1 to 255 characters, not `.`, `..`, `list` or `summary`, and not beginning with `dataset:`. Generated when omitted.';

export const ReplaceInput = builder.inputType('ReplaceExperimentInput', {
  description:
    'The complete content of an experiment. A field that is omitted or null takes its default, or becomes empty; an omitted name stays.',
  fields: (t) => ({
    name: t.string({ description: 'The name, trimmed: 1 to 255 characters. Does not change when omitted.' }),
    experimentId: t.id({ description: 'Must equal `id` if given. It never renames the experiment.' }),
    ...buildContentFields(t, { defaults: documentedDefaults }),
  }),
});

export const CreateInput = builder.inputType('CreateExperimentInput', {
  description: 'A new experiment. A field that is omitted or null takes its default, or stays empty.',
  fields: (t) => ({
    name: t.string({ description: `The name, trimmed: 1 to 255 characters. Default: "${untitled}".` }),
    experimentId: t.id({ description: newIdDescription }),
    ...buildContentFields(t, { defaults: documentedDefaults }),
    tags: buildTagsField(t),
  }),
});

export const CloneInput = builder.inputType('CloneExperimentInput', {
  description:
    'What differs from the cloned revision. Omitted fields are those of the revision; null clears a field that can be empty.',
  fields: (t) => ({
    name: t.string({ description: 'The name, trimmed: 1 to 255 characters.' }),
    experimentId: t.id({ description: newIdDescription }),
    ...buildContentFields(t, { defaults: {} }),
    ...buildTagFields(t),
  }),
});

export const UpdateInput = builder.inputType('UpdateExperimentInput', {
  description: 'The fields to change. Omitted fields do not change; null clears a field that can be empty.',
  fields: (t) => ({
    name: t.string({ description: 'The name, trimmed: 1 to 255 characters.' }),
    ...buildContentFields(t, { defaults: {} }),
    ...buildTagFields(t),
  }),
});
