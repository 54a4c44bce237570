import type { FieldMap } from '@pothos/core';
import type { EditableField, EditableFields } from '../../domain/experiment/experiment.ts';
import type { Counted } from '../../domain/experiment/reading.ts';
import { builder } from '../builder.ts';
import type { GatewayContext } from '../context.ts';

/** Makes the compiler check that no editable field is missing from the schema. */
type ContentFields = FieldMap & Record<EditableField, unknown>;

/** The fields that experiments, their revisions and previews of writes share. */
export const ExperimentContent = builder.interfaceRef<EditableFields>('ExperimentContent').implement({
  description: 'The configuration of an experiment: the fields that callers can edit.',
  resolveType: (content) => {
    if ('kind' in content) return 'ExperimentPreview';
    return 'experimentId' in content ? 'ExperimentRevision' : 'Experiment';
  },
  fields: (t): ContentFields => ({
    name: t.exposeString('name', { description: 'The name.' }),
    description: t.exposeString('description', { nullable: true, description: 'What the experiment is for.' }),
    dataset: t.exposeID('datasetId', {
      nullable: true,
      description: 'The same as `datasetId`, under its other documented name.',
      deprecationReason: 'Use datasetId.',
    }),
    datasetId: t.exposeID('datasetId', { nullable: true, description: 'The dataset to process.' }),
    tags: t.field({
      type: ['JSONObject'],
      description: 'The tags. A replace never changes them.',
      resolve: ({ tags }, _args, { budget }) => {
        budget.chargeJson(tags.text);
        return tags.values;
      },
    }),
    workflow: t.field({
      type: ['JSONObject'],
      description: 'The tasks to run for each row of the dataset, exactly as sent.',
      resolve: ({ workflow }, _args, { budget }) => {
        budget.chargeJson(workflow.text);
        return workflow.values;
      },
    }),
    workflowCount: t.int({
      description: 'How many tasks the workflow has.',
      resolve: (content: Counted<EditableFields>) => content.workflowCount ?? content.workflow.length,
    }),
    evaluatorIds: t.idList({
      description: 'The evaluators that score the run.',
      resolve: ({ evaluatorIds }) => evaluatorIds.values,
    }),
    evaluatorSlugs: t.stringList({
      description: 'The same list as `evaluatorIds`, under its other documented name.',
      deprecationReason: 'Use evaluatorIds.',
      resolve: ({ evaluatorIds }) => evaluatorIds.values,
    }),
    evaluatorWorkflowIds: t.idList({
      description: 'The workflow versions for eval-only scoring.',
      resolve: ({ evaluatorWorkflowIds }) => evaluatorWorkflowIds.values,
    }),
    spanWorkflowName: t.exposeString('spanWorkflowName', { description: 'The name of the root workflow span.' }),
    enableTracing: t.exposeBoolean('enableTracing', { description: 'Whether runs write trace logs.' }),
    batchSize: t.exposeInt('batchSize', { description: 'How many rows are processed at a time.' }),
    concurrency: t.exposeInt('concurrency', { description: 'How many workers run at once.' }),
    generationMethod: t.exposeString('generationMethod', {
      nullable: true,
      description: 'Overrides how evaluations are generated.',
    }),
  }),
});

/** Resolves to the name of the dataset; null when the dataset is not registered. */
export function findDatasetName(
  { datasetId }: Pick<EditableFields, 'datasetId'>,
  _args: object,
  { caller, datasetName }: GatewayContext,
): Promise<string | null> | null {
  return datasetId === null || !caller ? null : datasetName(caller, datasetId);
}
