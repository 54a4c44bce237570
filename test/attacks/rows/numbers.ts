import { type Attack, answered, each, graphql, post, rest } from '../attack.ts';

const update =
  'mutation ($input: UpdateExperimentInput!) { updateExperiment(id: "exp_victim", input: $input, dryRun: true) { __typename ... on ValidationError { issues { path code message } } ... on ExperimentPreview { workflow tags } } }';
const withInput = (input: string) => post(`{"query":${JSON.stringify(update)},"variables":{"input":${input}}}`);
/** Numbers at the edges of what machines can count, as JSON. */
const edges: Record<string, string> = {
  '-1': '-1',
  '-0': '-0',
  '2^31 - 1': '2147483647',
  '2^31': '2147483648',
  '-2^31': '-2147483648',
  '-2^31 - 1': '-2147483649',
  '2^53': '9007199254740992',
  '2^63': '9223372036854775808',
  '2^64': '18446744073709551616',
  '1e308': '1e308',
  '1e309': '1e309',
  '-1e309': '-1e309',
  '1e-400': '1e-400',
  '5e-324': '5e-324',
  '0.1': '0.1',
  '1.0': '1.0',
  '1e0': '1e0',
  'a hundred digits': '9'.repeat(100),
  'a hundred thousand digits': '9'.repeat(100_000),
  'an endless exponent': `1e${'9'.repeat(1_000)}`,
};
const notNumbers: Record<string, string> = {
  null: 'null',
  true: 'true',
  text: '"5"',
  hexadecimal: '"0x10"',
  Infinity: '"Infinity"',
  NaN: '"NaN"',
  list: '[1]',
  object: '{"valueOf":1}',
  empty: '""',
};
const all = { ...edges, ...notNumbers };
const withVariable = (query: string) => (value: string) =>
  post(`{"query":${JSON.stringify(query)},"variables":{"v":${value}}}`);
const anyAnswer = { status: [200, 400] };

