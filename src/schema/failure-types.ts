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
import { ExperimentType } from './experiment/type.ts';

const MutationErrorCode = builder.enumType('MutationErrorCode', {
  description: 'The kind of a failure; the same words stand in `extensions.code` of top-level errors.',
  values: {
    BAD_USER_INPUT: { description: 'The input is not valid. Nothing was written.' },
    UNAUTHENTICATED: { description: 'No valid API key or dashboard token came with the request.' },
    FORBIDDEN: { description: 'The credential lacks a scope.' },
    NOT_FOUND: { description: 'There is no such record for your organization.' },
    CONFLICT: { description: 'The record is not in the state that the request assumed.' },
  },
});

const issueDescriptions: Record<Issue['code'], string> = {
  INVALID_TYPE: 'A value of another type.',
  REQUIRED: 'Null for a field that has no empty value.',
  TOO_SHORT: 'Fewer characters than the field needs.',
  TOO_LONG: 'More characters than the field takes.',
  TOO_SMALL: "A number below the field's range.",
  TOO_BIG: "A number above the field's range.",
  TOO_MANY: 'More entries than the list takes, or more keys, objects and arrays than the field takes.',
  TOO_LARGE: 'More bytes of JSON than the field takes, or too large a filter.',
  TOO_DEEP: 'JSON that nests deeper than 32 levels.',
  INVALID_TEXT: 'Characters that storage cannot keep exactly (NUL, lone surrogates), or control characters in an id.',
  INVALID_CURSOR: 'A cursor that this list did not give out.',
  MUTUALLY_EXCLUSIVE: 'Given together with something that excludes it.',
  ID_MISMATCH: 'An `experimentId` that differs from the id of the experiment.',
};
const ValidationIssueCode = builder.enumType('ValidationIssueCode', {
  description: 'What is wrong with one value of an input.',
  values: Object.fromEntries(issueCodes.map((code) => [code, { description: issueDescriptions[code] }])) as Record<
    Issue['code'],
    { description: string }
  >,
});

const ValidationIssue = builder.objectRef<Issue>('ValidationIssue').implement({
  description: 'One thing wrong with an input.',
  fields: (t) => ({
    path: t.stringList({
      description: 'Where, starting at the argument: `["input", "batchSize"]`.',
      resolve: ({ path }) => [...path],
    }),
    code: t.field({ type: ValidationIssueCode, description: 'What, for a program.', resolve: ({ code }) => code }),
    message: t.exposeString('message', { description: 'What, for a person.' }),
  }),
});

const ConflictReason = builder.enumType('ConflictReason', {
  description: 'Why a write found the record in another state than it assumed.',
  values: {
    STALE_REVISION: { description: 'Somebody else has written since: `ifRevision` is not the stored revision.' },
    ID_TAKEN: { description: 'Another experiment has this id, with other content.' },
    INVALID_TRANSITION: { description: 'The status does not allow this step.' },
  } satisfies Record<(typeof conflictReasons)[number], { description: string }>,
});

const MutationError = builder.interfaceRef<Failure>('MutationError').implement({
  description: 'What every failure of a mutation says.',
  fields: (t) => ({
    code: t.field({
      type: MutationErrorCode,
      description: 'The kind of the failure.',
      resolve: ({ kind }) => failureCodes[kind].code,
    }),
    status: t.int({
      description: 'The HTTP status that the REST operation answers for it.',
      resolve: ({ kind }) => failureCodes[kind].status,
    }),
    message: t.exposeString('message', { description: 'What happened, for a person.' }),
  }),
});

const ValidationError = builder.objectRef<Invalid>('ValidationError').implement({
  description: 'The input is not valid; nothing was written. Every issue is named at once.',
  interfaces: [MutationError],
  fields: (t) => ({
    issues: t.field({
      type: [ValidationIssue],
      description: 'All that is wrong.',
      resolve: ({ issues }) => [...issues],
    }),
  }),
});

const AuthenticationError = builder.objectRef<Unauthenticated>('AuthenticationError').implement({
  description: 'No valid API key or dashboard token came with the request.',
  interfaces: [MutationError],
});

const PermissionError = builder.objectRef<Forbidden>('PermissionError').implement({
  description: 'The credential is valid but lacks a scope.',
  interfaces: [MutationError],
  fields: (t) => ({
    requiredScope: t.exposeString('requiredScope', { description: 'The scope that the credential would need.' }),
  }),
});

const NotFoundError = builder.objectRef<NotFound>('NotFoundError').implement({
  description: 'There is no such record for your organization.',
  interfaces: [MutationError],
  fields: (t) => ({ id: t.exposeID('id', { description: 'The id that was asked for.' }) }),
});

const ConflictError = builder.objectRef<Conflict<Experiment>>('ConflictError').implement({
  description: 'The record is not in the state that the request assumed; nothing was written.',
  interfaces: [MutationError],
  fields: (t) => ({
    reason: t.field({ type: ConflictReason, description: 'Why, for a program.', resolve: ({ reason }) => reason }),
    current: t.field({
      type: ExperimentType,
      nullable: true,
      description: 'The experiment as it stands, to decide by.',
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
 * The result union of a mutation: its success, and the failures that its operation can return. The compiler refuses a
 * list of failures that is not the operation's own.
 */
export function buildResultUnion<Success extends { kind: string }, Kinds extends readonly Failure['kind'][]>(
  mutation: string,
  success: ObjectRef<Types, Success>,
  failures: Kinds,
): UnionRef<Types, Success | Extract<Failure, { kind: Kinds[number] }>> {
  const union = builder.unionType(`${mutation}Result`, {
    description: `What ${mutation} answers: its success, or a failure that can be expected.`,
    types: [success as ObjectRef<Types, unknown>, ...failures.map((kind) => failureTypes[kind])],
    resolveType: (result) => {
      const { kind } = result as { kind: string };
      return kind in failureTypes ? failureTypes[kind as Failure['kind']] : success;
    },
  });
  return union as never;
}
