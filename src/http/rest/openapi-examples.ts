import { initialState, noTags, omittedContent, untitled } from '../../domain/experiment/experiment.ts';
import { JsonList } from '../../domain/json/json-list.ts';
import type { RestOperation } from './experiment-body.ts';
import { toResource } from './experiment-resource.ts';

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

/** The answers to the examples; their times are text in the document. */
type ExampleExperiment = ReturnType<typeof toResource> & { readonly revision: number };

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
const replaced: ExampleExperiment = {
  ...created,
  description: exampleBodies.replace.description,
  evaluator_ids: [...exampleBodies.replace.evaluator_ids],
  evaluator_slugs: [...exampleBodies.replace.evaluator_ids],
  updated_at: '2024-06-15T09:41:00.000Z',
  revision: 2,
};
const updated: ExampleExperiment = {
  ...replaced,
  ...exampleBodies.update,
  updated_at: '2024-06-15T09:52:00.000Z',
  revision: 3,
};

/** Changes as [field, before, after]. */
const describeChanges = (...changes: [field: string, before: unknown, after: unknown][]) => ({
  warnings: [],
  changes: changes.map(([field, before, after]) => ({ field, before, after, reason: 'SET' })),
});

/** The answers to the writes. */
export const writtenAnswers = {
  create: {
    ...created,
    ...describeChanges(
      ['name', untitled, exampleContent.name],
      ['dataset_id', null, exampleContent.dataset_id],
      ['workflow', [], exampleContent.workflow],
      ['evaluator_ids', [], exampleContent.evaluator_ids],
    ),
  },
  replace: {
    ...replaced,
    ...describeChanges(
      ['description', null, exampleBodies.replace.description],
      ['evaluator_ids', exampleContent.evaluator_ids, exampleBodies.replace.evaluator_ids],
    ),
  },
  update: { ...updated, ...describeChanges(['batch_size', created.batch_size, exampleBodies.update.batch_size]) },
} satisfies Record<RestOperation, object>;

/** A list by POST, and the answers to lists while there is one experiment. */
export const listBody = {
  filters: {
    name: { operator: 'icontains', value: ['quality'] },
    status: { operator: 'in', value: ['pending', 'running'] },
  },
  page: 1,
  page_size: 20,
  sort_by: '-created_at',
};
export const exampleList = { count: 1, next: null, previous: null, current_filters: {}, results: [created] };
export const filteredList = { ...exampleList, current_filters: listBody.filters };
