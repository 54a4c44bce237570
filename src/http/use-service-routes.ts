import type { Plugin } from 'graphql-yoga';
import { findExchange } from './use-exchange.ts';

export interface ServiceRoutesParts {
  readonly endpoint: string;
  /** Whether storage answers and no shutdown has begun. */
  readonly isReady: () => Promise<boolean>;
  /** All metrics in the text format of Prometheus. */
  readonly writeMetrics: () => Promise<string>;
}

/** The text format of Prometheus. */
const metricsType = 'text/plain; version=0.0.4; charset=utf-8';
/** The addresses for operators. */
const probes: ReadonlySet<string> = new Set(['/health', '/ready', '/metrics']);

/**
 * `/health` (the process runs), `/ready` (storage answers, and no shutdown has begun), `/metrics`, and 404 for unknown
 * addresses. It comes after all other routes but that of GraphQL, since it answers whatever they have left.
 */
export function useServiceRoutes({ endpoint, isReady, writeMetrics }: ServiceRoutesParts): Plugin {
  return {
    async onRequest({ request, fetchAPI, endResponse }) {
      // The path as it was sent: `URL` would resolve its dot segments.
      const exchange = findExchange(request);
      const { path } = exchange;
      if (path === endpoint || path === `${endpoint}/`) return;
      const write = (status: number, text: string, headers: Record<string, string>) =>
        endResponse(
          new fetchAPI.Response(request.method === 'HEAD' ? null : text, {
            status,
            headers: { 'cache-control': 'no-store', ...headers },
          }),
        );
      const answer = (status: number, body: object, headers: Record<string, string> = {}) =>
        write(status, JSON.stringify(body), { 'content-type': 'application/json; charset=utf-8', ...headers });
      const refuse = (status: 404 | 405, code: string, message: string, headers?: Record<string, string>) => {
        exchange.noteError(code);
        answer(status, { errors: [{ message, extensions: { code, status } }] }, headers);
      };

      if (!probes.has(path)) return refuse(404, 'NOT_FOUND', `There is nothing here. GraphQL is at ${endpoint}.`);
      exchange.operation = 'probe';
      exchange.operationName = path.slice(1);
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        refuse(405, 'METHOD_NOT_ALLOWED', 'Allowed here: GET, HEAD.', { allow: 'GET, HEAD' });
      } else if (path === '/health') answer(200, { status: 'ok' });
      else if (path === '/metrics') write(200, await writeMetrics(), { 'content-type': metricsType });
      else {
        const isUp = await isReady();
        answer(isUp ? 200 : 503, { status: isUp ? 'ready' : 'not ready' });
      }
    },
  };
}
