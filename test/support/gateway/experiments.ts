import type { Author } from '../../../src/domain/actor.ts';
import type { ExperimentReplace } from '../../../src/domain/experiment/apply-replace.ts';
import type { Experiment, ExperimentContent } from '../../../src/domain/experiment/experiment.ts';
import type { JsonObject } from '../../../src/domain/json/exact-json.ts';
import { JsonList } from '../../../src/domain/json/json-list.ts';

export const author: Author = { kind: 'apiKey', id: 'key_1' };

/** Parses a JSON list as storage returns it, spelled exactly as in the text. */
export function json<Entry = JsonObject>(text: string): JsonList<Entry> {
  return JsonList.fromText(text);
}

/** An experiment with a non-default value in every field that a caller can edit. */
export function anExperiment(changes: Partial<Experiment> = {}): Experiment {
  return {
    organization: 'acme',
    id: 'exp_1',
    name: 'Tone of voice',
    description: 'Which tone do people like?',
    datasetId: 'dataset_1',
    workflow: json('[{"type":"prompt","config":{"prompt_id":"p1"}}]'),
    evaluatorIds: json<string>('["kind","short"]'),
    evaluatorWorkflowIds: json<string>('[]'),
    spanWorkflowName: 'span',
    enableTracing: false,
    batchSize: 7,
    concurrency: 3,
    generationMethod: 'greedy',
    tags: json('[{"team":"search"}]'),
    status: 'PENDING',
    progress: 0,
    createdAt: new Date('2026-01-02T03:04:05.678Z'),
    updatedAt: new Date('2026-01-02T03:04:05.678Z'),
    startedAt: null,
    completedAt: null,
    errorMessage: null,
    revision: 1,
    firstRevision: 1,
    version: 1,
    attempt: 0,
    runRevision: null,
    leaseSeconds: null,
    leaseExpiresAt: null,
    isStalled: false,
    clonedFromId: null,
    clonedFromRevision: null,
    deletedAt: null,
    purgeAt: null,
    ...changes,
  };
}

/** A replace with these changes to the content; everything else stays. */
export function toReplace(
  experiment: Experiment,
  changes: Partial<ExperimentReplace['content']>,
  write: Partial<Omit<ExperimentReplace, 'content'>> = {},
): ExperimentReplace {
  return {
    organization: experiment.organization,
    id: experiment.id,
    content: { ...toContent(experiment), ...changes },
    ifRevision: null,
    at: new Date('2026-02-02T00:00:00.000Z'),
    author,
    ...write,
  };
}

/** The fields that a replace writes. */
export function toContent(source: ExperimentContent): ExperimentContent {
  const { name, description, datasetId, workflow, evaluatorIds, evaluatorWorkflowIds } = source;
  const { spanWorkflowName, enableTracing, batchSize, concurrency, generationMethod } = source;
  return {
    name,
    description,
    datasetId,
    workflow,
    evaluatorIds,
    evaluatorWorkflowIds,
    spanWorkflowName,
    enableTracing,
    batchSize,
    concurrency,
    generationMethod,
  };
}
