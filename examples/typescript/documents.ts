import { graphql } from './gql/gql.ts';

// Caches recognize an experiment by its id, so every selection of an experiment has it.
export const experimentParts = graphql(`
  fragment ExperimentParts on Experiment {
    __typename
    id
    name
    description
    status
    progress
    batchSize
    workflow
    revision
    updatedAt
  }
`);

export const listDocument = graphql(`
  query List($first: Int!, $after: String) {
    experiments(first: $first, after: $after, orderBy: { field: CREATED_AT, direction: ASC }) {
      nodes {
        ...ExperimentParts
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const replaceDocument = graphql(`
  mutation Replace($id: ID!, $input: ReplaceExperimentInput!, $ifRevision: Int, $dryRun: Boolean! = false) {
    replaceExperiment(id: $id, input: $input, ifRevision: $ifRevision, dryRun: $dryRun) {
      __typename
      ... on ReplaceExperimentSuccess {
        experiment {
          ...ExperimentParts
        }
        changes {
          field
          before
          after
          reason
        }
        warnings {
          message
        }
      }
      ... on ExperimentPreview {
        name
        batchSize
        changes {
          field
          before
          after
          reason
        }
      }
      ... on ValidationError {
        issues {
          path
          code
          message
        }
      }
      ... on ConflictError {
        reason
        current {
          ...ExperimentParts
        }
      }
      ... on NotFoundError {
        missingId
      }
      ... on MutationError {
        message
      }
    }
  }
`);

export const deleteDocument = graphql(`
  mutation Delete($id: ID!) {
    deleteExperiment(id: $id) {
      __typename
      ... on DeleteExperimentSuccess {
        deletedExperimentId
        purgeAt
      }
      ... on MutationError {
        message
      }
    }
  }
`);

export const watchDocument = graphql(`
  subscription Watch($id: ID!) {
    experimentChanged(id: $id) {
      ...ExperimentParts
    }
  }
`);
