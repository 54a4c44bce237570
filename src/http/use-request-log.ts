import type { Plugin } from 'graphql-yoga';
import type { Caller } from '../domain/actor.ts';
import type { Logger } from '../observability/logger.ts';
import { callerOf } from './caller.ts';
import { requestIdOf } from './request-id.ts';

/**
 * Gives every answer its `x-request-id`, and the log one line a request. Stands first, so that its clock starts first
 * and no other plugin can answer past it.
 */
export function useRequestLog(logger: Logger): Plugin {
  const starts = new WeakMap<Request, number>();
  return {
    onRequest({ request }) {
      starts.set(request, performance.now());
    },
    onResponse({ request, response }) {
      const requestId = requestIdOf(request);
      response.headers.set('x-request-id', requestId);
      logRequest(logger, {
        requestId,
        method: request.method,
        path: pathOf(request.url),
        status: response.status,
        start: starts.get(request),
        caller: callerOf(request),
      });
    },
  };
}

/** What the log says of a request. */
interface LoggedRequest {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** When it began, by `performance.now()`. */
  readonly start: number | undefined;
  readonly caller: Caller;
}

/** Writes the one line of a request. */
export function logRequest(logger: Logger, { start, caller, ...request }: LoggedRequest): void {
  if (!logger.isLevelEnabled('info')) return;
  const ms = start === undefined ? undefined : Math.round((performance.now() - start) * 100) / 100;
  logger.info({ ...request, ms, by: caller?.author.id }, 'request');
}

/** The path alone: a query string may hold what no log should. */
function pathOf(url: string): string {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, '').split('?', 1)[0] ?? '';
  return path.slice(0, 200) || '/';
}
