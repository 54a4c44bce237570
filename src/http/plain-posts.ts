import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { GraphQLError, type GraphQLSchema, getOperationAST } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import type { Authenticate } from '../auth/authenticate.ts';
import type { Caller } from '../domain/actor.ts';
import { type Execution, execute } from '../execution/execute.ts';
import type { Logger } from '../observability/logger.ts';
import { GatewayContext, type Services } from '../schema/context.ts';
import { boundedCache } from './bounded-cache.ts';
import type { Documents } from './documents.ts';
import { type Answer, type MediaType, mediaTypeFor, publicAnswer, writtenAnswer } from './json-answer.ts';
import { bodyLimit, jsonOf } from './json-body.ts';
import { saneRequestId } from './request-id.ts';
import { acceptsJson } from './use-json-requests.ts';
import { logRequest } from './use-request-log.ts';

export interface PlainPostParts extends Services {
  readonly endpoint: string;
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  /** Whether pages of other origins may call, which Yoga answers headers for. */
  readonly hasCors: boolean;
  /** The general way. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => unknown;
}

/** A plain request: its head has arrived. */
interface Plain {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly mediaType: MediaType;
  readonly start: number;
}

/** An operation that may be executed, and who asks for it. */
interface Executable extends Omit<Execution, 'schema' | 'contextValue'> {
  readonly caller: Caller;
}

/**
 * The short way of nearly every request: a query or mutation that a known caller POSTs as JSON. It has the same limits,
 * documents, context, execution and answer as the general way and skips what that needs for everything else: requests
 * and responses as objects of the fetch standard, and hooks. Whatever is not as plain as that goes the general way,
 * body and all, so nothing is refused here and no refusal is written twice.
 */
export function plainPosts(parts: PlainPostParts): (request: IncomingMessage, response: ServerResponse) => unknown {
  const { endpoint, schema, documents, authenticate, logger, hasCors, handle } = parts;
  const mediaTypes = boundedCache<MediaType | 'none'>();

  /** The media type of the answer to a plain request; undefined for any other. */
  function plainType({ method, url, headers }: IncomingMessage): MediaType | undefined {
    if (method !== 'POST' || url !== endpoint || (hasCors && headers.origin !== undefined)) return undefined;
    if (headers['content-type'] !== 'application/json' || headers['content-encoding'] !== undefined) return undefined;
    const length = Number(headers['content-length'] ?? 0);
    if (!(length > 0 && length <= bodyLimit)) return undefined;
    const { accept = '*/*' } = headers;
    let type = mediaTypes.get(accept);
    if (!type) {
      type = acceptsJson(accept) && !accept.includes('q=0') ? mediaTypeFor(accept) : 'none';
      mediaTypes.set(accept, type);
    }
    return type === 'none' || type === 'text/event-stream' ? undefined : type;
  }

  /** What a body asks for, when it may be executed. */
  async function executable(body: Buffer, authorization: string): Promise<Executable | undefined> {
    const { caller } = await authenticate(authorization);
    if (!caller || !isUtf8(body)) return undefined;
    try {
      const params = jsonOf(body.toString(), 'The body');
      if (!isPlain(params)) return undefined;
      const document = documents.parse(params.query);
      const operation = getOperationAST(document, params.operationName);
      if (!operation || operation.operation === 'subscription') return undefined;
      if (documents.validate(document, true).length > 0) return undefined;
      const variableValues = params.variables;
      if (documents.excess({ document, operationName: params.operationName, variableValues })) return undefined;
      return { caller, document, operation, variableValues, hideSuggestions: false };
    } catch (error) {
      if (error instanceof GraphQLError) return undefined;
      throw error;
    }
  }

  async function answer({ request, response, start, mediaType }: Plain, body: Buffer) {
    const { headers } = request;
    let result: Answer;
    let caller: Caller = null;
    try {
      const found = await executable(body, headers.authorization ?? '');
      if (!found) return response.destroyed || handle(unread(request, body), response);
      caller = found.caller;
      result = await execute({ ...found, schema, contextValue: new GatewayContext(caller, parts, neverEnds) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      result = { errors: [new GraphQLError(message, { originalError: error as Error })] };
    }
    const requestId = saneRequestId(headers['x-request-id']);
    const written = writtenAnswer(result, publicAnswer(result, requestId, logger), mediaType);
    const { status } = written;
    const bytes = Buffer.from(written.body);
    const own = { 'content-length': bytes.length, 'x-request-id': requestId };
    response.writeHead(status, { ...written.headers, ...own }).end(bytes);
    logRequest(logger, { requestId, method: 'POST', path: endpoint, status, start, caller });
  }

  return (request, response) => {
    const mediaType = plainType(request);
    if (mediaType === undefined) return handle(request, response);
    const start = performance.now();
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const [first] = chunks;
        const body = first && chunks.length === 1 ? first : Buffer.concat(chunks);
        answer({ request, response, start, mediaType }, body).catch((err: unknown) => {
          logger.error({ err }, 'fault');
          response.destroy();
        });
      })
      .on('error', () => undefined); // the sender has gone
    return undefined;
  };
}

/** A request whose body can be read once more. */
function unread({ method, url, headers, socket }: IncomingMessage, body: Buffer): IncomingMessage {
  return Object.assign(Readable.from([body]), { method, url, headers, socket }) as IncomingMessage;
}

/** Queries and mutations end by themselves. */
const neverEnds = () => () => undefined;

const plainNames: ReadonlySet<string> = new Set(['query', 'variables', 'operationName', 'extensions']);

/** Whether a body has what an operation needs, and nothing else. */
function isPlain(body: unknown): body is GraphQLParams & { query: string } {
  if (!isObject(body) || typeof body.query !== 'string') return false;
  if (!Object.keys(body).every((name) => plainNames.has(name))) return false;
  const { variables, operationName, extensions } = body;
  if (operationName != null && typeof operationName !== 'string') return false;
  return (variables == null || isObject(variables)) && (extensions == null || isObject(extensions));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
