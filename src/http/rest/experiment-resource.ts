import { z } from 'zod';
import type { AnswerBudget } from '../../domain/answer-budget.ts';
import {
  type EditableField,
  type Experiment,
  type ExperimentStatus,
  statuses,
} from '../../domain/experiment/experiment.ts';
import { textFields } from '../../domain/experiment/reading.ts';
import { SentJson } from '../../domain/json/exact-json.ts';
import { JsonList } from '../../domain/json/json-list.ts';
import { bounds } from '../../domain/limits.ts';

/** The documented spelling of a field: `batch_size` for `batchSize`. No other code converts between the two. */
export function toSnakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The header of a create that may be repeated (contract, section 4). */
export const idempotencyKeyHeader = 'Idempotency-Key';

/** The documented spelling of a status. */
export function toLowerCase(status: ExperimentStatus): Lowercase<ExperimentStatus> {
  return status.toLowerCase() as Lowercase<ExperimentStatus>;
}

const nullableText = z.string().nullable();
const nullableTime = z.iso.datetime().nullable();
const objects = z.array(z.record(z.string(), z.unknown()));

type SnakeCase<Field extends string> = Field extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Field;
/** Makes the compiler check that no editable field is missing from an answer. */
type DocumentedFields = Record<SnakeCase<EditableField>, z.ZodType> & Record<string, z.ZodType>;

/** The documented response fields, and the additional ones that a client needs to send the same experiment back. */
export const experimentSchema = z.object({
  id: z.string().meta({ description: 'Experiment ID.' }),
  name: z.string().meta({ description: 'Experiment name.' }),
  status: z.enum(statuses.map(toLowerCase)).meta({ description: 'Execution status.' }),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  description: nullableText,
  dataset: nullableText.meta({ description: 'The same as dataset_id.' }),
  dataset_id: nullableText,
  dataset_name: nullableText.meta({ description: 'The name of the dataset, when it is registered.' }),
  workflow_count: z.int().min(0).meta({ description: 'Number of workflow tasks.' }),
  progress: z.number().min(0).max(100),
  started_at: nullableTime,
  completed_at: nullableTime,
  tags: objects,
  workflow: objects,
  evaluator_ids: z.array(z.string()),
  evaluator_slugs: z.array(z.string()).meta({ description: 'The same as evaluator_ids.' }),
  evaluator_workflow_ids: z.array(z.string()),
  span_workflow_name: z.string(),
  batch_size: z.int().min(bounds.batchSize.min).max(bounds.batchSize.max),
  concurrency: z.int().min(bounds.concurrency.min).max(bounds.concurrency.max),
  enable_tracing: z.boolean(),
  generation_method: nullableText,
  error_message: nullableText.meta({ description: 'Failure details when the status is failed.' }),
  revision: z.int().min(1).meta({ description: 'The value to send as If-Match, in quotes; also sent as the ETag.' }),
} satisfies DocumentedFields);

/** An experiment in the form of the documented REST operations. */
export function toResource(
  experiment: Experiment,
  datasetName: string | null,
): Record<keyof z.infer<typeof experimentSchema>, unknown> {
  const evaluatorIds = toJson(experiment.evaluatorIds);
  return {
    id: experiment.id,
    name: experiment.name,
    status: toLowerCase(experiment.status),
    created_at: experiment.createdAt,
    updated_at: experiment.updatedAt,
    description: experiment.description,
    dataset: experiment.datasetId,
    dataset_id: experiment.datasetId,
    dataset_name: datasetName,
    workflow_count: experiment.workflow.length,
    progress: experiment.progress,
    started_at: experiment.startedAt,
    completed_at: experiment.completedAt,
    tags: toJson(experiment.tags),
    workflow: toJson(experiment.workflow),
    evaluator_ids: evaluatorIds,
    evaluator_slugs: evaluatorIds,
    evaluator_workflow_ids: toJson(experiment.evaluatorWorkflowIds),
    span_workflow_name: experiment.spanWorkflowName,
    batch_size: experiment.batchSize,
    concurrency: experiment.concurrency,
    enable_tracing: experiment.enableTracing,
    generation_method: experiment.generationMethod,
    error_message: experiment.errorMessage,
    revision: experiment.revision,
  };
}

/** A list as it is stored, written without being parsed. */
function toJson(list: JsonList<unknown>): SentJson {
  return new SentJson(list.text);
}

/** What a resource takes besides its texts and lists, in bytes: an overestimate. */
const resourceBytes = 1_000;

/** Charges a resource to the budget of its answer, before it is built. Throws `AnswerRefused`. */
export function chargeResource(budget: AnswerBudget, experiment: Experiment, datasetName: string | null): void {
  const { id, datasetId, evaluatorIds } = experiment;
  budget.charge(resourceBytes);
  // The dataset and the evaluators are there under two names.
  const values = [...textFields.map((field) => experiment[field]), id, datasetId, datasetName, evaluatorIds];
  for (const value of values) {
    if (value instanceof JsonList) budget.chargeJson(value.text);
    else if (value !== null) budget.chargeText(value);
  }
}
