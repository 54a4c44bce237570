import { z } from 'zod';
import { documentedDefaults } from '../../domain/experiment/experiment.ts';
import { inputFieldsByOperation } from '../../domain/experiment/input-shapes.ts';
import { buildBodySchema, type RestOperation } from './experiment-body.ts';
import { experimentSchema, toSnakeCase } from './experiment-resource.ts';
import {
  conditionSchema,
  experimentListSchema,
  filtersSchema,
  listBodySchema,
  listFields,
  pagingShapes,
  summarySchema,
} from './list-shapes.ts';
import { created, writtenAnswers } from './openapi-examples.ts';
import { writtenSchema } from './written-answer.ts';

/** The named schemas of the document, built from the same shapes that validate what is sent. */
export function buildSchemas(): Record<string, object> {
  const list = buildJsonSchema(experimentListSchema, 'output');
  const listBody = buildJsonSchema(listBodySchema, 'input');
  return {
    Experiment: { ...buildJsonSchema(experimentSchema, 'output'), examples: [created] },
    WrittenExperiment: { ...buildJsonSchema(writtenSchema, 'output'), examples: [writtenAnswers.create] },
    ExperimentList: {
      ...list,
      properties: { ...list.properties, current_filters: refToSchema('Filters'), results: resultsSchema },
    },
    ExperimentSummary: buildJsonSchema(summarySchema, 'output'),
    CreateExperiment: buildRequestSchema('create'),
    ReplaceExperiment: buildRequestSchema('replace'),
    UpdateExperiment: buildRequestSchema('update'),
    ListExperiments: { ...listBody, properties: { ...listBody.properties, filters: refToSchema('Filters') } },
    Filters: {
      ...buildJsonSchema(filtersSchema, 'input'),
      properties: Object.fromEntries(listFields.map((field) => [field, refToSchema('FilterCondition')])),
    },
    FilterCondition: buildJsonSchema(conditionSchema, 'input'),
    Error: buildJsonSchema(z.object({ detail: z.string() }), 'output'),
    ValidationError: buildJsonSchema(
      z.object({ detail: z.string(), errors: z.record(z.string(), z.array(z.string())) }),
      'output',
    ),
  };
}

const refToSchema = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const resultsSchema = { type: 'array', items: refToSchema('Experiment') };

/** The parameters of a list in the query string. */
export function buildPagingParameters(): object[] {
  return Object.entries(pagingShapes).map(([name, shape]) => {
    const { description, ...schema } = buildJsonSchema(shape, 'input');
    return { name, in: 'query', description, schema, example: schema.default };
  });
}

interface ObjectSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Record<string, object>;
}

function buildRequestSchema(operation: RestOperation): object {
  const schema = buildJsonSchema(buildBodySchema(operation), 'input');
  for (const field of inputFieldsByOperation[operation]) {
    const documented = operation === 'update' ? undefined : findDocumentedDefault(field);
    if (documented !== undefined) Object.assign(schema.properties?.[toSnakeCase(field)] ?? {}, { default: documented });
  }
  return schema;
}

function findDocumentedDefault(field: string): unknown {
  return (documentedDefaults as Record<string, unknown>)[field];
}

function buildJsonSchema(schema: z.ZodType, io: 'input' | 'output'): ObjectSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => simplify(jsonSchema, zodSchema._zod.def.type),
  });
  return rest as ObjectSchema;
}

/** Adds what zod leaves out, and removes what carries no information: client generators do best with plain schemas. */
function simplify(schema: z.core.JSONSchema.BaseSchema, type: z.core.$ZodTypeDef['type']): void {
  // The one shape that zod cannot describe: a JSON object that is stored as it was sent (R11).
  if (type === 'custom') schema.type = 'object';
  if (schema.format === 'date-time') delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minLength === 0) delete schema.minLength;
  delete schema.propertyNames;
  // Later versions may return more fields.
  if (schema.additionalProperties === false) delete schema.additionalProperties;
  const [value, none, ...others] = schema.anyOf ?? [];
  if (typeof value !== 'object' || typeof none !== 'object' || none.type !== 'null' || others.length > 0) return;
  delete schema.anyOf;
  Object.assign(schema, value, { type: [value.type, 'null'] });
}
