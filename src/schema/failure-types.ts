import type { ObjectRef, UnionRef } from '@pothos/core';
import type { Experiment } from '../domain/experiment/experiment.ts';
import {
  type Conflict,
  conflictReasons,
  type Failure,
  type Forbidden,
  failureCodes,
  type Invalid,
  type NotFound,
  type Unauthenticated,
} from '../domain/failure.ts';
import { type Issue, issueCodes } from '../domain/validation.ts';
import { builder, type Types } from './builder.ts';
import type { GatewayContext } from './context.ts';
import { ExperimentType } from './experiment/type.ts';

const MutationErrorCode = builder.enumType('MutationErrorCode', {
  description: 'The kind of failure. Top-level errors use the same codes in `extensions.code`.',
  values: {
    BAD_USER_INPUT: { description: 'The input is not valid. Nothing was written.' },
    UNAUTHENTICATED: { description: 'The request has no valid API key or dashboard token.' },
    FORBIDDEN: { description: 'The credential lacks a scope.' },
    NOT_FOUND: { description: 'Your organization has no such record.' },
    CONFLICT: { description: 'The record is not in the state that the request expected.' },
  },
});

const issueDescriptions: Record<Issue['code'], string> = {
  INVALID_TYPE: 'The value has the wrong type.',
  REQUIRED: 'The value is null, but the field cannot be empty.',
  TOO_SHORT: 'The text has fewer characters than the field requires, or the list fewer entries.',
  TOO_LONG: 'The text has more characters than the field allows.',
  TOO_SMALL: "The number is below the field's range.",
  TOO_BIG: "The number is above the field's range.",
  TOO_MANY: 'The list has more entries than it allows, or the field more keys, objects or arrays than it allows.',
  TOO_LARGE:
    'The field has more bytes of JSON than it allows, the filter is too large, or the batch would read or write too much.',
  TOO_DEEP: 'The JSON is nested deeper than 32 levels.',
  INVALID_TEXT:
    'The text has characters that storage cannot keep exactly (NUL, lone surrogates), or the id has control characters.',
  INVALID_CURSOR: 'The cursor does not come from this list.',
  MUTUALLY_EXCLUSIVE: 'The value cannot be combined with another one that was given.',
  REPEATED: 'The id occurs more than once in the batch.',
  ID_MISMATCH: 'The `experimentId` differs from the id of the experiment.',
  RESERVED: 'The id is `.`, `..`, `list` or `summary`, or begins with `dataset:`: no new experiment may have it.',
};
const ValidationIssueCode = builder.enumType('ValidationIssueCode', {
  description: 'What is wrong with one value of an input.',
  values: Object.fromEntries(issueCodes.map((code) => [code, { description: issueDescriptions[code] }])) as Record<
    Issue['code'],
    { description: string }
  >,
});

const ValidationIssue = builder.objectRef<Issue>('ValidationIssue').implement({
  description: 'A single problem with an input.',
  fields: (t) => ({
    path: t.stringList({
      description: 'Where the problem is, starting at the argument: `["input", "batchSize"]`.',
      resolve: ({ path }) => [...path],
    }),
    code: t.field({
      type: ValidationIssueCode,
      description: 'What is wrong, as a machine-readable code.',
      resolve: ({ code }) => code,
    }),
    message: t.exposeString('message', { description: 'A human-readable explanation of what is wrong.' }),
  }),
});

const ConflictReason = builder.enumType('ConflictReason', {
  description: 'Why the record was not in the state that a write expected.',
  values: {
    STALE_REVISION: { description: '`ifRevision` is not the stored revision: the experiment has changed since.' },
    ID_TAKEN: { description: 'Another experiment with different content has this id.' },
    INVALID_TRANSITION: { description: 'The status does not allow this step.' },
    STALE_ATTEMPT: { description: '`attempt` is not the present one: the experiment has been started again since.' },
    IDEMPOTENCY_KEY_REUSED: {
      description:
        'The `idempotencyKey` was used for another call in the last 24 hours, or the experiment that it created has been deleted.',
    },
  } satisfies Record<(typeof conflictReasons)[number], { description: string }>,
});

