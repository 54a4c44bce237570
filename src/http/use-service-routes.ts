import type { Plugin } from 'graphql-yoga';
import { findExchange } from './use-exchange.ts';

/**
 * `/health` (the process runs), `/ready` (storage answers, and no shutdown has begun), and 404 for unknown addresses.
 * It comes before everything that costs anything.
 */
export function useServiceRoutes({ endpoint, isReady }: { endpoint: string; isReady: () => Promise<boolean> }): Plugin {
  return {
    async onRequest({ request, fetchAPI, endResponse }) {
      // The path as it was sent: `URL` would resolve its dot segments.
      const { path } = findExchange(request);
      if (path === endpoint || path === `${endpoint}/`) return;
      const answer = (status: number, body: object, extraHeaders: Record<string, string> = {}) => {
        const text = request.method === 'HEAD' ? null : JSON.stringify(body);
        const type = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
        const headers = { ...type, ...extraHeaders };
        endResponse(new fetchAPI.Response(text, { status, headers }));
      };
      const refuse = (status: 404 | 405, code: string, message: string, headers?: Record<string, string>) =>
        answer(status, { errors: [{ message, extensions: { code, status } }] }, headers);

      if (path !== '/health' && path !== '/ready') {
        refuse(404, 'NOT_FOUND', `There is nothing here. GraphQL is at ${endpoint}.`);
      } else if (request.method !== 'GET' && request.method !== 'HEAD') {
        refuse(405, 'METHOD_NOT_ALLOWED', 'Allowed here: GET, HEAD.', { allow: 'GET, HEAD' });
      } else if (path === '/health') answer(200, { status: 'ok' });
      else {
        const isUp = await isReady();
        answer(isUp ? 200 : 503, { status: isUp ? 'ready' : 'not ready' });
      }
    },
  };
}
