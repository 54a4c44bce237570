// What the page asks the gateway.

import { contentFields } from './fields.js';

const listed = `id name status progress datasetId datasetName revision runRevision attempt createdAt updatedAt startedAt
  completedAt leaseExpiresAt isStalled errorMessage deletedAt purgeAt`;

const opened = `${listed} ${contentFields.join(' ')} tags clonedFromId clonedFromRevision`;

const changes = 'changes { field before after reason }';
const effects = `${changes} warnings { code message path }`;

const revisions = `revisions(first: $first, after: $after) {
  nodes { revision createdAt authorKind authorId authorName ${changes} } pageInfo { hasNextPage endCursor }
}`;

const failures = `... on MutationError { code message }
  ... on ValidationError { issues { path code message } }
  ... on ConflictError { reason current { ${opened} } }`;

export const documents = {
  viewer: 'query Viewer { viewer { organization scopes } }',
  list: `query List($first: Int, $after: String, $filter: ExperimentFilter, $orderBy: ExperimentOrder, $counted: ExperimentFilter) {
    experiments(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      nodes { ${listed} } pageInfo { hasNextPage endCursor } changesCursor
    }
    experimentCounts(filter: $counted) { status count }
  }`,
  more: `query More($first: Int, $after: String, $filter: ExperimentFilter, $orderBy: ExperimentOrder) {
    experiments(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      nodes { ${listed} } pageInfo { hasNextPage endCursor }
    }
  }`,
  counts: 'query Counts($counted: ExperimentFilter) { experimentCounts(filter: $counted) { status count } }',
  changes: `subscription Changes($filter: ExperimentFilter, $since: String) {
    experimentsChanged(filter: $filter, since: $since) { cursor kind experimentId experiment { ${listed} } }
  }`,
  open: `query Open($id: ID!) { experiment(id: $id) { ${opened} } }`,
  openTrashed: `query OpenTrashed($id: ID!) {
    experiments(first: 1, filter: { ids: [$id], deleted: true }) { nodes { ${opened} } }
  }`,
  history: `query History($id: ID!, $first: Int, $after: String) {
    experiment(id: $id) { ${revisions} }
  }`,
  historyTrashed: `query HistoryTrashed($id: ID!, $first: Int, $after: String) {
    experiments(first: 1, filter: { ids: [$id], deleted: true }) { nodes { ${revisions} } }
  }`,
  replace: `mutation Replace($id: ID!, $input: ReplaceExperimentInput!, $ifRevision: Int, $dryRun: Boolean) {
    result: replaceExperiment(id: $id, input: $input, ifRevision: $ifRevision, dryRun: $dryRun) {
      __typename
      ... on ReplaceExperimentSuccess { experiment { ${opened} } ${effects} }
      ... on ExperimentPreview { ${effects} }
      ${failures}
    }
  }`,
  setTags: `mutation SetTags($id: ID!, $tags: [JSONObject!], $ifRevision: Int) {
    result: updateExperiment(id: $id, input: { tags: $tags }, ifRevision: $ifRevision) {
      __typename
      ... on UpdateExperimentSuccess { experiment { ${opened} } ${effects} }
      ${failures}
    }
  }`,
  restoreRevision: `mutation RestoreRevision($id: ID!, $revision: Int!, $ifRevision: Int, $dryRun: Boolean) {
    result: restoreExperimentRevision(id: $id, revision: $revision, ifRevision: $ifRevision, dryRun: $dryRun) {
      __typename
      ... on RestoreExperimentRevisionSuccess { experiment { ${opened} } ${effects} }
      ... on ExperimentPreview { ${effects} }
      ${failures}
    }
  }`,
  trash: `mutation Trash($id: ID!, $ifRevision: Int) {
    result: deleteExperiment(id: $id, ifRevision: $ifRevision) {
      __typename
      ... on DeleteExperimentSuccess { purgeAt }
      ${failures}
    }
  }`,
  restore: `mutation Restore($id: ID!) {
    result: restoreExperiment(id: $id) {
      __typename
      ... on RestoreExperimentSuccess { experiment { ${opened} } }
      ... on MutationError { code message }
    }
  }`,
};
