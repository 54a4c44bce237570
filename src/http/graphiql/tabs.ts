/** A tab of GraphiQL. */
export interface Tab {
  readonly query: string;
  readonly variables: string;
}

const experimentId = 'exp_first_steps';

const workflow = [{ id: 'answer', type: 'completion', config: { model: 'gpt-4o-mini', temperature: 0.2 } }];

/** What the mutations select: what changed and became of the experiment, or why the write was refused. */
function buildSelection(success: string): string {
  return `    __typename
    ... on ${success} {
      changes { field before after reason }
      warnings { code message path }
      experiment {
        id
        name
        revision
        description
        batchSize
        concurrency
        datasetId
        evaluatorIds
        workflow
      }
    }
    ... on MutationError { code status message }
    ... on ValidationError {
      issues { path code message }
    }
    ... on ConflictError {
      reason
      current { id revision }
    }`;
}

function buildTab(comments: readonly string[], document: string, variables: object): Tab {
  const query = `${comments.map((line) => `# ${line}\n`).join('')}${document}\n`;
  return { query, variables: JSON.stringify(variables, null, 2) };
}

/**
 * The tabs of a first visit. GraphiQL names each after its operation. Each runs as it stands, any number of times. A
 * line has at most 50 characters, which an editor has room for in a window of 1280 pixels.
 */
export const tabs: readonly Tab[] = [
  buildTab(
    [
      `Creates ${experimentId} from the Variables.`,
      'Press Ctrl-Enter to run it. If no API key is in',
      'use yet, enter one above first.',
      'A second run returns the same experiment, as it',
      'is now: the idempotencyKey makes that safe.',
    ],
    `mutation Create($input: CreateExperimentInput!) {
  createExperiment(
    input: $input
    idempotencyKey: "first-steps"
  ) {
${buildSelection('CreateExperimentSuccess')}
  }
}`,
    {
      input: {
        experimentId,
        name: 'First steps',
        description: 'Which prompt answers the FAQ best?',
        datasetId: 'dataset_faq',
        workflow,
        evaluatorIds: ['accuracy'],
        batchSize: 25,
        concurrency: 5,
      },
    },
  ),
  buildTab(
    [
      'Replaces all editable fields: batchSize, which',
      'is omitted, takes its default, and description',
      'is cleared. See `changes`.',
      'A second run shows the conflict, since the',
      'revision is no longer 1. Send the current one as',
      'ifRevision to replace once more.',
    ],
    `mutation Replace(
  $id: ID!
  $input: ReplaceExperimentInput!
  $ifRevision: Int
) {
  replaceExperiment(
    id: $id
    input: $input
    ifRevision: $ifRevision
  ) {
${buildSelection('ReplaceExperimentSuccess')}
  }
}`,
    {
      id: experimentId,
      ifRevision: 1,
      input: {
        name: 'First steps, replaced',
        datasetId: 'dataset_faq',
        workflow,
        evaluatorIds: ['accuracy', 'tone'],
        concurrency: 8,
      },
    },
  ),
  buildTab(
    ['The experiments that changed last, ten per page.', 'For the next page, send `endCursor` as `after`.'],
    `query List(
  $filter: ExperimentFilter
  $after: String
) {
  experiments(
    first: 10
    after: $after
    filter: $filter
    orderBy: {
      field: UPDATED_AT
      direction: DESC
    }
  ) {
    totalCount
    nodes {
      id
      name
      status
      progress
      revision
      updatedAt
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
    { filter: { nameContains: 'first' } },
  ),
  buildTab(
    [
      'The experiment as it is, then each change, until',
      'you press Stop. To see some, run in a new tab:',
      'mutation {',
      `  startExperiment(id: "${experimentId}") {`,
      '    __typename',
      '  }',
      '  reportExperimentProgress(',
      `    id: "${experimentId}"`,
      '    progress: 40',
      '  ) {',
      '    __typename',
      '  }',
      '}',
    ],
    `subscription Watch($id: ID!) {
  experimentChanged(id: $id) {
    status
    progress
    revision
    updatedAt
  }
}`,
    { id: experimentId },
  ),
  buildTab(
    [
      'Writes nothing: batchSize must be at least 1,',
      'and the two evaluator lists cannot be combined.',
      'All issues come back at once, each with the path',
      'of its input.',
    ],
    `mutation ValidationErrors(
  $id: ID!
  $input: ReplaceExperimentInput!
) {
  replaceExperiment(id: $id, input: $input) {
${buildSelection('ReplaceExperimentSuccess')}
  }
}`,
    {
      id: experimentId,
      input: { batchSize: 0, evaluatorIds: ['accuracy'], evaluatorWorkflowIds: ['workflow_version_1'] },
    },
  ),
];
