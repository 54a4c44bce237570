import { forbidden, notFound, unauthenticated } from '../../domain/failure.ts';
import { StorageUnavailable } from '../../domain/faults.ts';
import { idempotencyKeyHeader } from './experiment-resource.ts';
import { exampleId } from './openapi-examples.ts';

type HeaderName = keyof typeof headers;

/** The refusals by status: when they occur, an example of the message, and headers beyond those of every answer. */
const refusals: Record<number, { when: string; detail: string; headers?: readonly HeaderName[] }> = {
  400: { when: 'The request or one of its fields is not valid. Nothing was written.', detail: 'Validation error' },
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
  429: {
    when: "The call exceeds the caller's quota, if the gateway has one (RATE_LIMIT), or many credentials from the same address were refused. Nothing was written.",
    detail: 'This request costs 5 points, and you have 2 of 600 left: try again in 30 s.',
    headers: ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
  },
  503: {
    when: 'Storage or the key server for dashboard tokens is not available, or the gateway has too much to do.',
    detail: new StorageUnavailable().publicMessage,
    headers: ['Retry-After'],
  },
};

/** The named headers of the document. */
export const headers = {
  ETag: { description: 'The stored revision, in quotes.', schema: { type: 'string' }, example: '"3"' },
  Location: {
    description: 'The path of the experiment.',
    schema: { type: 'string' },
    example: `/api/v2/experiments/${exampleId}/`,
  },
  RateLimit: {
    description: 'With a quota: the points left, and the seconds until they come back.',
    schema: { type: 'string' },
    example: '"default";r=42;t=30',
  },
  'RateLimit-Policy': {
    description: 'With a quota: its points, and the seconds in which they may be spent.',
    schema: { type: 'string' },
    example: '"default";q=600;w=60',
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

interface Content {
  /** The name of its schema. */
  readonly schema: string;
  readonly example: object;
}

interface OperationParts {
  readonly description?: string;
  readonly parameters?: readonly object[];
  readonly body?: Content;
  readonly isConditional?: boolean;
  readonly success: readonly [status: number, description: string, content?: Content];
  readonly failures: readonly number[];
}

/** Describes an operation. Its answer has an `ETag` when its example has a revision. */
export function describeOperation(
  id: string,
  summary: string,
  { description, parameters = [], body, isConditional, success, failures }: OperationParts,
): object {
  const refusalStatuses = [...failures, ...(body ? [413, 415] : []), 429, 503];
  const allParameters = [...parameters, ...(isConditional ? [ifMatch] : [])];
  return {
    operationId: id,
    summary,
    description: description ?? `${summary}.`,
    tags: ['experiments'],
    ...(allParameters.length > 0 && { parameters: allParameters }),
    ...(body && { requestBody: { required: true, content: describeJsonContent(body) } }),
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

export const idempotencyKey = {
  name: idempotencyKeyHeader,
  in: 'header',
  description:
    'Any text, such as a UUID. For 24 hours, the same create with the same key returns the experiment that the first one created, as it is now, and writes nothing. The key is shared with createExperiment of GraphQL.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: 'nightly-2024-06-15',
};

/** Present when calls are limited. */
const ofQuota: readonly HeaderName[] = ['RateLimit', 'RateLimit-Policy'];

function describeSuccess([status, description, content]: OperationParts['success']) {
  if (!content) return { description, headers: refToHeaders(ofQuota) };
  const { revision } = content.example as { revision?: number };
  const etag = revision !== undefined && { ETag: { ...headers.ETag, example: `"${revision}"` } };
  return {
    description,
    headers: { ...etag, ...refToHeaders(status === 201 ? ['Location', ...ofQuota] : ofQuota) },
    content: describeJsonContent(content),
  };
}

function describeRefusal(status: number) {
  const { when = '', detail = '', headers: extraHeaders = [] } = refusals[status] ?? {};
  const content =
    status === 400
      ? {
          schema: 'ValidationError',
          example: { detail, errors: { batch_size: ['batch_size: 0 is outside the range 1 to 10000.'] } },
        }
      : { schema: 'Error', example: { detail } };
  return { description: when, headers: refToHeaders(extraHeaders), content: describeJsonContent(content) };
}

function describeJsonContent({ schema, example }: Content) {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` }, example } };
}

/** References to the named headers and to `x-request-id`, which every answer has. */
function refToHeaders(names: readonly HeaderName[]) {
  return Object.fromEntries([...names, 'x-request-id'].map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
