import { z } from 'zod';
import {
  type EditableField,
  type Experiment,
  type ExperimentStatus,
  statuses,
} from '../../domain/experiment/experiment.ts';
import { validateInput } from '../../domain/experiment/input.ts';
import {
  inputFields,
  inputFieldsByOperation,
  inputShapes,
  type UncheckedInput,
} from '../../domain/experiment/input-shapes.ts';
import { toSentJson } from '../../domain/json/exact-json.ts';
import { bounds } from '../../domain/limits.ts';

/** The documented spelling of a field: `batch_size` for `batchSize`. No other code converts between the two. */
export function toSnakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The header of a create that may be repeated (contract, section 4). */
export const idempotencyKeyHeader = 'Idempotency-Key';

/** A text in quotes, or the name of a field. */
const textsAndFields = new RegExp(`"(?:[^"\\\\]|\\\\.)*"|\\b(?:${inputFields.join('|')})\\b`, 'g');

/** The message of an issue or a warning, with its fields in the documented spelling. Texts of the caller stay. */
export function spellFields(message: string, [argument, field = '', ...below]: readonly string[]): string {
  if (argument === 'id') return message.replace(/^id:/, 'experiment_id:');
  if (argument === 'idempotencyKey') return message.replace(/^idempotencyKey/, idempotencyKeyHeader);
  // Below a field, names are keys of the caller.
  if (below.length > 0 && message.startsWith(field)) return `${toSnakeCase(field)}${message.slice(field.length)}`;
  if (below.length > 0) return message;
  return message.replace(textsAndFields, (found) => (found.startsWith('"') ? found : toSnakeCase(found)));
}

export type RestOperation = keyof typeof inputFieldsByOperation;

/** Reads the input from a documented body. Unknown fields are ignored, as in the documented service. */
export function readInput(body: object, operation: RestOperation): UncheckedInput {
  const given = inputFieldsByOperation[operation].filter((field) => Object.hasOwn(body, toSnakeCase(field)));
  return Object.fromEntries(given.map((field) => [field, (body as Record<string, unknown>)[toSnakeCase(field)]]));
}

/** The schema of an operation's body, built from the same shapes that validate it. */
export function buildBodySchema(operation: RestOperation): z.ZodObject {
  const entries = inputFieldsByOperation[operation].map((field) => {
    const shape: z.ZodType = inputShapes[field];
    return [toSnakeCase(field), mayBeNull(field, operation) ? shape.nullish() : shape.optional()];
  });
  return z.object(Object.fromEntries(entries) as Record<string, z.ZodType>);
}

/** Whether a body may set a field to null. Null means omitted (R2); in an update it clears a clearable field. */
function mayBeNull(field: string, operation: RestOperation): boolean {
  return operation !== 'update' || validateInput({ [field]: null }, { nullMeans: 'cleared' }).kind === 'checked';
}

/** The documented spelling of a status. */
function toLowerCase(status: ExperimentStatus): Lowercase<ExperimentStatus> {
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
  revision: z.int().min(1).meta({ description: 'The value for If-Match, there in quotes; also sent as the ETag.' }),
} satisfies DocumentedFields);

/** An experiment in the form of the documented REST operations. */
export function toResource(
  experiment: Experiment,
  datasetName: string | null,
): Record<keyof z.infer<typeof experimentSchema>, unknown> {
  const evaluatorIds = experiment.evaluatorIds.values;
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
    tags: toSentJson(experiment.tags.values),
    workflow: toSentJson(experiment.workflow.values),
    evaluator_ids: evaluatorIds,
    evaluator_slugs: evaluatorIds,
    evaluator_workflow_ids: experiment.evaluatorWorkflowIds.values,
    span_workflow_name: experiment.spanWorkflowName,
    batch_size: experiment.batchSize,
    concurrency: experiment.concurrency,
    enable_tracing: experiment.enableTracing,
    generation_method: experiment.generationMethod,
    error_message: experiment.errorMessage,
    revision: experiment.revision,
  };
}
