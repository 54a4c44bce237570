import { type Attack, answered, each, graphql, post, rest } from '../attack.ts';

const update =
  'mutation ($input: UpdateExperimentInput!) { updateExperiment(id: "exp_victim", input: $input, dryRun: true) { __typename ... on ValidationError { issues { path code message } } } }';
export const withInput = (input: string) => post(`{"query":${JSON.stringify(update)},"variables":{"input":${input}}}`);
const invalid = answered(/"ValidationError"/);
/** Texts that storage cannot keep (R16), as JSON. */
const unstorable: Record<string, string> = {
  NUL: '"a\\u0000b"',
  'a high surrogate': '"\\ud800"',
  'a low surrogate': '"\\udc00x"',
  'a reversed pair': '"\\udc00\\ud800"',
};
const controls = 'a\u0001\u001b[31m\u007f\u0085\u009b';
const hostile = {
  SQL: `'; DROP TABLE "experiments"; --`,
  'SQL of PostgreSQL': `$$; SELECT pg_sleep(10); $$`,
  'a wildcard': '%_%\\%',
  'many wildcards': '%_'.repeat(120),
  JSON: '"}],"a":[{"',
  'a template': '${7*7}{{7*7}}<%= 7*7 %>#{7*7}',
  markup: '<img src=x onerror=alert(1)>',
  'a lookup': '${jndi:ldap://127.0.0.1/x}',
  'a path': '../../../../etc/passwd',
  'a format': '%s%n%x%d'.repeat(20),
  'a shell': '$(reboot) `reboot` | reboot',
  'bidirectional marks': '\u202e\u2066abc\u2069\u202c',
  'line separators': 'a\u2028b\u2029c',
  'combining marks': `a${'\u0300'.repeat(200)}`,
  'a ligature that grows': '\ufdfa'.repeat(200),
  'case that grows': '\u0390'.repeat(200),
  'emoji in sequence': '👨‍👩‍👧‍👦'.repeat(20),
};

