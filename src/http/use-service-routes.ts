import type { Plugin } from 'graphql-yoga';

/**
 * `/health` (the process runs; Yoga's own check has answered the plainest form of it by now), `/ready` (storage answers,
 * and no shutdown has begun), and 404 for every address that the gateway does not have. Stands before everything that
 * costs anything.
 */
export function useServiceRoutes({ endpoint, isReady }: { endpoint: string; isReady: () => Promise<boolean> }): Plugin {
  return {
    async onRequest({ request, url, fetchAPI, endResponse }) {
      const path = url.pathname.length > 1 && url.pathname.endsWith('/') ? url.pathname.slice(0, -1) : url.pathname;
      if (path === endpoint) return;
      const answer = (status: number, body: object) => {
        const text = request.method === 'HEAD' ? null : JSON.stringify(body);
        const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
        endResponse(new fetchAPI.Response(text, { status, headers }));
      };
      if (path === '/health') answer(200, { status: 'ok' });
      else if (path === '/ready') {
        const isUp = await isReady();
        answer(isUp ? 200 : 503, { status: isUp ? 'ready' : 'not ready' });
      } else {
        const extensions = { code: 'NOT_FOUND', status: 404 };
        answer(404, { errors: [{ message: `There is nothing here. GraphQL is at ${endpoint}.`, extensions }] });
      }
    },
  };
}
