import type { Scope } from './actor.ts';
import { issueLimits } from './limits.ts';
import { shorten } from './text.ts';
import { type Issue, limitIssues } from './validation.ts';

export const conflictReasons = [
  'STALE_REVISION',
  'ID_TAKEN',
  'INVALID_TRANSITION',
  'STALE_ATTEMPT',
  'IDEMPOTENCY_KEY_REUSED',
] as const;
export type ConflictReason = (typeof conflictReasons)[number];

/**
 * Every failure that a caller can expect, as a value. Anything that is thrown is a fault of the gateway, or of a
 * service that it depends on (`ServiceUnavailable`), and the caller sees no details of it.
 */
export type Failure = Invalid | Unauthenticated | Forbidden | NotFound | Conflict;

export interface Invalid {
  readonly kind: 'invalid';
  readonly message: string;
  readonly issues: readonly Issue[];
}
export interface Unauthenticated {
  readonly kind: 'unauthenticated';
  readonly message: string;
}
export interface Forbidden {
  readonly kind: 'forbidden';
  readonly message: string;
  readonly requiredScope: Scope;
}
export interface NotFound {
  readonly kind: 'notFound';
  readonly message: string;
  readonly id: string;
}
/** `current` is the record as it is stored, so that the caller can decide what to do; null when it has been deleted. */
export interface Conflict<Current = unknown> {
  readonly kind: 'conflict';
  readonly message: string;
  readonly reason: ConflictReason;
  readonly current: Current | null;
}

/** The code and the HTTP status of each failure, for GraphQL and REST alike (contract, sections 2 and 5). */
export const failureCodes = {
  invalid: { code: 'BAD_USER_INPUT', status: 400 },
  unauthenticated: { code: 'UNAUTHENTICATED', status: 401 },
  forbidden: { code: 'FORBIDDEN', status: 403 },
  notFound: { code: 'NOT_FOUND', status: 404 },
  conflict: { code: 'CONFLICT', status: 409 },
} as const satisfies Record<Failure['kind'], { code: string; status: number }>;

/** An invalid input. The message names the fields of all issues; the list holds as many issues as fit (R10). */
export function invalid(issues: readonly Issue[]): Invalid {
  const fields = [...new Set(issues.map(({ path }) => path.slice(0, 2).join('.')))].join(', ');
  const message = `The input is not valid: ${shorten(fields, 5 * issueLimits.pathEntryCharacters)}.`;
  return { kind: 'invalid', message, issues: limitIssues(issues) };
}

/** The message is the same whatever is wrong with the credential; the log has the reason (R1). */
export function unauthenticated(): Unauthenticated {
  return { kind: 'unauthenticated', message: 'A valid API key or dashboard token is required.' };
}

export function forbidden(requiredScope: Scope): Forbidden {
  return { kind: 'forbidden', message: `This operation requires the scope ${requiredScope}.`, requiredScope };
}

export function notFound(id: string, message = 'There is no experiment with this id.'): NotFound {
  return { kind: 'notFound', message, id };
}

export function staleRevision<Current extends { readonly revision: number }>(current: Current): Conflict<Current> {
  const message = `The experiment is now at revision ${current.revision}.`;
  return { kind: 'conflict', message, reason: 'STALE_REVISION', current };
}

export function idTaken<Current>(current: Current): Conflict<Current> {
  const message = 'Another experiment with different content has this id.';
  return { kind: 'conflict', message, reason: 'ID_TAKEN', current };
}

/** A step named another attempt than the present one. */
export function staleAttempt<Current extends { readonly attempt: number }>(current: Current): Conflict<Current> {
  const message = `The experiment is now at attempt ${current.attempt}.`;
  return { kind: 'conflict', message, reason: 'STALE_ATTEMPT', current };
}

export function invalidTransition<Current>(message: string, current: Current): Conflict<Current> {
  return { kind: 'conflict', message, reason: 'INVALID_TRANSITION', current };
}