const MutationError = builder.interfaceRef<Failure>('MutationError').implement({
  description: 'The fields that every failure of a mutation has.',
  fields: (t) => ({
    code: t.field({
      type: MutationErrorCode,
      description: 'The kind of failure.',
      resolve: ({ kind }) => failureCodes[kind].code,
    }),
    status: t.int({
      description: 'The HTTP status that the REST operation returns for it.',
      resolve: ({ kind }) => failureCodes[kind].status,
    }),
    message: t.exposeString('message', { description: 'A human-readable explanation of what went wrong.' }),
  }),
});

const ValidationError = builder.objectRef<Invalid>('ValidationError').implement({
  description: 'The input is not valid, and nothing was written. All issues are reported at once.',
  interfaces: [MutationError],
  fields: (t) => ({
    issues: t.field({
      type: [ValidationIssue],
      description: 'Everything that is wrong with the input.',
      resolve: ({ issues }) => [...issues],
    }),
  }),
});

const AuthenticationError = builder.objectRef<Unauthenticated>('AuthenticationError').implement({
  description: 'The request has no valid API key or dashboard token.',
  interfaces: [MutationError],
});

const PermissionError = builder.objectRef<Forbidden>('PermissionError').implement({
  description: 'The credential is valid but lacks a scope.',
  interfaces: [MutationError],
  fields: (t) => ({
    requiredScope: t.exposeString('requiredScope', { description: 'The scope that the credential needs.' }),
  }),
});

const NotFoundError = builder.objectRef<NotFound>('NotFoundError').implement({
  description: 'Your organization has no such record.',
  interfaces: [MutationError],
  // Not `id`: client caches would take the error for the record (contract, section 2).
  fields: (t) => ({ missingId: t.exposeID('id', { description: 'The id that was not found.' }) }),
});

const ConflictError = builder.objectRef<Conflict<Experiment>>('ConflictError').implement({
  description: 'The record is not in the state that the request expected, and nothing was written.',
  interfaces: [MutationError],
  fields: (t) => ({
    reason: t.field({
      type: ConflictReason,
      description: 'The reason, as a machine-readable code.',
      resolve: ({ reason }) => reason,
    }),
    current: t.field({
      type: ExperimentType,
      nullable: true,
      description: 'The experiment as it is now, to help you decide what to do. Null when it has been deleted.',
      resolve: ({ current }) => current,
    }),
  }),
});

const failureTypes = {
  invalid: ValidationError,
  unauthenticated: AuthenticationError,
  forbidden: PermissionError,
  notFound: NotFoundError,
  conflict: ConflictError,
} as const satisfies Record<Failure['kind'], unknown>;

/**
 * Builds the result union of a mutation: its successes by their `kind`, and the failures that its operation can return.
 * The compiler rejects members that do not match the operation.
 */
export function buildResultUnion<
  Successes extends Record<string, ObjectRef<Types, { kind: string }>>,
  Kinds extends readonly Failure['kind'][],
>(
  mutation: string,
  successes: Successes,
  failures: Kinds,
): UnionRef<Types, Successes[keyof Successes]['$inferType'] | Extract<Failure, { kind: Kinds[number] }>> {
  const members: Readonly<Record<string, { readonly name: string }>> = { ...successes, ...failureTypes };
  return builder.unionType(`${mutation}Result`, {
    description: `The result of ${mutation}: its success${'previewed' in successes ? ', its preview' : ''}, or an expected failure.`,
    types: [...Object.values(successes), ...failures.map((kind) => failureTypes[kind])],
    resolveType: (result, context, { path }) => {
      // Every result of a mutation passes here once. A row of a batch is noted with its batch, selected or not.
      if (path.prev === undefined) noteFailures(result, context);
      return members[result.kind]?.name;
    },
  });
}

/** A result: of a batch with its rows, and of a row with the fault that prevented its write. */
interface Result {
  readonly kind: string;
  readonly results?: readonly Result[];
  readonly fault?: unknown;
}

function noteFailures({ kind, results = [], fault }: Result, context: GatewayContext): void {
  if (isFailureKind(kind)) context.noteError(failureCodes[kind].code);
  if (fault !== undefined) context.noteFault(fault);
  for (const row of results) noteFailures(row, context);
}

function isFailureKind(kind: string): kind is Failure['kind'] {
  return kind in failureCodes;
}
