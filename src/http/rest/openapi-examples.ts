import { initialState, noTags, omittedContent } from '../../domain/experiment/experiment.ts';
import { JsonList } from '../../domain/json/json-list.ts';
import { type RestOperation, toResource } from './experiment-resource.ts';

/** The experiment that the first example creates and the others use. */
export const exampleId = 'exp_20240615_001';
const exampleContent = {
  name: 'gpt-4o-mini quality run',
  dataset_id: 'ds_support_qa_2024',
  workflow: [{ type: 'completion', config: { model: 'gpt-4o-mini', temperature: 0.2, max_tokens: 256 } }],
  evaluator_ids: ['eval_quality'],
};

/** The request bodies of the examples. They work when sent in this order: create, replace, update. */
export const exampleBodies = {
  create: { experiment_id: exampleId, ...exampleContent },
  replace: { ...exampleContent, description: 'With a second evaluator', evaluator_ids: ['eval_quality', 'eval_tone'] },
  update: { batch_size: 50 },
} as const satisfies Record<RestOperation, object>;

/** An answer, whose times become text with the document. */
export type ExampleExperiment = ReturnType<typeof toResource> & { readonly revision: number };
/** The answers to the examples, in the same order. */
export const created: ExampleExperiment = {
  ...toResource(
    {
      ...omittedContent,
      organization: '',
      id: exampleId,
      name: exampleContent.name,
      datasetId: exampleContent.dataset_id,
      workflow: JsonList.of(exampleContent.workflow),
      evaluatorIds: JsonList.of(exampleContent.evaluator_ids),
      tags: noTags,
      ...initialState,
      createdAt: new Date('2024-06-15T09:30:00.000Z'),
      updatedAt: new Date('2024-06-15T09:30:00.000Z'),
    },
    'Support QA',
  ),
  revision: 1,
};
export const replaced: ExampleExperiment = {
  ...created,
  description: exampleBodies.replace.description,
  evaluator_ids: [...exampleBodies.replace.evaluator_ids],
  evaluator_slugs: [...exampleBodies.replace.evaluator_ids],
  updated_at: '2024-06-15T09:41:00.000Z',
  revision: 2,
};
export const updated: ExampleExperiment = {
  ...replaced,
  ...exampleBodies.update,
  updated_at: '2024-06-15T09:52:00.000Z',
  revision: 3,
};
