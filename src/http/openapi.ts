import { z } from 'zod';
import { documentedDefaults } from '../domain/experiment/experiment.ts';
import { inputFieldsOf } from '../domain/experiment/input.ts';
import { bodySchema, experimentSchema, type RestOperation, snakeCase } from './rest-experiment.ts';

const exampleBody = {
  name: 'gpt-4o-mini quality run',
  dataset_id: 'ds_support_qa_2024',
  workflow: [{ type: 'completion', config: { model: 'gpt-4o-mini', temperature: 0.2, max_tokens: 256 } }],
  evaluator_ids: ['eval_quality'],
};

const exampleExperiment: z.infer<typeof experimentSchema> = {
  id: 'exp_20240615_001',
  status: 'pending',
  created_at: '2024-06-15T09:30:00.000Z',
  updated_at: '2024-06-15T09:30:00.000Z',
  description: null,
  dataset: 'ds_support_qa_2024',
  dataset_name: 'Support QA',
  workflow_count: 1,
  progress: 0,
  started_at: null,
  completed_at: null,
  tags: [],
  evaluator_slugs: ['eval_quality'],
  evaluator_workflow_ids: [],
  span_workflow_name: 'workflow',
  batch_size: 100,
  concurrency: 15,
  enable_tracing: true,
  generation_method: null,
  error_message: null,
  revision: 1,
  ...exampleBody,
};

const refused = {
  400: ['A field is not valid; nothing was written.', 'ValidationError'],
  401: ['No valid API key or dashboard token.', 'Error'],
  403: ['The credential lacks a scope.', 'Error'],
  404: ['There is no such experiment for your organization.', 'Error'],
  409: ['Another experiment has this id, or somebody else has written since.', 'Error'],
  412: ['The revision in If-Match is not the stored one.', 'Error'],
  413: ['The body has more than 2 MiB.', 'Error'],
  415: ['The body is not plain JSON in UTF-8.', 'Error'],
  503: ['Storage does not answer; nothing was written.', 'Error'],
} as const;

let document: object | undefined;

/** The OpenAPI 3.1 document of the REST operations, from the schemas that judge and describe them. */
export function openApiDocument(): object {
  document ??= {
    openapi: '3.1.0',
    info: {
      title: 'Experiment gateway',
      version: '2.0.0',
      description: 'The documented experiment operations, by the same rules as the GraphQL mutations.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This gateway.' }],
    security: [{ bearer: [] }],
    tags: [{ name: 'experiments', description: 'Named runs of a workflow over a dataset, scored by evaluators.' }],
    paths: {
      '/api/v2/experiments/': {
        post: operation('createExperiment', 'Create an experiment', {
          body: 'create',
          success: [201, 'Created, or already there with the same content.'],
          failures: [400, 401, 403, 409],
        }),
      },
      '/api/v2/experiments/{experiment_id}/': {
        parameters: [
          {
            name: 'experiment_id',
            in: 'path',
            required: true,
            description: 'Experiment ID returned as id in experiment responses.',
            schema: { type: 'string', minLength: 1, maxLength: 255 },
            example: exampleExperiment.id,
          },
        ],
        get: operation('getExperiment', 'Retrieve an experiment', {
          success: [200, 'The experiment.'],
          failures: [401, 403, 404],
        }),
        put: operation('replaceExperiment', 'Replace an experiment', {
          description:
            'Omitted and null fields take their documented default or are cleared; an omitted name stays. Tags are never touched.',
          body: 'replace',
          isConditional: true,
          success: [200, 'Updated experiment.'],
          failures: [400, 401, 403, 404, 412],
        }),
        patch: operation('updateExperiment', 'Update an experiment', {
          description: 'Only the fields that are present change; null clears a field that may be empty.',
          body: 'update',
          isConditional: true,
          success: [200, 'Updated experiment.'],
          failures: [400, 401, 403, 404, 409, 412],
        }),
        delete: operation('deleteExperiment', 'Delete an experiment', {
          isConditional: true,
          success: [204, 'Deleted.'],
          failures: [400, 401, 403, 404, 412],
        }),
      },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or a dashboard JWT.' },
      },
      schemas: {
        Experiment: { ...jsonSchema(experimentSchema, 'output'), examples: [exampleExperiment] },
        CreateExperiment: requestSchema('create'),
        ReplaceExperiment: requestSchema('replace'),
        UpdateExperiment: requestSchema('update'),
        Error: jsonSchema(z.object({ detail: z.string() }), 'output'),
        ValidationError: jsonSchema(
          z.object({ detail: z.string(), errors: z.record(z.string(), z.array(z.string())) }),
          'output',
        ),
      },
    },
  };
  return document;
}

interface OperationParts {
  readonly description?: string;
  readonly body?: RestOperation;
  readonly isConditional?: boolean;
  readonly success: readonly [status: number, description: string];
  readonly failures: readonly (keyof typeof refused)[];
}

const bodyNames = { create: 'CreateExperiment', replace: 'ReplaceExperiment', update: 'UpdateExperiment' } as const;

function operation(
  id: string,
  summary: string,
  { description, body, isConditional, success, failures }: OperationParts,
) {
  const [status, answered] = success;
  const refusals = [...failures, ...(body ? ([413, 415] as const) : []), 503] as const;
  const etag = { description: 'The revision, in quotes.', schema: { type: 'string' }, example: '"1"' };
  const content = {
    'application/json': { schema: { $ref: '#/components/schemas/Experiment' }, example: exampleExperiment },
  };
  return {
    operationId: id,
    summary,
    description: description ?? `${summary}.`,
    tags: ['experiments'],
    ...(isConditional && {
      parameters: [
        {
          name: 'If-Match',
          in: 'header',
          description: 'Write only when this is still the stored revision.',
          schema: { type: 'string' },
          example: '"1"',
        },
      ],
    }),
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${bodyNames[body]}` },
            example: body === 'update' ? { batch_size: 50 } : exampleBody,
          },
        },
      },
    }),
    responses: {
      [status]:
        status === 204 ? { description: answered } : { description: answered, headers: { ETag: etag }, content },
      ...Object.fromEntries(refusals.map((failure) => [failure, failureResponse(failure)])),
    },
  };
}

function failureResponse(status: keyof typeof refused) {
  const [description, schema] = refused[status];
  const example =
    status === 400
      ? { detail: 'Validation error', errors: { batch_size: ['Must be at least 1.'] } }
      : { detail: description };
  return {
    description,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` }, example } },
  };
}

function requestSchema(operation: RestOperation): object {
  const schema = jsonSchema(bodySchema(operation), 'input') as { properties: Record<string, object> };
  for (const field of inputFieldsOf[operation]) {
    const documented = operation === 'update' ? undefined : documentedDefault(field);
    if (documented !== undefined) Object.assign(schema.properties[snakeCase(field)] ?? {}, { default: documented });
  }
  return schema;
}

function documentedDefault(field: string): unknown {
  return (documentedDefaults as Record<string, unknown>)[field];
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
