import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { failureCodes } from '../../domain/failure.ts';
import { ServiceUnavailable } from '../../domain/faults.ts';
import { stringifyJson } from '../../domain/json/exact-json.ts';
import { errorLimits } from '../../domain/limits.ts';
import type { Exchange } from '../exchange.ts';
import { runWithoutStacks } from '../without-stacks.ts';
import { createEventStream, type EventWriter } from './event-stream.ts';
import { isStreamType, type MediaType, type StreamType } from './media-type.ts';
import { createStreamHeaders, streamFormats } from './stream-format.ts';

/** The extensions of an error that callers may see. */
const publicExtensions = ['code', 'status', 'issues', 'requiredScope', 'requestId'] as const;

interface Extensions extends Record<string, unknown> {
  readonly code?: string;
  readonly status?: number;
  readonly http?: { readonly status?: number; readonly headers?: Record<string, string> };
}

/** The result of an operation, or of one that was refused. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLError[];
}

/** A written answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * Returns an answer as the caller may see it, with the error codes of the contract (section 5). Every error of every
 * stage comes through here, so this is the one place where faults are masked and logged.
 */
export function maskErrors(answer: Answer, exchange: Exchange): Answer {
  const kept = 'data' in answer ? answer.errors : answer.errors?.slice(0, errorLimits.count);
  const errors = kept && runWithoutStacks(() => kept.map((error) => maskError(error, exchange)));
  return { ...(errors && { errors }), ...('data' in answer && { data: answer.data }) };
}

/** A stream of answers. */
export interface HttpStream {
  readonly status: 200;
  readonly headers: Record<string, string>;
  readonly body: ReadableStream<Uint8Array>;
}

/**
 * Writes an answer, `shown` as the caller sees it: stored JSON exactly as it was sent, and the resulting HTTP status.
 * With `streamType` it is written as a stream of this one answer, unless the request was refused.
 */
export function writeResponse(
  answer: Answer,
  shown: Answer,
  mediaType: MediaType,
  streamType: StreamType | undefined = isStreamType(mediaType) ? mediaType : undefined,
): HttpAnswer {
  const status = findStatus(answer, shown, mediaType);
  const body = stringifyJson(shortenErrors(shown));
  if (streamType && !isRefused(answer, status)) {
    const format = streamFormats[streamType];
    const text = `${format.opening}${format.writeEvent(body)}${format.ending}`;
    return { status: 200, headers: createStreamHeaders(format), body: text };
  }
  const headers: Record<string, string> = {
    'content-type': `${isStreamType(mediaType) ? 'application/json' : mediaType}; charset=utf-8`,
    'cache-control': 'no-store',
  };
  for (const error of answer.errors ?? []) Object.assign(headers, (error.extensions as Extensions)?.http?.headers);
  if (status === 503) headers['retry-after'] = '1';
  return { status, headers, body };
}

/** Writes the stream of a subscription that has started. */
export function writeStream(
  events: AsyncIterator<Answer>,
  streamType: StreamType,
  writer: EventWriter<Answer>,
): HttpStream {
  const format = streamFormats[streamType];
  return { status: 200, headers: createStreamHeaders(format), body: createEventStream(events, format, writer) };
}

/**
 * Whether the request was refused or our side failed, so that the answer is plain JSON even if a stream was asked for.
 */
function isRefused({ errors = [] }: Answer, status: number): boolean {
  return status >= 500 || errors.some((error) => (error.extensions as Extensions)?.http?.status !== undefined);
}

/** Shortens an answer without data to 8,000 bytes: drops locations beyond ten, then errors that no longer fit. */
function shortenErrors(shown: Answer): Answer {
  if ('data' in shown || shown.errors === undefined) return shown;
  const kept: GraphQLFormattedError[] = [];
  let size = 0;
  for (const error of shown.errors.map((each) => each.toJSON())) {
    const { locations } = error;
    const short = locations ? { ...error, locations: locations.slice(0, errorLimits.locations) } : error;
    size += Buffer.byteLength(JSON.stringify(short));
    if (kept.length > 0 && size > errorLimits.bytes) break;
    kept.push(short);
  }
  return { errors: kept as unknown as readonly GraphQLError[] };
}

/** Returns an error as the caller may see it. */
function maskError(error: GraphQLError, exchange: Exchange): GraphQLError {
  const cause = findOriginal(error);
  const { message, nodes, source, positions, path } = error;
  const toPublicError = (text: string, extensions: Record<string, unknown>) =>
    new GraphQLError(text, { nodes, source, positions, path, extensions });

  if (cause instanceof ServiceUnavailable) {
    exchange.logFault(cause);
    return toPublicError(cause.publicMessage, { code: 'SERVICE_UNAVAILABLE', status: 503 });
  }
  if (isFault(error, cause)) {
    exchange.logFault(cause);
    return toPublicError('Something went wrong on our side.', {
      code: 'INTERNAL_SERVER_ERROR',
      status: 500,
      requestId: exchange.requestId,
    });
  }
  const extensions = error.extensions as Extensions;
  if (typeof extensions.status === 'number') {
    const shown = publicExtensions.filter((name) => name in extensions).map((name) => [name, extensions[name]]);
    return toPublicError(message, Object.fromEntries(shown));
  }
  return toPublicError(shortenMessage(message), failureCodes.invalid);
}

/** Whether an error is about the document, its variables or its arguments: neither a failure of ours nor a fault. */
export function isRequestError(error: GraphQLError): boolean {
  return (error.extensions as Extensions).status === undefined && !isFault(error, findOriginal(error));
}

function findOriginal(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? findOriginal(error.originalError) : error;
}

/** Whether an error is not about the request: it is not a GraphQL error, or it has a path but no status of ours. */
function isFault(error: GraphQLError, cause: unknown): boolean {
  if (!(cause instanceof GraphQLError)) return true;
  const { status, code } = cause.extensions as Extensions;
  if (typeof status === 'number') return false;
  if (code === 'INTERNAL_SERVER_ERROR') return true;
  return error.path !== undefined && !/^(Argument|Variable) /.test(error.message);
}

function shortenMessage(message: string): string {
  return message.length > errorLimits.messageCharacters
    ? `${message.slice(0, errorLimits.messageCharacters)}…`
    : message;
}

function findStatus(answer: Answer, shown: Answer, mediaType: MediaType): number {
  const { errors = [] } = answer;
  if (errors.length === 0) return 200;
  const statuses = (shown.errors ?? []).map((error) => (error.extensions as Extensions).status ?? 400);
  if ('data' in answer) {
    // The operation was executed: 200, unless our side failed and the data is empty.
    const isEmpty = answer.data == null || Object.values(answer.data).every((value) => value === null);
    return isEmpty ? (statuses.find((status) => status >= 500) ?? 200) : 200;
  }
  // Clients that accept only application/json get 200 for a document that cannot be executed (GraphQL over HTTP,
  // section 6.4.1). A refusal has its own status, whatever its client accepts.
  const isRefusal = errors.some(({ extensions }) => (extensions as Extensions).status !== undefined);
  if (mediaType === 'application/json' && !isRefusal && statuses.every((status) => status < 500)) return 200;
  return Math.max(...statuses);
}
