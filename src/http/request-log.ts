import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { parseTraceparent } from '../observability/tracing.ts';
import type { Exchange } from './exchange.ts';

/** The most characters of a name or path that callers chose. */
const maxCharacters = { operationName: 100, path: 200 } as const;

/** Counts a request that has been answered, and writes its one log line: at `debug` for a probe. */
export function finishRequest(
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
  exchange: Exchange,
  status: number,
): void {
  const { requestId, method, path, start, caller, operation, operationName, errorCode } = exchange;
  const milliseconds = performance.now() - start;
  metrics.countRequest({ kind: operation, name: operationName, isKnownCaller: caller !== null, status, milliseconds });
  const author = caller?.author;
  const line = {
    requestId,
    traceId: exchange.traceId ?? parseTraceparent(exchange.header('traceparent'))?.traceId,
    method,
    // Only the path: a query string may hold secrets.
    path: path.slice(0, maxCharacters.path) || '/',
    operation,
    operationName: operationName?.slice(0, maxCharacters.operationName),
    status,
    ms: Math.round(milliseconds * 100) / 100,
    errorCode,
    organization: caller?.organization,
    keyId: author?.kind === 'apiKey' ? author.id : undefined,
    subject: author?.kind === 'subject' ? author.id : undefined,
  };
  logger.logRequest(line, operation === 'probe' ? 'debug' : 'info');
}
