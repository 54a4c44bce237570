import type { Logger } from '../observability/logger.ts';
import type { Exchange } from './exchange.ts';

/** Writes the one log line of a request. */
export function logRequest(logger: Logger, exchange: Exchange, status: number): void {
  const { requestId, method, path, start, caller } = exchange;
  const ms = Math.round((performance.now() - start) * 100) / 100;
  // Only the path: a query string may hold secrets.
  logger.logRequest({ requestId, method, path: path.slice(0, 200) || '/', status, ms, by: caller?.author.id });
}
