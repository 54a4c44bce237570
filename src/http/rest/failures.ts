import { GraphQLError } from 'graphql';
import type { WriteFailure } from '../../domain/experiment/write-steps.ts';
import { type ConflictReason, failureCodes, type Invalid } from '../../domain/failure.ts';
import { ServiceUnavailable } from '../../domain/faults.ts';
import type { Exchange } from '../exchange.ts';
import { toSnakeCase } from './experiment-resource.ts';
import { spellFields, toRestPath } from './warnings.ts';

/** The answer of a REST operation, before its body is written. */
export interface RestAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Whether it may be refused while other answers leave no room. A write must be answered: it has been stored. */
  readonly needsRoom?: boolean;
  /** The code of its error, for metrics and the log. */
  readonly code?: string;
}

const validationError = 'Validation error';

/**
 * Turns an expected failure into the documented answer. `ifRevision` is what the caller demanded by `If-Match`, and
 * `toSentName` finds the name by which a field of the input was sent.
 */
export function answerFailure(
  failure: WriteFailure,
  ifRevision: number | null = null,
  toSentName: (field: string) => string = toSnakeCase,
): RestAnswer {
  const { status, code } = failureCodes[failure.kind];
  switch (failure.kind) {
    case 'invalid':
      return { status, code, body: { detail: validationError, errors: groupIssues(failure, toSentName) } };
    case 'unauthenticated':
      return { status, code, headers: { 'www-authenticate': 'Bearer' }, body: { detail: failure.message } };
    case 'conflict': {
      const headers: RestAnswer['headers'] = failure.current ? { etag: `"${failure.current.revision}"` } : {};
      const { reason, message } = failure;
      return { status: findConflictStatus(reason, ifRevision), code, headers, body: { detail: message } };
    }
    case 'forbidden':
    case 'notFound':
      return { status, code, body: { detail: failure.message } };
  }
}

/** More precise than GraphQL's 409 where HTTP has a status for the reason. */
function findConflictStatus(reason: ConflictReason, ifRevision: number | null): number {
  if (reason === 'IDEMPOTENCY_KEY_REUSED') return 422;
  return reason === 'STALE_REVISION' && ifRevision !== null ? 412 : failureCodes.conflict.status;
}

/** Groups messages by documented field. */
function groupIssues({ issues }: Invalid, toSentName: (field: string) => string): Record<string, string[]> {
  const errors: Record<string, string[]> = {};
  for (const { path, message } of issues) {
    const [name] = toRestPath(path, toSentName);
    errors[name] = [...(errors[name] ?? []), spellFields(message, path, toSentName)];
  }
  return errors;
}

/** Turns anything thrown into an answer: a refusal, an unavailable service, or a fault, which is logged and masked. */
export function answerError(error: unknown, exchange: Pick<Exchange, 'requestId' | 'logFault'>): RestAnswer {
  if (error instanceof GraphQLError && typeof error.extensions.status === 'number') {
    const { status, code, http } = error.extensions as {
      status: number;
      code: string;
      http?: { headers: Record<string, string> };
    };
    const { message } = error;
    return {
      status,
      code,
      headers: { ...(status === 503 && { 'retry-after': '1' }), ...http?.headers },
      body: status === 400 ? { detail: validationError, errors: { body: [message] } } : { detail: message },
    };
  }
  exchange.logFault(error);
  if (error instanceof ServiceUnavailable) {
    const headers = { 'retry-after': '1' };
    return { status: 503, code: 'SERVICE_UNAVAILABLE', headers, body: { detail: error.publicMessage } };
  }
  const body = { detail: 'Something went wrong on our side.', request_id: exchange.requestId };
  return { status: 500, code: 'INTERNAL_SERVER_ERROR', body };
}
