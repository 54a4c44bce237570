import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ExchangeParts, NodeExchange } from './exchange.ts';
import type { OperationHandler, Subscription } from './graphql/operation.ts';
import { finishRequest } from './request-log.ts';

export interface NodeGateParts extends ExchangeParts {
  readonly endpoint: string;
  readonly handleOperation: OperationHandler;
  /** Whether pages of other origins may call. Yoga writes the CORS headers for them. */
  readonly hasCors: boolean;
  /** The other gate. Given a prepared subscription, it only has to write its stream. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, prepared?: PreparedSubscription) => unknown;
}

/** A subscription that this gate has prepared, with its exchange. */
export interface PreparedSubscription {
  readonly exchange: NodeExchange;
  readonly subscription: Subscription;
}

/** What Yoga's plugins know of a request that came over a socket. */
export interface ServerContext extends Partial<PreparedSubscription> {
  readonly address?: string | undefined;
}

/**
 * The gate of nearly every operation: a POST to the endpoint, without the cost of fetch's request and response objects.
 * Like the other gate, it translates and decides nothing.
 */
export function createNodeGate(parts: NodeGateParts): (request: IncomingMessage, response: ServerResponse) => unknown {
  const { endpoint, handleOperation, hasCors, handle } = parts;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const exchange = new NodeExchange(parts, request);
    let answer: Awaited<ReturnType<OperationHandler>>;
    try {
      answer = await handleOperation(exchange);
    } finally {
      exchange.end();
    }
    if ('kind' in answer) return handle(request, response, { exchange, subscription: answer });
    const { status, headers, body } = answer;
    const length = Buffer.byteLength(body);
    headers['content-length'] = String(length);
    headers['x-request-id'] = exchange.requestId;
    Object.assign(headers, exchange.extraHeaders);
    // A string body leaves in one piece with the head, and ASCII is copied instead of encoded.
    response.writeHead(status, headers).end(body, length === body.length ? 'latin1' : 'utf8');
    finishRequest(parts, exchange, status);
    return undefined;
  }

  return (request, response) => {
    const isPlain = request.method === 'POST' && request.url === endpoint;
    if (!isPlain || (hasCors && request.headers.origin !== undefined)) return handle(request, response);
    return answer(request, response);
  };
}
