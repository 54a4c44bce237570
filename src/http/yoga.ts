import { createYoga } from 'graphql-yoga';
import type { Authenticate } from '../auth/authenticate.ts';
import type { ExperimentOperations } from '../domain/experiment/operations.ts';
import type { Logger } from '../observability/logger.ts';
import { GatewayContext } from '../schema/context.ts';
import { schema } from '../schema/index.ts';
import { boundedCache } from './bounded-cache.ts';
import { callerOf } from './caller.ts';
import { useAuthentication } from './use-authentication.ts';
import { useDocumentLimits } from './use-document-limits.ts';
import { useGraphiQL } from './use-graphiql.ts';
import { useJsonRequests } from './use-json-requests.ts';
import { useJsonResults } from './use-json-results.ts';
import { useRequestLog } from './use-request-log.ts';
import { useServiceRoutes } from './use-service-routes.ts';

export interface GatewayParts {
  readonly experiments: ExperimentOperations;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  /** Whether storage answers and no shutdown has begun. */
  readonly isReady: () => Promise<boolean>;
  readonly isProduction: boolean;
  /** Other origins whose pages may call the gateway. */
  readonly corsOrigins: readonly string[];
}

const endpoint = '/graphql';

/** The request's way through the gateway, from top to bottom. Each plugin says why it stands where it stands. */
export function createGateway({ experiments, authenticate, logger, isReady, isProduction, corsOrigins }: GatewayParts) {
  return createYoga({
    schema,
    graphqlEndpoint: endpoint,
    logging: false,
    landingPage: false,
    graphiql: false,
    multipart: false,
    maxRequestBodySize: false, // counted in useJsonRequests
    maskedErrors: false, // masked in useJsonResults, where the request is known
    healthCheckEndpoint: '/health',
    cors: corsOrigins.length > 0 && corsOf(corsOrigins),
    parserAndValidationCache: { documentCache: boundedCache(), errorCache: boundedCache() },
    context: ({ request }) => new GatewayContext(callerOf(request), experiments),
    plugins: [
      useRequestLog(logger),
      ...(isProduction ? [] : [useGraphiQL({ endpoint })]),
      useServiceRoutes({ endpoint, isReady }),
      useJsonRequests(),
      useAuthentication(authenticate, logger),
      useDocumentLimits({ anonymousIntrospection: !isProduction }),
      useJsonResults(logger),
    ],
  });
}
export type Gateway = ReturnType<typeof createGateway>;

/** Judged here: Yoga would answer a stranger with the origin `null`, which every sandboxed page and local file has. */
function corsOf(origins: readonly string[]) {
  return (request: Request) => {
    const origin = request.headers.get('origin') ?? '';
    if (!origins.includes(origin)) return false;
    return { origin, methods: ['GET', 'POST', 'OPTIONS'], credentials: false, exposedHeaders: ['x-request-id'] };
  };
}
