import type { Scope } from './actor.ts';
import type { Experiment } from './experiment/experiment.ts';
import { shorten } from './text.ts';

/** What can be wrong with one value of an input. */
export const issueCodes = [
  'INVALID_TYPE',
  'REQUIRED',
  'TOO_SHORT',
  'TOO_LONG',
  'TOO_SMALL',
  'TOO_BIG',
  'TOO_MANY',
  'TOO_LARGE',
  'TOO_DEEP',
  'INVALID_TEXT',
  'INVALID_CURSOR',
  'MUTUALLY_EXCLUSIVE',
  'ID_MISMATCH',
] as const;
export type IssueCode = (typeof issueCodes)[number];

/** One thing wrong with an input. The path starts at the argument: `["input", "batchSize"]`. */
export interface Issue {
  readonly path: readonly string[];
  readonly code: IssueCode;
  readonly message: string;
}

export const conflictReasons = ['STALE_REVISION', 'ID_TAKEN', 'INVALID_TRANSITION'] as const;
export type ConflictReason = (typeof conflictReasons)[number];

/**
 * Every failure that a caller can expect, as a value. Anything thrown instead is a fault of the gateway or of
 * what it depends on (`ServiceUnavailable`), and the caller sees no more of it than that.
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
export interface Conflict {
  readonly kind: 'conflict';
  readonly message: string;
  readonly reason: ConflictReason;
  readonly current: Experiment | null;
}

/** The word and the HTTP status that every door answers for a failure (contract, sections 2 and 5). */
export const failureCodes = {
  invalid: { code: 'BAD_USER_INPUT', status: 400 },
  unauthenticated: { code: 'UNAUTHENTICATED', status: 401 },
  forbidden: { code: 'FORBIDDEN', status: 403 },
  notFound: { code: 'NOT_FOUND', status: 404 },
  conflict: { code: 'CONFLICT', status: 409 },
} as const satisfies Record<Failure['kind'], { code: string; status: number }>;

/** The most issues that a failure names, and the most warnings of one kind (R10). */
export const maxIssues = 50;
/** The most characters of an entry of a path; the last of a longer one is an ellipsis (R10). */
const maxEntryLength = 100;
/** The most bytes of all issues as JSON: with the rest of the answer they stay within 16 KiB (contract, section 7). */
const maxIssueBytes = 15 * 1024;
/** The entries of a path that would take all of that are cut to so many characters. */
const maxEntryLengthOfLongPaths = 20;

/**
 * An input that is not valid, and why: at most 50 issues and 15 KiB of them as JSON, their paths shortened (R10). Issues
 * beyond that are left out; the message names the fields of all.
 */
export function invalid(issues: readonly Issue[]): Invalid {
  const fields = [...new Set(issues.map(({ path }) => path.slice(0, 2).join('.')))].join(', ');
  const named: Issue[] = [];
  let bytes = 0;
  for (const issue of issues) {
    if (named.length === maxIssues) break;
    const short = shortenIssue(issue);
    const size = measureIssue(short);
    if (bytes + size > maxIssueBytes) continue;
    bytes += size;
    named.push(short);
  }
  return { kind: 'invalid', message: `The input is not valid: ${shorten(fields, 5 * maxEntryLength)}.`, issues: named };
}

function shortenIssue(issue: Issue): Issue {
  const short = { ...issue, path: shortenPath(issue.path) };
  if (measureIssue(short) <= maxIssueBytes / 2) return short;
  return { ...issue, path: shortenPath(issue.path, maxEntryLengthOfLongPaths) };
}

/** A path as answers have it: entries of at most 100 characters, without halves of characters. */
export function shortenPath(path: readonly string[], length = maxEntryLength): string[] {
  return path.map((entry) => shorten(entry, length));
}

function measureIssue(issue: Issue): number {
  return Buffer.byteLength(JSON.stringify(issue)) + 1;
}

/** One message whatever was wrong with the credential: the log says which (R1). */
export function unauthenticated(): Unauthenticated {
  return { kind: 'unauthenticated', message: 'A valid API key or dashboard token is required.' };
}

export function forbidden(requiredScope: Scope): Forbidden {
  return { kind: 'forbidden', message: `This needs the scope ${requiredScope}.`, requiredScope };
}

export function notFound(id: string, message = 'There is no experiment with this id.'): NotFound {
  return { kind: 'notFound', message, id };
}

export function staleRevision(current: Experiment): Conflict {
  const message = `The experiment is at revision ${current.revision} by now.`;
  return { kind: 'conflict', message, reason: 'STALE_REVISION', current };
}

export function idTaken(current: Experiment): Conflict {
  const message = 'Another experiment has this id, with other content.';
  return { kind: 'conflict', message, reason: 'ID_TAKEN', current };
}

export function invalidTransition(message: string, current: Experiment): Conflict {
  return { kind: 'conflict', message, reason: 'INVALID_TRANSITION', current };
}

/** Something that the gateway depends on does not answer. `message` is for the log, `publicMessage` for the caller. */
export class ServiceUnavailable extends Error {
  override readonly name: string = 'ServiceUnavailable';
  readonly publicMessage: string = 'The gateway cannot answer this at the moment: try again shortly.';
}

/** Storage could not be reached, is locked, full or broken. Nothing was written. Its message is for the log alone. */
export class StorageUnavailable extends ServiceUnavailable {
  override readonly name = 'StorageUnavailable';
  override readonly publicMessage: string = 'Storage is not available: try again in a moment.';
}

/**
 * Storage failed while it committed and could not say afterwards whether the write is there: it may come back after a
 * restart. Every other `StorageUnavailable` means that nothing was written.
 */
export class OutcomeUnknown extends StorageUnavailable {
  override readonly publicMessage =
    'Storage did not confirm the write: it may or may not have been written. Read it before you try again.';
}

/** The gateway cannot start as it is configured. The message is one line for the person at the terminal. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}
