const apiKeyHeaders = JSON.stringify({ Authorization: 'Bearer <paste your API key here>' }, null, 2);

const experimentId = 'exp_first_steps';

const workflow = [{ id: 'answer', type: 'completion', config: { model: 'gpt-4o-mini', temperature: 0.2 } }];

/** What all three operations select: the experiment with its changes and warnings, or why the write was refused. */
function buildSelection(success: string): string {
  return `    __typename
    ... on ${success} {
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
      changes { field before after reason }
      warnings { code message path }
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

function buildReplaceOperation(name: string, comments: string[]): string {
  return `${comments.map((line) => `# ${line}\n`).join('')}mutation ${name}($id: ID!, $input: ReplaceExperimentInput!) {
  replaceExperiment(id: $id, input: $input) {
${buildSelection('ReplaceExperimentSuccess')}
  }
}
`;
}

/** The tabs of a first visit, as GraphiQL expects them. It names each tab after its operation. */
const tabs = [
  {
    query: `# Creates ${experimentId} from the Variables below.
# Put your API key into Headers, then press Ctrl-Enter.
# A second run succeeds again and writes nothing.
mutation Create($input: CreateExperimentInput!) {
  createExperiment(input: $input) {
${buildSelection('CreateExperimentSuccess')}
  }
}
`,
    variables: {
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
  },
  {
    query: buildReplaceOperation('Replace', [
      `Replaces every editable field of ${experimentId}.`,
      'Omitted, batchSize returns to 100 and description is',
      'cleared: see `changes`. Each tab has its own Headers.',
    ]),
    variables: {
      id: experimentId,
      input: {
        name: 'First steps, replaced',
        datasetId: 'dataset_faq',
        workflow,
        evaluatorIds: ['accuracy', 'tone'],
        concurrency: 8,
      },
    },
  },
  {
    query: buildReplaceOperation('AValidationError', [
      'Writes nothing: batchSize must be at least 1, and the',
      'two evaluator lists exclude each other. All issues',
      'come back at once, each with the path of its input.',
    ]),
    variables: {
      id: experimentId,
      input: { batchSize: 0, evaluatorIds: ['accuracy'], evaluatorWorkflowIds: ['workflow_version_1'] },
    },
  },
].map(({ query, variables }) => ({ query, variables: JSON.stringify(variables, null, 2), headers: apiKeyHeaders }));

/**
 * The script that starts GraphiQL in the browser, after GraphiQL's own.
 *
 * @param workers - the address of each of monaco's workers, by monaco's label for it
 */
export function buildBootScript(endpoint: string, workers: Record<string, string>): string {
  const options = {
    endpoint,
    title: 'Experiment gateway',
    defaultTabs: tabs,
    headers: apiKeyHeaders, // for tabs without their own
    defaultEditorToolsVisibility: 'headers',
    shouldPersistHeaders: true, // only shows the setting; its initial value is set below
  };
  return `(() => {
  const options = ${JSON.stringify(options)};
  const workers = ${JSON.stringify(workers)};
  self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_moduleId, label) => workers[label] };

  const stored = (key) => localStorage.getItem('graphiql:' + key);
  const store = (key, value) => localStorage.setItem('graphiql:' + key, value);
  // GraphiQL fills the editors of the open tab from these two, not from defaultTabs. Without them the first visit shows
  // no variables, and the next load adds an empty fourth tab.
  if (stored('tabState') === null) {
    store('query', options.defaultTabs[0].query);
    store('variables', options.defaultTabs[0].variables);
  }
  // API keys stay out of the browser's storage until the user ticks the box.
  if (stored('shouldPersistHeaders') === null) store('shouldPersistHeaders', 'false');

  // Yoga's build would copy each edit into ?query=, which makes a reload a GraphQL request instead of this page.
  options.onEditQuery = () => {};
  YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), options);
})();
`;
}

const favicon =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path d='M6 2h4M7 2v4L3 13.5h10L9 6V2' fill='none' stroke='%23d60690' stroke-width='1.5' stroke-linejoin='round'/></svg>";

/**
 * GraphiQL's animation leaves a stale offset on its tabs. Without this rule a tab jumps away from the pointer at the
 * first press, and the click is lost.
 */
const tabStyle = '.graphiql-tab { transform: none !important }';

/** The page itself. It is small because browsers drop it from their cache at every POST to its address. */
export function renderGraphiQLPage(addresses: { stylesheet: string; scripts: string[] }): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Experiment gateway</title>
    <link rel="icon" href="${favicon}">
    <link rel="stylesheet" href="${addresses.stylesheet}">
    <style>${tabStyle}</style>
    ${addresses.scripts.map((address) => `<script defer src="${address}"></script>`).join('\n    ')}
  </head>
  <body class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root">Loading GraphiQL…</div>
  </body>
</html>
`;
}
