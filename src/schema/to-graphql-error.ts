import { GraphQLError } from 'graphql';
import { type Failure, failureCodes } from '../domain/failure.ts';

/** Turns an expected failure outside mutations into a top-level error, with the codes of section 5 of the contract. */
export function toGraphQLError(failure: Failure): GraphQLError {
  const { kind, message } = failure;
  const details =
    kind === 'invalid'
      ? { issues: failure.issues }
      : kind === 'forbidden'
        ? { requiredScope: failure.requiredScope }
        : {};
  return new GraphQLError(message, { extensions: { ...failureCodes[kind], ...details } });
}
