import type { Plugin } from 'graphql-yoga';
import type { Logger } from '../observability/logger.ts';
import { type Exchange, type ExchangeParts, FetchExchange } from './exchange.ts';
import type { PreparedSubscription } from './node-gate.ts';
import { finishRequest } from './request-log.ts';

const exchanges = new WeakMap<Request, Exchange>();

/** The exchange of a request that came through Yoga. */
export function findExchange(request: Request): Exchange {
  const exchange = exchanges.get(request);
  if (!exchange) throw new Error('The request has no exchange.');
  return exchange;
}

/**
 * Creates the exchange of each request, adds `x-request-id` to every answer, counts it and writes its log line. It comes first,
 * so that its clock starts first and no answer can bypass it.
 */
export function useExchange(
  parts: ExchangeParts & { readonly logger: Logger },
): Plugin<object, Partial<PreparedSubscription>> {
  return {
    onRequest({ request, serverContext }) {
      exchanges.set(request, serverContext.exchange ?? new FetchExchange(parts, request));
    },
    onResponse({ request, response }) {
      // Yoga's CORS plugin answers preflights before our `onRequest` runs.
      const exchange = exchanges.get(request) ?? new FetchExchange(parts, request);
      exchange.end();
      response.headers.set('x-request-id', exchange.requestId);
      finishRequest(parts, exchange, response.status);
    },
  };
}
