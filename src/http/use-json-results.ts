import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { failureCodes, StorageUnavailable } from '../domain/failure.ts';
import { stringifyJson } from '../domain/json.ts';
import type { Logger } from '../observability/logger.ts';
import { refusal } from './refusal.ts';
import { requestIdOf } from './request-id.ts';

/** The most characters of a message about a document or its variables: messages may quote what was sent. */
const mostCharacters = 200;
/** The most errors that a document or its variables are refused with. */
const mostErrors = 10;

/** What may stand in the extensions of an error that a caller sees. */
const publicExtensions = ['code', 'status', 'issues', 'requiredScope', 'requestId'] as const;

interface Extensions extends Record<string, unknown> {
  readonly code?: string;
  readonly status?: number;
  readonly http?: { readonly status?: number; readonly spec?: boolean; readonly headers?: Record<string, string> };
}

/**
 * Writes the answer: JSON as its sender wrote it, errors in the words of section 5, the HTTP status that follows from
 * them. Every error of every stage comes through here, so a fault is masked and logged in this one place. Stands last,
 * behind the negotiation of the media type.
 */
export function useJsonResults(logger: Logger): Plugin {
  return {
    onResultProcess({ request, result, resultProcessor, setResult, setResultProcessor }) {
      if (Array.isArray(result)) return;
      const seen = (answer: Answer) => publicAnswer(answer, request, logger);
      const isStream = Symbol.asyncIterator in result;
      if (isStream && resultProcessor) return setResult(mapped(result, seen));
      if (!isStream && !resultProcessor) return;
      // Nobody can read this stream, and left alone it would listen for ever.
      if (isStream) void result[Symbol.asyncIterator]().return?.();
      const answer: Answer = isStream ? { errors: [noStream()] } : result;
      const mediaType = mediaTypeFor(request.headers.get('accept') ?? '*/*');
      const shown = seen(answer);
      const status = statusOf(answer, shown, mediaType);
      // Yoga writes a stream, also one of a single event; what it writes is ours. What our side failed is no stream.
      if (mediaType === 'text/event-stream' && status < 500) return setResult(shown);
      setResultProcessor((_, fetchAPI) => {
        const type = mediaType === 'text/event-stream' ? 'application/json' : mediaType;
        const headers: Record<string, string> = {
          'content-type': `${type}; charset=utf-8`,
          'cache-control': 'no-store',
        };
        for (const error of answer.errors ?? [])
          Object.assign(headers, (error.extensions as Extensions)?.http?.headers);
        if (status === 503) headers['retry-after'] = '1';
        return new fetchAPI.Response(stringifyJson(shown), { status, headers });
      }, mediaType);
    },
  };
}

/** A subscription by somebody who accepts no stream. */
function noStream(): GraphQLError {
  return refusal(406, 'A subscription is answered as a stream: accept text/event-stream.');
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLError[];
}

/** An answer as the caller sees it. Yoga's streams write it with its `stringify`. */
function publicAnswer(answer: Answer, request: Request, logger: Logger): Answer {
  const told = 'data' in answer ? answer.errors : answer.errors?.slice(0, mostErrors);
  const errors = told?.map((error) => publicError(error, request, logger));
  const shown = { ...(errors && { errors }), ...('data' in answer && { data: answer.data }) };
  return Object.defineProperty(shown, 'stringify', { value: stringifyJson });
}

function mapped<From, To>(source: AsyncIterable<From>, map: (value: From) => To): AsyncIterableIterator<To> {
  const iterator = source[Symbol.asyncIterator]();
  const mapResult = (result: IteratorResult<From>): IteratorResult<To> =>
    result.done ? { done: true, value: undefined } : { done: false, value: map(result.value) };
  return {
    next: async () => mapResult(await iterator.next()),
    return: async () => mapResult((await iterator.return?.()) ?? { done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const mediaTypes = ['application/graphql-response+json', 'application/json', 'text/event-stream'] as const;
type MediaType = (typeof mediaTypes)[number];

/** The one of our media types that an `Accept` header prefers; plain JSON when it takes anything. */
function mediaTypeFor(accept: string): MediaType {
  const entries = accept
    .toLowerCase()
    .split(',')
    .map((entry) => {
      const [type = '', ...parameters] = entry.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return { type, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight);
  const preferred = entries
    .map(({ type }) => mediaTypes.find((own) => own === type))
    .find((type) => type !== undefined);
  return preferred ?? 'application/json';
}

/** An error as the caller sees it. */
function publicError(error: GraphQLError, request: Request, logger: Logger): GraphQLError {
  const cause = originalOf(error);
  const { message, nodes, source, positions, path } = error;
  const seen = (text: string, extensions: Record<string, unknown>) =>
    new GraphQLError(text, { nodes, source, positions, path, extensions });

  if (cause instanceof StorageUnavailable) {
    logger.error({ requestId: requestIdOf(request), err: cause }, 'storage unavailable');
    return seen('Storage is not available: try again in a moment.', { code: 'SERVICE_UNAVAILABLE', status: 503 });
  }
  if (isFault(error, cause)) {
    const requestId = requestIdOf(request);
    logger.error({ requestId, err: cause }, 'fault');
    return seen('Something went wrong on our side.', { code: 'INTERNAL_SERVER_ERROR', status: 500, requestId });
  }
  const extensions = error.extensions as Extensions;
  if (typeof extensions.status === 'number') {
    const shown = publicExtensions.filter((name) => name in extensions).map((name) => [name, extensions[name]]);
    return seen(message, Object.fromEntries(shown));
  }
  return seen(shortened(message), {
    ...failureCodes.invalid,
    ...(extensions.http?.status && { status: extensions.http.status }),
  });
}

function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originalOf(error.originalError) : error;
}

/** Anything thrown that is not about the request: it has a path in the answer, or is no GraphQL error at all. */
function isFault(error: GraphQLError, cause: unknown): boolean {
  if (!(cause instanceof GraphQLError)) return true;
  const { status, code } = cause.extensions as Extensions;
  if (typeof status === 'number') return false;
  if (code === 'INTERNAL_SERVER_ERROR') return true;
  return error.path !== undefined && !/^(Argument|Variable) /.test(error.message);
}

function shortened(message: string): string {
  return message.length > mostCharacters ? `${message.slice(0, mostCharacters)}…` : message;
}

function statusOf(answer: Answer, shown: Answer, mediaType: MediaType): number {
  const { errors = [] } = answer;
  if (errors.length === 0) return 200;
  const statuses = (shown.errors ?? []).map((error) => (error.extensions as Extensions).status ?? 400);
  if ('data' in answer) {
    // Executed: 200, unless our side failed and nothing else was answered.
    const isEmpty = answer.data == null || Object.values(answer.data).every((value) => value === null);
    return isEmpty ? (statuses.find((status) => status >= 500) ?? 200) : 200;
  }
  // Documents that cannot be executed answer 200 to who accepts only plain JSON (GraphQL over HTTP, 6.4.1).
  const isBySpec = (error: GraphQLError) => {
    const { http, status } = error.extensions as Extensions;
    return status === undefined && http?.spec !== false && (http === undefined || http.spec === true);
  };
  if (mediaType === 'application/json' && errors.every(isBySpec) && statuses.every((status) => status < 500))
    return 200;
  return Math.max(...statuses);
}
