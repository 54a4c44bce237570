import { createYoga } from 'graphql-yoga';
import type { Authenticate } from '../auth/authenticate.ts';
import { answerLimits, bodyLimits } from '../domain/limits.ts';
import type { RateLimiter } from '../domain/rate-limit.ts';
import type { Services } from '../domain/services.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Readings } from '../observability/prometheus.ts';
import type { Tracing } from '../observability/tracing.ts';
import { schema } from '../schema/index.ts';
import { createBodyBudgets } from './body.ts';
import { useGraphiQL } from './graphiql/use-graphiql.ts';
import { createAnswerRoom } from './graphql/answer-room.ts';
import { createDocumentCache } from './graphql/document-cache.ts';
import type { Executor } from './graphql/executor.ts';
import { createOperationHandler, type OperationHandler } from './graphql/operation.ts';
import { createDocumentSelector, findInvalidOperations } from './graphql/persisted-operations.ts';
import { createSubscriptionLifetimes } from './graphql/subscription-lifetimes.ts';
import { useOperations } from './graphql/use-operations.ts';
import { maskFaults } from './mask-faults.ts';
import { createNodeGate, type ServerContext } from './node-gate.ts';
import { createAdmission, type Load } from './overload.ts';
import { usePage } from './page/use-page.ts';
import { useRest } from './rest/use-rest.ts';
import { traceExecutor, traceRequest } from './traces.ts';
import { useExchange } from './use-exchange.ts';
import { useServiceRoutes } from './use-service-routes.ts';

export interface GatewayParts extends Services {
  readonly authenticate: Authenticate;
  readonly executor: Executor;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What `/metrics` shows of the parts outside. */
  readonly readings: Pick<Readings, 'eventLoopDelay' | 'countConnections' | 'countWaitingWrites'>;
  readonly tracing: Tracing | undefined;
  /** Whether storage answers and no shutdown has begun. */
  readonly isReady: () => Promise<boolean>;
  /** How many bytes of answers wait for their readers. */
  readonly pendingBytes: () => number;
  readonly load: Load;
  /** Undefined when calls are not limited. */
  readonly rateLimiter: RateLimiter | undefined;
  readonly isProduction: boolean;
  /** Whether the page at `/` is served. */
  readonly hasPage: boolean;
  readonly trashDays: number;
  /** The documents of the only operations that may be executed, by their hash; undefined when all may. */
  readonly persistedOperations: ReadonlyMap<string, string> | undefined;
  /** Other origins whose pages may call the gateway. */
  readonly corsOrigins: readonly string[];
}

const endpoint = '/graphql';
/** Yoga's health check runs before our list of plugins. No URL ends in a space, so at this address it never answers. */
const noAddress = ' ';

/**
 * Builds the gateway. A request passes the plugins from top to bottom; each plugin documents why it has its position.
 */
export function createGateway(parts: GatewayParts) {
  const { authenticate, executor, logger, metrics, tracing, isReady, isProduction, persistedOperations, corsOrigins } =
    parts;
  const lifetimes = createSubscriptionLifetimes(authenticate);
  const bodies = createBodyBudgets();
  const answerRoom = createAnswerRoom(parts.pendingBytes);
  const documents = createDocumentCache(schema);
  const admit = createAdmission(parts.load, authenticate.recallOrganization, metrics);
  const invalid = persistedOperations ? findInvalidOperations(persistedOperations, documents) : [];
  if (invalid.length > 0)
    logger.warn({ count: invalid.length, hashes: invalid.slice(0, 10) }, 'some persisted operations are not valid');
  const gateCounts = { node: 0, fetch: 0 };
  const answerOperation = createOperationHandler({
    ...parts,
    executor: tracing ? traceExecutor(tracing, executor) : executor,
    schema,
    documents,
    selectDocument: createDocumentSelector(persistedOperations),
    answerRoom,
    admit,
    gateCounts,
    lifetimes,
  });
  const handleOperation: OperationHandler = (exchange) =>
    traceRequest(tracing, exchange, endpoint, () => answerOperation(exchange));
  const writeMetrics = createMetricsWriter(metrics, {
    ...parts.readings,
    listBudgets: () => [
      { name: 'bodies', used: bodies.known.countUsed(), limit: bodyLimits.all },
      { name: 'bodies of unknown callers', used: bodies.unknown.countUsed(), limit: bodyLimits.allOfUnknownCallers },
      { name: 'answers', used: answerRoom.countUsed(), limit: answerLimits.all },
    ],
    countSubscriptions: () => lifetimes.countOpen(),
    countByGate: () => gateCounts,
  });
  const yoga = createYoga<ServerContext>({
    schema,
    graphqlEndpoint: endpoint,
    logging: false,
    landingPage: false,
    graphiql: false,
    multipart: false,
    maxRequestBodySize: false, // counted in body.ts
    maskedErrors: false, // masked in graphql/response.ts, which knows the request
    healthCheckEndpoint: noAddress,
    cors: corsOrigins.length > 0 && toCorsOptions(corsOrigins),
    parserAndValidationCache: false, // graphql/document-cache.ts caches valid documents
    plugins: [
      useExchange({ bodies, metrics, logger }),
      // GraphiQL sends its own documents.
      ...(isProduction || persistedOperations ? [] : [useGraphiQL({ endpoint })]),
      ...(parts.hasPage ? [usePage({ hasGraphiQL: !isProduction, trashDays: parts.trashDays })] : []),
      useRest({ ...parts, answerRoom, admit }),
      useServiceRoutes({ endpoint, isReady, writeMetrics }),
      useOperations(endpoint, handleOperation),
    ].map(maskFaults),
  });
  const handle = createNodeGate({
    endpoint,
    handleOperation,
    bodies,
    metrics,
    logger,
    hasCors: corsOrigins.length > 0,
    handle: (request, response, prepared) =>
      yoga(request, response, { ...prepared, address: request.socket.remoteAddress }),
  });
  return {
    /** Answers requests from a socket. */
    handle,
    /** Answers fetch requests, without a socket. */
    fetch: (request: Request) => yoga.fetch(request),
    gateCounts,
    endStreams: () => lifetimes.close(),
    dispose: () => yoga.dispose(),
  };
}

/** Creates what writes `/metrics`. It is loaded when it is first asked for. */
function createMetricsWriter(metrics: Metrics, readings: Readings): () => Promise<string> {
  let loading: Promise<() => Promise<string>> | undefined;
  return async () => {
    loading ??= load();
    return (await loading)();
  };
  async function load() {
    const { createExposition } = await import('../observability/prometheus.ts');
    return createExposition(metrics, readings);
  }
}

/**
 * The origin is checked here, because Yoga would send unknown origins `Access-Control-Allow-Origin: null`, and `null`
 * is the origin of every sandboxed page and local file.
 */
function toCorsOptions(origins: readonly string[]) {
  return (request: Request) => {
    const origin = request.headers.get('origin') ?? '';
    if (!origins.includes(origin)) return false;
    return {
      origin,
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      credentials: false,
      exposedHeaders: [
        'etag',
        'location',
        'ratelimit',
        'ratelimit-policy',
        'retry-after',
        'traceresponse',
        'x-request-id',
      ],
    };
  };
}
