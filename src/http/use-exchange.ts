import type { Plugin } from 'graphql-yoga';
import type { Logger } from '../observability/logger.ts';
import type { BodyBudgets } from './body.ts';
import { type Exchange, FetchExchange } from './exchange.ts';
import type { FoundSubscription } from './node-gate.ts';
import { logRequest } from './request-log.ts';

const exchanges = new WeakMap<Request, Exchange>();

/** The exchange of a request that came by way of Yoga. */
export function findExchange(request: Request): Exchange {
  const exchange = exchanges.get(request);
  if (!exchange) throw new Error('A request without an exchange.');
  return exchange;
}

/**
 * Makes the exchange of each request, gives every answer its `x-request-id`, and the log one line. Stands first, so that
 * its clock starts first and nothing can answer past it.
 */
export function useExchange(bodies: BodyBudgets, logger: Logger): Plugin<object, Partial<FoundSubscription>> {
  return {
    onRequest({ request, serverContext }) {
      exchanges.set(request, serverContext.exchange ?? new FetchExchange(bodies, request));
    },
    onResponse({ request, response }) {
      // Yoga's CORS answers preflights before any plugin's `onRequest`.
      const exchange = exchanges.get(request) ?? new FetchExchange(bodies, request);
      exchange.end();
      response.headers.set('x-request-id', exchange.requestId);
      logRequest(logger, exchange, response.status);
    },
  };
}
