import type { Plugin } from 'graphql-yoga';
import { type Exchange, type ExchangeParts, FetchExchange } from './exchange.ts';
import type { ServerContext } from './node-gate.ts';
import { finishRequest } from './request-log.ts';

const exchanges = new WeakMap<Request, Exchange>();

/** The exchange of a request that came through Yoga. */
export function findExchange(request: Request): Exchange {
  const exchange = exchanges.get(request);
  if (!exchange) throw new Error('The request has no exchange.');
  return exchange;
}

/**
 * Creates the exchange of each request, adds `x-request-id` and the headers of the steps to every answer, counts it and
 * writes its log line. It comes first, so that its clock starts first and no answer can bypass it.
 */
export function useExchange(parts: ExchangeParts): Plugin<object, ServerContext> {
  return {
    onRequest({ request, serverContext }) {
      exchanges.set(request, serverContext.exchange ?? new FetchExchange(parts, request, serverContext.address));
    },
    onResponse({ request, response }) {
      // Yoga's CORS plugin answers preflights before our `onRequest` runs.
      const exchange = exchanges.get(request) ?? new FetchExchange(parts, request, undefined);
      exchange.end();
      response.headers.set('x-request-id', exchange.requestId);
      for (const [name, value] of Object.entries(exchange.extraHeaders ?? {})) response.headers.set(name, value);
      finishRequest(parts, exchange, response.status);
    },
  };
}
