import { createYoga } from 'graphql-yoga';
import type { Authenticate } from '../auth/authenticate.ts';
import type { Logger } from '../observability/logger.ts';
import { GatewayContext, type Services } from '../schema/context.ts';
import { schema } from '../schema/index.ts';

import { callerOf } from './caller.ts';
import { documentsOf } from './documents.ts';
import { plainPosts } from './plain-posts.ts';
import { streamEnds } from './stream-ends.ts';
import { useAuthentication } from './use-authentication.ts';
import { useDocumentLimits } from './use-document-limits.ts';
import { useGraphiQL } from './use-graphiql.ts';
import { useJsonRequests } from './use-json-requests.ts';
import { useJsonResults } from './use-json-results.ts';
import { useRequestLog } from './use-request-log.ts';
import { useRest } from './use-rest.ts';
import { useServiceRoutes } from './use-service-routes.ts';

export interface GatewayParts extends Services {
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
export function createGateway(parts: GatewayParts) {
  const { authenticate, logger, isReady, isProduction, corsOrigins } = parts;
  const ends = streamEnds(authenticate);
  const documents = documentsOf(schema);
  const yoga = createYoga({
    schema,
    graphqlEndpoint: endpoint,
    logging: false,
    landingPage: false,
    graphiql: false,
    multipart: false,
    maxRequestBodySize: false, // counted in json-body.ts
    maskedErrors: false, // masked in useJsonResults, where the request is known
    healthCheckEndpoint: '/health',
    cors: corsOrigins.length > 0 && corsOf(corsOrigins),
    parserAndValidationCache: false, // documents.ts keeps what it has judged
    context: ({ request }) => new GatewayContext(callerOf(request), parts, ends.of(request)),
    plugins: [
      useRequestLog(logger),
      ...(isProduction ? [] : [useGraphiQL({ endpoint })]),
      useRest(parts),
      useServiceRoutes({ endpoint, isReady }),
      useJsonRequests(),
      useAuthentication(authenticate, logger),
      useDocumentLimits({ documents, anonymousIntrospection: !isProduction }),
      useJsonResults(logger),
    ],
  });
  const handle = plainPosts({
    endpoint,
    schema,
    documents,
    ...parts,
    hasCors: corsOrigins.length > 0,
    handle: (request, response) => yoga(request, response),
  });
  return {
    /** The gateway behind a socket. */
    handle,
    /** The gateway without one. */
    fetch: (request: Request) => yoga.fetch(request),
    endStreams: () => ends.close(),
    dispose: () => yoga.dispose(),
  };
}

/** Judged here: Yoga would answer a stranger with the origin `null`, which every sandboxed page and local file has. */
function corsOf(origins: readonly string[]) {
  return (request: Request) => {
    const origin = request.headers.get('origin') ?? '';
    if (!origins.includes(origin)) return false;
    return {
      origin,
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      credentials: false,
      exposedHeaders: ['etag', 'location', 'x-request-id'],
    };
  };
}