/** Numbers at and beyond every edge, in every place that takes one. */
export const numbers: readonly Attack[] = [
  {
    name: 'batchSize and concurrency beyond their edges',
    safe: { status: [200, 400], body: /"ValidationError"|"BAD_USER_INPUT"/ },
    shapes: each(
      Object.fromEntries(Object.entries(all).filter(([name]) => !['0.1', '1.0', '1e0', 'null'].includes(name))),
      (value) => withInput(`{"batchSize":${value},"concurrency":${value}}`),
    ),
  },
  {
    name: 'the size of a page',
    safe: anyAnswer,
    shapes: each(all, withVariable('query ($v: Int) { experiments(first: $v) { totalCount } }')),
  },
  {
    name: 'the size of a page of revisions',
    safe: anyAnswer,
    shapes: each(
      all,
      withVariable('query ($v: Int) { experiment(id: "exp_victim") { revisions(first: $v) { totalCount } } }'),
    ),
  },
  {
    name: 'ifRevision',
    safe: anyAnswer,
    shapes: each(
      all,
      withVariable(
        'mutation ($v: Int) { updateExperiment(id: "exp_victim", input: {}, ifRevision: $v) { __typename } replaceExperiment(id: "exp_victim", input: {}, ifRevision: $v, dryRun: true) { __typename } deleteExperiment(id: "missing", ifRevision: $v) { __typename } }',
      ),
    ),
  },
  {
    name: 'the revision of a restore or a clone',
    safe: anyAnswer,
    shapes: each(
      Object.fromEntries(Object.entries(all).filter(([name]) => name !== 'null')),
      withVariable(
        'mutation ($v: Int!) { restoreExperimentRevision(id: "exp_victim", revision: $v, dryRun: true) { __typename } cloneExperiment(id: "exp_victim", revision: $v, dryRun: true) { __typename } }',
      ),
    ),
  },
  {
    name: 'leaseSeconds',
    safe: { status: [200, 400], body: /"ValidationError"|"BAD_USER_INPUT"/ },
    shapes: each(
      Object.fromEntries(Object.entries(all).filter(([name]) => name !== 'null')),
      withVariable('mutation ($v: Int) { startExperiment(id: "exp_victim", leaseSeconds: $v) { __typename } }'),
    ),
  },
  {
    name: 'progress and attempt',
    safe: { status: [200, 400], body: /"ValidationError"|"BAD_USER_INPUT"|"ConflictError"/ },
    shapes: each(all, (value) =>
      post(
        `{"query":"mutation ($p: Float!, $a: Int) { reportExperimentProgress(id: \\"exp_victim\\", progress: $p, attempt: $a) { __typename } }","variables":{"p":${value},"a":${value}}}`,
      ),
    ),
  },
  {
    name: 'numbers in a literal',
    safe: anyAnswer,
    shapes: each(edges, (value) =>
      graphql(`{ experiments(first: ${value}) { totalCount } a: experiment(id: ${value}) { id } }`),
    ),
  },
  {
    name: 'numbers in workflow and tags',
    safe: answered(/"ExperimentPreview"/),
    shapes: each({ ...edges, 'ten thousand long numbers': `[${`${'7'.repeat(40)},`.repeat(1_200)}1]` }, (value) =>
      withInput(`{"workflow":[{"a":${value}}],"tags":[{"a":${value.length > 60_000 ? '1' : value}}]}`),
    ),
  },
  {
    name: 'numbers that are stored, and compared with what was stored',
    safe: answered(/"UpdateExperimentSuccess"/, { mayWrite: true }),
    shapes: each(
      { ...edges, 'a tenth of a million digits': `0.${'3'.repeat(60_000)}`, 'the same, rounded': '0.3333333333333333' },
      (value) =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{"workflow":[{"a":${value}}],"tags":[{"a":${value.length > 65_000 ? '1' : value}}]}}}`,
        ),
    ),
  },
  {
    name: 'numbers of tags that are added and removed',
    safe: answered(/"UpdateExperimentSuccess"/, { mayWrite: true }),
    shapes: each(Object.fromEntries(Object.entries(edges).filter(([, value]) => value.length < 60_000)), (value) =>
      post(
        `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{"addTags":[{"n":${value}}],"removeTags":[{"n":${value.replace(/^(\d+)$/, '$1.0')}},{"a":${value}}]}}}`,
      ),
    ),
  },
  {
    name: 'numbers of tags in a filter',
    safe: answered(/"totalCount":\d/),
    shapes: each(
      Object.fromEntries(Object.entries(edges).filter(([, value]) => value.length < 60_000)),
      withVariable('query ($v: JSON) { experiments(filter: {tag: {key: "n", value: $v}}) { totalCount } }'),
    ),
  },
  {
    name: 'numbers in the fields of a REST body',
    safe: { status: 400, body: /"detail":"Validation error"/ },
    shapes: each(Object.fromEntries(Object.entries(all).filter(([name]) => !['1.0', '1e0'].includes(name))), (value) =>
      rest(
        'PATCH',
        'exp_victim/',
        `{"batch_size":${value},"concurrency":${value},"enable_tracing":${value === 'true' ? '1' : value}}`,
      ),
    ),
  },
  {
    name: 'numbers where REST takes texts and lists',
    safe: { status: 400, body: /"detail":"Validation error"/ },
    shapes: each(edges, (value) =>
      rest(
        'PUT',
        'exp_victim/',
        `{"name":${value},"description":${value},"workflow":${value},"tags":${value},"evaluator_ids":[${value}]}`,
      ),
    ),
  },
  {
    name: 'page and page_size of a REST list',
    safe: { status: 400, body: /"detail":"Validation error"/ },
    shapes: {
      ...each(
        {
          0: '0',
          '-1': '-1',
          '1e3': '1e3',
          '2^53': '9007199254740993',
          '0.5': '0.5',
          NaN: 'NaN',
          hexadecimal: '0x10',
          digits: '9'.repeat(5_000),
          text: 'one',
          'a list': '[1]',
        },
        (value) => rest('GET', `?page=${value}&page_size=${value}`),
      ),
      ...each(
        {
          null: '{"page":"1"}',
          true: '{"page_size":true}',
          huge: '{"page":1e400}',
          tiny: '{"page_size":1e-400}',
          negative: '{"page":-5}',
        },
        (body) => rest('POST', 'list/', body),
      ),
    },
  },
  {
    name: 'pages far beyond the end of a REST list',
    safe: answered(/"results":\[\]/),
    shapes: each({ '10^9': '1000000000', '2^31': '2147483648'.slice(0, 9), '500': '500' }, (value) =>
      rest('GET', `?page=${value}&page_size=100`),
    ),
  },
];
