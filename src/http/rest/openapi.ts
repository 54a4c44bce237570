import { z } from 'zod';
import { documentedDefaults } from '../../domain/experiment/experiment.ts';
import { inputFieldsByOperation } from '../../domain/experiment/input-shapes.ts';
import { forbidden, notFound, unauthenticated } from '../../domain/failure.ts';
import { StorageUnavailable } from '../../domain/faults.ts';
import {
  buildBodySchema,
  experimentSchema,
  idempotencyKeyHeader,
  type RestOperation,
  toSnakeCase,
} from './experiment-resource.ts';
import { created, type ExampleExperiment, exampleBodies, exampleId, replaced, updated } from './openapi-examples.ts';

/** The refusals by status: when they occur, an example of the message, and headers beyond those of every answer. */
const refusals: Record<number, { when: string; detail: string; headers?: readonly (keyof typeof headers)[] }> = {
  400: { when: 'The body or one of its fields is not valid. Nothing was written.', detail: 'Validation error' },
  401: {
    when: 'The request has no valid API key or dashboard token.',
    detail: unauthenticated().message,
    headers: ['WWW-Authenticate'],
  },
  403: { when: 'The credential lacks a scope.', detail: forbidden('experiments:write').message },
  404: { when: 'Your organization has no such experiment.', detail: notFound(exampleId).message },
  409: {
    when: 'Another experiment has this id, or another write came first.',
    detail: 'Another experiment with different content has this id.',
    headers: ['ETag'],
  },
  412: {
    when: 'The revision in If-Match is not the stored one. Nothing was written.',
    detail: 'The experiment is now at revision 3.',
    headers: ['ETag'],
  },
  413: { when: 'The body is larger than 2 MiB.', detail: 'The body must be at most 2097152 bytes.' },
  415: { when: 'The body is not plain JSON in UTF-8.', detail: 'Send the request as application/json in UTF-8.' },
  422: {
    when: 'The Idempotency-Key was used for another call, or the experiment that it created has been deleted since. Nothing was written.',
    detail: 'This idempotency key was used for another call. Use another key, or repeat that call with the same input.',
  },
  503: {
    when: 'Storage or the key server for dashboard tokens is not available.',
    detail: new StorageUnavailable().publicMessage,
    headers: ['Retry-After'],
  },
};

const headers = {
  ETag: { description: 'The stored revision, in quotes.', schema: { type: 'string' }, example: '"3"' },
  Location: {
    description: 'The path of the experiment.',
    schema: { type: 'string' },
    example: `/api/v2/experiments/${exampleId}/`,
  },
  'Retry-After': {
    description: 'How many seconds to wait before trying again.',
    schema: { type: 'integer' },
    example: 1,
  },
  'WWW-Authenticate': { description: 'The authentication scheme.', schema: { type: 'string' }, example: 'Bearer' },
  'x-request-id': {
    description: 'The id of the request, which is also in the log: yours, if you sent a usable one.',
    schema: { type: 'string' },
    example: '01907f6c-5a0e-7cc3-9f0e-2b1d6c3f8a55',
  },
} as const;

let document: object | undefined;

