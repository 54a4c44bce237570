import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { graphql } from './generated/gql.ts';

/** Executes a document. A frontend needs only this besides its generated code. */
export type Execute = (request: { query: string; variables: unknown }) => Promise<{ data: unknown }>;

const replaceDocument = graphql(`
  mutation Replace($id: ID!, $input: ReplaceExperimentInput!, $dryRun: Boolean!) {
    replaceExperiment(id: $id, input: $input, dryRun: $dryRun) {
      __typename
      ... on ReplaceExperimentSuccess {
        experiment { id revision batchSize workflow }
        changes { field reason }
      }
      ... on ExperimentPreview { batchSize changes { field reason } }
      ... on ValidationError { issues { path code } }
      ... on ConflictError { reason current { revision } }
      ... on NotFoundError { missingId }
      ... on MutationError { message }
    }
  }
`);

async function call<Data, Variables>(
  execute: Execute,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) {
  const { data } = await execute({ query: print(document), variables });
  return data as Data;
}

/** Returns a text for every outcome; the compiler checks that none is missing. */
export async function replace(execute: Execute, id: string, batchSize: number, dryRun = false): Promise<string> {
  const { replaceExperiment: result } = await call(execute, replaceDocument, { id, input: { batchSize }, dryRun });
  switch (result.__typename) {
    case 'ReplaceExperimentSuccess': {
      const revision: number = result.experiment.revision;
      return `revision ${revision}: ${result.changes.map(({ field, reason }) => `${field} ${reason}`).join(', ')}`;
    }
    case 'ExperimentPreview':
      return `batchSize would be ${result.batchSize}, ${result.changes.length} change`;
    case 'ValidationError':
      return result.issues.map(({ path, code }) => `${path.join('.')} ${code}`).join(', ');
    case 'ConflictError':
      return `${result.reason} at ${result.current?.revision ?? 'no'} revision`;
    case 'NotFoundError':
      return `no ${result.missingId}`;
    case 'AuthenticationError':
    case 'PermissionError':
      return result.message;
    case 'SkippedRow':
      return 'another row of the batch failed';
  }
}

/** Must not compile without the directive: the union has no such member. */
export function misspelled(result: { __typename: 'ReplaceExperimentSuccess' }): boolean {
  // @ts-expect-error -- the generated types reject an unknown name
  return result.__typename === 'ReplaceSuccess';
}
