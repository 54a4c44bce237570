import { type GraphQLObjectType, getNamedType, isLeafType } from 'graphql';
import { schema } from '../../../src/schema/index.ts';

/** The fields of a type that need no selection. The tests' operations pick up new fields automatically. */
export function listLeaves(type: 'Experiment' | 'ExperimentRevision' | 'ExperimentPreview'): string {
  const fields = Object.values((schema.getType(type) as GraphQLObjectType).getFields());
  return fields.flatMap((field) => (isLeafType(getNamedType(field.type)) ? [field.name] : [])).join(' ');
}

/** Every field of an experiment that needs no selection. */
export const experimentFields = listLeaves('Experiment');

/** Every field of a preview that needs no selection. */
export const previewFields = listLeaves('ExperimentPreview');

const effects = 'changes { field before after reason } warnings { code message path }';
const written = `experiment { ${experimentFields} } ${effects}`;
const preview = `... on ExperimentPreview { ${previewFields} ${effects} }`;

const failures = `
  ... on MutationError { code status message }
  ... on ValidationError { issues { path code message } }
  ... on PermissionError { requiredScope }
`;
const missing = '... on NotFoundError { missingId }';
const conflict = `... on ConflictError { reason current { ${experimentFields} } }`;

/** The mutations of content, aliased as `result`, selecting everything that they can return. */
export const mutations = {
  create: `mutation ($input: CreateExperimentInput!, $dryRun: Boolean, $idempotencyKey: String) {
    result: createExperiment(input: $input, dryRun: $dryRun, idempotencyKey: $idempotencyKey) {
      __typename ... on CreateExperimentSuccess { ${written} } ${preview} ${failures} ${conflict}
    }
  }`,
  clone: `mutation (
    $id: ID!, $revision: Int, $input: CloneExperimentInput, $dryRun: Boolean, $idempotencyKey: String
  ) {
    result: cloneExperiment(
      id: $id, revision: $revision, input: $input, dryRun: $dryRun, idempotencyKey: $idempotencyKey
    ) {
      __typename ... on CloneExperimentSuccess { ${written} } ${preview} ${failures} ${missing} ${conflict}
    }
  }`,
  replace: `mutation ($id: ID!, $input: ReplaceExperimentInput!, $ifRevision: Int, $dryRun: Boolean) {
    result: replaceExperiment(id: $id, input: $input, ifRevision: $ifRevision, dryRun: $dryRun) {
      __typename ... on ReplaceExperimentSuccess { ${written} } ${preview} ${failures} ${missing} ${conflict}
    }
  }`,
  update: `mutation ($id: ID!, $input: UpdateExperimentInput!, $ifRevision: Int, $dryRun: Boolean) {
    result: updateExperiment(id: $id, input: $input, ifRevision: $ifRevision, dryRun: $dryRun) {
      __typename ... on UpdateExperimentSuccess { ${written} } ${preview} ${failures} ${missing} ${conflict}
    }
  }`,
  delete: `mutation ($id: ID!, $ifRevision: Int) {
    result: deleteExperiment(id: $id, ifRevision: $ifRevision) {
      __typename ... on DeleteExperimentSuccess { deletedExperimentId } ${failures} ${missing} ${conflict}
    }
  }`,
  restore: `mutation ($id: ID!, $revision: Int!, $ifRevision: Int, $dryRun: Boolean) {
    result: restoreExperimentRevision(id: $id, revision: $revision, ifRevision: $ifRevision, dryRun: $dryRun) {
      __typename ... on RestoreExperimentRevisionSuccess { ${written} } ${preview} ${failures} ${missing} ${conflict}
    }
  }`,
} as const;

const step = (name: string, parameters = '', given = '') => `mutation ($id: ID!${parameters}) {
  result: ${name}(id: $id${given}) {
    __typename ... on ${name.charAt(0).toUpperCase()}${name.slice(1)}Success { experiment { ${experimentFields} } }
    ${failures} ${missing} ${conflict}
  }
}`;

/** The steps of a run. */
export const steps = {
  start: step(
    'startExperiment',
    ', $leaseSeconds: Int, $ifRevision: Int',
    ', leaseSeconds: $leaseSeconds, ifRevision: $ifRevision',
  ),
  reportProgress: step(
    'reportExperimentProgress',
    ', $progress: Float!, $attempt: Int',
    ', progress: $progress, attempt: $attempt',
  ),
  complete: step('completeExperiment', ', $attempt: Int', ', attempt: $attempt'),
  fail: step(
    'failExperiment',
    ', $errorMessage: String!, $attempt: Int',
    ', errorMessage: $errorMessage, attempt: $attempt',
  ),
  cancel: step('cancelExperiment'),
  reset: step('resetExperiment'),
} as const;

const skipped = '... on SkippedRow { experimentId message }';

/** A mutation of several experiments; `row` selects everything that one of its results can be. */
const batch = (
  name: string,
  parameters: string,
  given: string,
  row: string,
) => `mutation (${parameters}, $policy: BatchPolicy) {
  result: ${name}(${given}, policy: $policy) {
    __typename ${failures}
    ... on ${name.charAt(0).toUpperCase()}${name.slice(1)}Success {
      succeeded failed results { __typename ${row} ${failures} ${missing} ${conflict} ${skipped} }
    }
  }
}`;

/** The mutations of several experiments at once. */
export const batches = {
  replace: batch(
    'replaceExperiments',
    '$items: [ReplaceExperimentItem!]!, $dryRun: Boolean',
    'items: $items, dryRun: $dryRun',
    `... on ReplaceExperimentSuccess { ${written} } ${preview}`,
  ),
  update: batch(
    'updateExperiments',
    '$ids: [ID!]!, $input: UpdateExperimentInput!, $dryRun: Boolean',
    'ids: $ids, input: $input, dryRun: $dryRun',
    `... on UpdateExperimentSuccess { ${written} } ${preview}`,
  ),
  delete: batch(
    'deleteExperiments',
    '$ids: [ID!]!',
    'ids: $ids',
    '... on DeleteExperimentSuccess { deletedExperimentId }',
  ),
  cancel: batch(
    'cancelExperiments',
    '$ids: [ID!]!',
    'ids: $ids',
    `... on CancelExperimentSuccess { experiment { ${experimentFields} } }`,
  ),
} as const;