/** Texts that storage, a log, a terminal or another language would take for something else. */
export const texts: readonly Attack[] = [
  {
    name: 'text that storage cannot keep, in a field',
    safe: invalid,
    shapes: {
      ...each(unstorable, (text) =>
        withInput(`{"name":${text},"description":${text},"datasetId":${text},"generationMethod":${text}}`),
      ),
      ids: withInput(`{"evaluatorIds":[${Object.values(unstorable).join()}]}`),
    },
  },
  {
    name: 'text that storage cannot keep, in workflow and tags',
    safe: invalid,
    shapes: {
      ...each(unstorable, (text) => withInput(`{"workflow":[{"a":{"b":[${text}]}}],"tags":[{${text}:1}]}`)),
      'a thousand of them': () => withInput(`{"workflow":[{"a":[${Array(1_000).fill('"\\u0000"').join()}]}]}`),
      'as keys': withInput('{"workflow":[{"\\u0000":{"\\ud800":1}}]}'),
      'as literals': graphql(
        'mutation { updateExperiment(id: "exp_victim", dryRun: true, input: {workflow: [{a: "\\u0000"}], tags: [{b: "\\u0000"}]}) { __typename } }',
      ),
    },
  },
  {
    name: 'text that storage cannot keep, in an id',
    safe: { status: [200], hides: /Victim/ },
    shapes: {
      ...each(unstorable, (text) =>
        post(
          `{"query":"query ($id: ID!) { experiment(id: $id) { name } node(id: $id) { id } }","variables":{"id":${text}}}`,
        ),
      ),
      literal: graphql('{ experiment(id: "\\u0000") { id } }'),
      mutations: graphql(
        'mutation { a: cancelExperiment(id: "\\u0000") { __typename } b: startExperiment(id: "\\u0000x") { __typename } c: restoreExperiment(id: "\\u0000") { __typename } d: cloneExperiment(id: "\\u0000") { __typename } e: deleteExperiment(id: "\\u0000", permanently: true) { __typename } f: failExperiment(id: "\\u0000", errorMessage: "x") { __typename } g: restoreExperimentRevision(id: "\\u0000", revision: 1) { __typename } h: reportExperimentProgress(id: "\\u0000", progress: 1) { __typename } }',
      ),
      batches: graphql(
        'mutation { a: deleteExperiments(ids: ["\\u0000"]) { __typename } b: updateExperiments(ids: ["\\u0000"], input: {}) { __typename } c: replaceExperiments(items: [{id: "\\u0000", input: {}}]) { __typename } d: cancelExperiments(ids: ["\\u0000", "x"]) { __typename } }',
      ),
      datasets: graphql('{ node(id: "dataset:\\u0000") { id } }'),
    },
  },
  {
    name: 'text that storage cannot keep, in an error message and a dataset',
    safe: answered(/"a":\{"__typename":"ValidationError"\},"b":\{"__typename":"ValidationError"\}/),
    shapes: each(unstorable, (text) =>
      post(
        `{"query":"mutation ($t: String!, $i: ID!) { a: failExperiment(id: \\"exp_victim\\", errorMessage: $t) { __typename } b: registerDataset(input: {id: $i, name: $t}) { __typename } }","variables":{"t":${text},"i":${text}}}`,
      ),
    ),
  },
  {
    name: 'text that storage cannot keep, in a filter',
    safe: { status: [200, 400], body: /"BAD_USER_INPUT"|"totalCount":0/ },
    shapes: {
      ...each(unstorable, (text) =>
        post(
          `{"query":"query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }","variables":{"f":{"nameContains":${text}}}}`,
        ),
      ),
      'each place': post(
        '{"query":"query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }","variables":{"f":{"or":[{"datasetId":"\\u0000"},{"evaluatorId":"\\u0000"},{"ids":["\\u0000"]},{"tag":{"key":"\\u0000","value":"\\u0000"}}]}}}',
      ),
      'the value of a tag': post(
        '{"query":"query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }","variables":{"f":{"tag":{"key":"a","value":"\\u0000"}}}}',
      ),
      'a tag as a key': post(
        '{"query":"query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }","variables":{"f":{"not":{"tag":{"key":"\\ud800"}}}}}',
      ),
    },
  },
  {
    name: 'text that storage cannot keep, in a REST body',
    safe: { status: 400, body: /"detail":"Validation error"/ },
    shapes: each(unstorable, (text) => rest('PATCH', 'exp_victim/', `{"name":${text},"workflow":[{"a":${text}}]}`)),
  },
  {
    name: 'text that storage cannot keep, in the filters of a REST list',
    safe: { status: 400, body: /"detail":"Validation error"/ },
    shapes: each(unstorable, (text) =>
      rest(
        'POST',
        'list/',
        `{"filters":{"name":{"operator":"contains","value":[${text}]},"id":{"operator":"in","value":[${text}]}}}`,
      ),
    ),
  },
  {
    name: 'control characters in an id',
    safe: answered(/"ValidationError"/),
    shapes: {
      create: graphql(
        'mutation ($id: ID!) { createExperiment(input: {experimentId: $id}, dryRun: true) { __typename } }',
        { id: controls },
      ),
      dataset: graphql('mutation ($id: ID!) { registerDataset(input: {id: $id, name: "x"}) { __typename } }', {
        id: controls,
      }),
      evaluators: graphql(
        'mutation ($id: ID!) { updateExperiment(id: "exp_victim", input: {evaluatorIds: [$id]}) { __typename } }',
        { id: controls },
      ),
    },
  },
  {
    name: 'reserved ids',
    safe: answered(/"RESERVED"/),
    shapes: each({ dot: '.', dots: '..', list: 'list', summary: 'summary', dataset: 'dataset:x' }, (id) =>
      graphql(
        'mutation ($id: ID!) { createExperiment(input: {experimentId: $id}) { ... on ValidationError { issues { code } } } }',
        { id },
      ),
    ),
  },
  {
    name: 'hostile text in the content of an experiment',
    safe: answered(/"__typename":"UpdateExperimentSuccess"/, { mayWrite: true }),
    shapes: each(hostile, (text) =>
      graphql(
        'mutation ($t: String!, $w: [JSONObject!]) { updateExperiment(id: "exp_victim", input: {name: $t, description: $t, generationMethod: $t, spanWorkflowName: $t, workflow: $w, tags: $w}) { __typename } }',
        {
          t: text.slice(0, 255),
          w: [{ [text]: text, nested: { [text]: [text] } }],
        },
      ),
    ),
  },
  {
    name: 'hostile text in a filter',
    safe: { status: [200, 400] },
    shapes: each(hostile, (text) =>
      graphql(
        'query ($t: String!, $i: ID!) { experiments(filter: {or: [{nameContains: $t}, {datasetId: $i}, {evaluatorId: $i}, {tag: {key: $t}}, {ids: [$i]}]}) { totalCount } }',
        { t: text, i: text },
      ),
    ),
  },
  {
    name: 'hostile text in the filters of a REST list',
    safe: answered(/"count":\d/),
    shapes: each(hostile, (text) =>
      rest(
        'POST',
        'list/',
        JSON.stringify({
          filters: {
            name: { operator: 'icontains', value: [text.slice(0, 250)] },
            id: { operator: 'startswith', value: [text.slice(0, 250)] },
            dataset_id: { operator: 'endswith', value: [text.slice(0, 250)] },
          },
        }),
      ),
    ),
  },
];
