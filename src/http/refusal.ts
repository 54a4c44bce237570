import { GraphQLError } from 'graphql';
import { runWithoutStacks } from './without-stacks.ts';

/** The error code for each HTTP status of a refusal. */
const codes = {
  200: 'PERSISTED_QUERY_NOT_SUPPORTED',
  400: 'BAD_USER_INPUT',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  406: 'NOT_ACCEPTABLE',
  408: 'REQUEST_TIMEOUT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
  503: 'SERVICE_UNAVAILABLE',
} as const;
export type RefusalStatus = keyof typeof codes;

/**
 * The error of a request that is refused before execution. The status applies whatever the caller accepts; the code is
 * that of the status unless a more precise one is given.
 */
export function createRefusal(
  status: RefusalStatus,
  message: string,
  headers: Record<string, string> = {},
  code: string = codes[status],
): GraphQLError {
  return runWithoutStacks(() => new GraphQLError(message, { extensions: { code, status, http: { status, headers } } }));
}
