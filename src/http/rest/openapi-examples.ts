import type { z } from 'zod';
import type { experimentSchema, RestOperation } from './experiment-resource.ts';

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

export type ExampleExperiment = z.infer<typeof experimentSchema>;
/** The answers to the examples, in the same order. */
export const created: ExampleExperiment = {
  id: exampleId,
  status: 'pending',
  created_at: '2024-06-15T09:30:00.000Z',
  updated_at: '2024-06-15T09:30:00.000Z',
  description: null,
  dataset: exampleContent.dataset_id,
  dataset_name: 'Support QA',
  workflow_count: 1,
  progress: 0,
  started_at: null,
  completed_at: null,
  tags: [],
  evaluator_slugs: exampleContent.evaluator_ids,
  evaluator_workflow_ids: [],
  span_workflow_name: 'workflow',
  batch_size: 100,
  concurrency: 15,
  enable_tracing: true,
  generation_method: null,
  error_message: null,
  revision: 1,
  ...exampleContent,
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
