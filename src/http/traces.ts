import { AsyncLocalStorage } from 'node:async_hooks';
import { formatTraceparent, parseTraceparent, type Tracing } from '../observability/tracing.ts';
import type { Exchange } from './exchange.ts';
import type { Execution, Executor } from './graphql/executor.ts';
import type { HttpAnswer } from './graphql/response.ts';

/** The longest part of a name or path that callers chose in a span, in characters. */
const maxCharacters = 100;

/**
 * Runs a request in a span, as a part of the trace that its `traceparent` names. The answer names the span in
 * `traceresponse`. The span of a subscription ends when its stream may begin. Without tracing, only runs it.
 */
export function traceRequest<Answer extends object>(
  tracing: Tracing | undefined,
  exchange: Exchange,
  route: string,
  work: () => Promise<Answer>,
): Promise<Answer> {
  if (!tracing) return work();
  const { method, path, requestId } = exchange;
  const request = {
    name: `${method} ${route}`,
    traceparent: parseTraceparent(exchange.header('traceparent')),
    tracestate: exchange.header('tracestate'),
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'url.path': path.slice(0, maxCharacters),
      'gateway.request_id': requestId,
    },
  };
  return tracing.runRequest(
    request,
    (span) => {
      exchange.traceId = span.traceId;
      exchange.addHeaders({ traceresponse: formatTraceparent(span) });
      return work();
    },
    (answer) => {
      const status = 'status' in answer ? (answer as Pick<HttpAnswer, 'status'>).status : 200;
      const { errorCode, caller } = exchange;
      return {
        attributes: {
          'http.response.status_code': status,
          'error.type': errorCode,
          'gateway.organization': caller?.organization,
        },
        isFault: status >= 500,
      };
    },
  );
}

/** Runs an operation in a span. Its kind and name must be known. Without tracing, only runs it. */
export function traceOperation<Result>(
  tracing: Tracing | undefined,
  { operation, operationName }: Exchange,
  work: () => Promise<Result>,
): Promise<Result> {
  return tracing ? tracing.run(`${operation} ${operationName}`, {}, work) : work();
}

/** An executor whose operations run in spans. A subscription's span ends when its stream has begun. */
export function traceExecutor(tracing: Tracing, { execute, subscribe }: Executor): Executor {
  const traced =
    <Result>(run: (execution: Execution) => Result | Promise<Result>) =>
    (execution: Execution) => {
      const { operation: type, name } = execution.operation;
      const shown = name?.value.slice(0, maxCharacters);
      const attributes = { 'graphql.operation.type': type, 'graphql.operation.name': shown };
      return tracing.run(`${type} ${shown ?? 'anonymous'}`, attributes, () => run(execution));
    };
  return { execute: traced(execute), subscribe: traced(subscribe) };
}

/** Lets work that starts later, such as a stream, continue the trace of the request that is running now. */
export const continueTrace = AsyncLocalStorage.bind;