/** The OpenAPI 3.1 document of the REST operations, built from the same schemas that validate them. */
export function buildOpenApiDocument(): object {
  document ??= {
    openapi: '3.1.0',
    info: {
      title: 'Experiment gateway',
      version: '2.0.0',
      description: 'The documented experiment operations. They follow the same rules as the GraphQL mutations.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This gateway.' }],
    security: [{ bearer: [] }],
    tags: [{ name: 'experiments', description: 'Named runs of a workflow over a dataset, scored by evaluators.' }],
    paths: {
      '/api/v2/experiments/': {
        post: describeOperation('createExperiment', 'Create an experiment', {
          description:
            'Create an experiment. The same create again succeeds and writes nothing: with an experiment_id as long as the content is the same, with an Idempotency-Key for 24 hours.',
          body: 'create',
          parameters: [idempotencyKey],
          success: [201, 'The experiment was created, or already existed.', created],
          failures: [400, 401, 403, 409, 422],
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
            example: exampleId,
          },
        ],
        get: describeOperation('getExperiment', 'Retrieve an experiment', {
          description: 'Retrieve an experiment. HEAD returns the same headers without a body.',
          success: [200, 'The experiment.', created],
          failures: [401, 403, 404],
        }),
        put: describeOperation('replaceExperiment', 'Replace an experiment', {
          description:
            'Replace every editable field. Omitted and null fields take their documented default or are cleared; an omitted name stays. Tags are never touched.',
          body: 'replace',
          parameters: [ifMatch],
          success: [200, 'Updated experiment.', replaced],
          failures: [400, 401, 403, 404, 409, 412],
        }),
        patch: describeOperation('updateExperiment', 'Update an experiment', {
          description:
            'Change only the fields that are present. Null clears a field that may be empty. add_tags and remove_tags change the tags without overwriting those of others; neither goes together with tags.',
          body: 'update',
          parameters: [ifMatch],
          success: [200, 'Updated experiment.', updated],
          failures: [400, 401, 403, 404, 409, 412],
        }),
        delete: describeOperation('deleteExperiment', 'Delete an experiment', {
          parameters: [ifMatch],
          success: [204, 'The experiment was deleted.'],
          failures: [400, 401, 403, 404, 412],
        }),
      },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or a dashboard JWT.' },
      },
      headers,
      schemas: {
        Experiment: { ...buildJsonSchema(experimentSchema, 'output'), examples: [created] },
        CreateExperiment: buildRequestSchema('create'),
        ReplaceExperiment: buildRequestSchema('replace'),
        UpdateExperiment: buildRequestSchema('update'),
        Error: buildJsonSchema(z.object({ detail: z.string() }), 'output'),
        ValidationError: buildJsonSchema(
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
  readonly parameters?: readonly object[];
  readonly success: readonly [status: number, description: string, example?: ExampleExperiment];
  readonly failures: readonly number[];
}

const bodyNames = { create: 'CreateExperiment', replace: 'ReplaceExperiment', update: 'UpdateExperiment' } as const;

function describeOperation(
  id: string,
  summary: string,
  { description, body, parameters, success, failures }: OperationParts,
) {
  const refusalStatuses = [...failures, ...(body ? [413, 415] : []), 503];
  return {
    operationId: id,
    summary,
    description: description ?? `${summary}.`,
    tags: ['experiments'],
    ...(parameters && { parameters }),
    ...(body && {
      requestBody: { required: true, content: describeJsonContent(bodyNames[body], exampleBodies[body]) },
    }),
    responses: {
      [success[0]]: describeSuccess(success),
      ...Object.fromEntries(refusalStatuses.map((status) => [status, describeRefusal(status)])),
    },
  };
}

/** The example is `*`, which always works: a revision would fail as soon as the experiment had another one. */
const ifMatch = {
  name: 'If-Match',
  in: 'header',
  description:
    'Write only if this is still the stored revision: the ETag of an earlier answer including its quotes, such as "3". With * any revision matches.',
  schema: { type: 'string' },
  example: '*',
};

const idempotencyKey = {
  name: idempotencyKeyHeader,
  in: 'header',
  description:
    'A text of your choice, such as a UUID. For 24 hours, the same create with the same key returns the experiment that the first one created, as it is now, and writes nothing. The key is shared with createExperiment of GraphQL.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: 'nightly-2024-06-15',
};

function describeSuccess([status, description, example]: OperationParts['success']) {
  if (!example) return { description, headers: refToHeaders([]) };
  const etag = { ...headers.ETag, example: `"${example.revision}"` };
  return {
    description,
    headers: { ETag: etag, ...refToHeaders(status === 201 ? ['Location'] : []) },
    content: describeJsonContent('Experiment', example),
  };
}

function describeRefusal(status: number) {
  const { when = '', detail = '', headers: extraHeaders = [] } = refusals[status] ?? {};
  const content =
    status === 400
      ? describeJsonContent('ValidationError', {
          detail,
          errors: { batch_size: ['batch_size: 0 is outside the range 1 to 10000.'] },
        })
      : describeJsonContent('Error', { detail });
  return { description: when, headers: refToHeaders(extraHeaders), content };
}

function describeJsonContent(schema: string, example: object) {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` }, example } };
}

/** References to the named headers and to `x-request-id`, which every answer has. */
function refToHeaders(names: readonly (keyof typeof headers)[]) {
  return Object.fromEntries([...names, 'x-request-id'].map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function buildRequestSchema(operation: RestOperation): object {
  const schema = buildJsonSchema(buildBodySchema(operation), 'input') as { properties: Record<string, object> };
  for (const field of inputFieldsByOperation[operation]) {
    const documented = operation === 'update' ? undefined : findDocumentedDefault(field);
    if (documented !== undefined) Object.assign(schema.properties[toSnakeCase(field)] ?? {}, { default: documented });
  }
  return schema;
}

function findDocumentedDefault(field: string): unknown {
  return (documentedDefaults as Record<string, unknown>)[field];
}

function buildJsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => simplify(jsonSchema, zodSchema._zod.def.type),
  });
  return rest;
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
