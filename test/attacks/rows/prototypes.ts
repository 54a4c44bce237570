import { type Attack, answered, badInput, bearer, each, graphql, post, request, rest } from '../attack.ts';

const polluted = '{"polluted":"yes"}';
const member = `"__proto__":${polluted},"constructor":{"prototype":${polluted}},"prototype":${polluted}`;
const create =
  'mutation ($input: CreateExperimentInput!) { createExperiment(input: $input, dryRun: true) { __typename ... on ExperimentPreview { workflow tags } ... on ValidationError { issues { code } } } }';
const withInput = (input: string) => post(`{"query":${JSON.stringify(create)},"variables":{"input":${input}}}`);
const kept = (name: 'workflow' | 'tags') =>
  answered(new RegExp(`"${name}":\\[\\{"__proto__":\\{"polluted":"yes"\\},"constructor":`));

/** Names that JavaScript gives a meaning, at every level of what callers send. The runner looks whether a prototype has changed. */
export const prototypes: readonly Attack[] = [
  {
    name: '__proto__ and constructor beside the query',
    safe: answered(/^\{"data":\{"__typename":"Query"\}\}$/),
    shapes: {
      POST: post(`{"query":"{ __typename }",${member}}`),
      'hiding the query': post(`{"__proto__":{"query":"{ viewer { organization } }"},"query":"{ __typename }"}`),
      GET: request(
        'GET /graphql?query=%7B__typename%7D&__proto__=x&__proto__%5Bpolluted%5D=yes&constructor.prototype.polluted=yes',
        bearer,
      ),
    },
  },
  {
    name: '__proto__ as the only place of the query',
    safe: badInput,
    shapes: {
      POST: post('{"__proto__":{"query":"{ __typename }"}}'),
      constructor: post('{"constructor":{"query":"{ __typename }"}}'),
    },
  },
  {
    name: '__proto__ and constructor in variables',
    safe: answered(/^\{"data":\{"__typename":"Query"\}\}$/),
    shapes: {
      undeclared: post(`{"query":"{ __typename }","variables":{${member}}}`),
      'in extensions': post(`{"query":"{ __typename }","extensions":{${member}}}`),
    },
  },
  {
    name: 'variables that are named like members of Object',
    safe: answered(/"a":null,"b":null/),
    shapes: {
      given: post(
        `{"query":"query ($__proto__: ID!, $constructor: ID!) { a: experiment(id: $__proto__) { id } b: experiment(id: $constructor) { id } }","variables":{"__proto__":"x","constructor":"y"}}`,
      ),
      defaults: post(
        `{"query":"query ($__proto__: ID = \\"x\\", $toString: ID = \\"y\\") { a: node(id: $__proto__) { __typename } b: node(id: $toString) { __typename } }"}`,
      ),
    },
  },
  {
    name: 'variables that are named like members of Object and not given',
    safe: badInput,
    shapes: each(
      { __proto__2: 'constructor', toString: 'toString', hasOwnProperty: 'hasOwnProperty', proto: '__proto__' },
      (name) => graphql(`query ($${name}: ID!) { node(id: $${name}) { __typename } }`),
    ),
  },
  {
    name: 'sizes in variables that are named like members of Object',
    safe: answered(/"totalCount":/),
    shapes: each({ constructor: 'constructor', valueOf: 'valueOf', proto: '__proto__' }, (name) =>
      graphql(`query ($${name}: Int) { experiments(first: $${name}) { totalCount } }`),
    ),
  },
  {
    name: '__proto__ and constructor as fields of an input',
    safe: badInput,
    shapes: each(
      {
        proto: `{"__proto__":${polluted}}`,
        constructor: `{"constructor":${polluted}}`,
        prototype: '{"prototype":1}',
        hidden: '{"__proto__":{"name":"hidden"}}',
      },
      withInput,
    ),
  },
  {
    name: '__proto__ and constructor as keys of a workflow task',
    safe: kept('workflow'),
    shapes: {
      variables: withInput(`{"workflow":[{${member}}]}`),
      literal: graphql(
        'mutation { createExperiment(input: {workflow: [{__proto__: {polluted: "yes"}, constructor: {prototype: 1}}]}, dryRun: true) { ... on ExperimentPreview { workflow } } }',
      ),
      'beside long numbers': withInput(`{"workflow":[{${member},"n":12345678901234567890}]}`),
    },
  },
  {
    name: '__proto__ and constructor as keys of tags',
    safe: kept('tags'),
    shapes: {
      variables: withInput(`{"tags":[{${member}}]}`),
      'with numbers': withInput(`{"tags":[{${member},"1":1.0}]}`),
    },
  },
  {
    name: '__proto__ as the key of stored tags',
    safe: answered(/"__proto__"/, { mayWrite: true }),
    shapes: {
      write: post(
        `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { ... on UpdateExperimentSuccess { experiment { tags } } } }","variables":{"i":{"tags":[{"__proto__":{"polluted":"yes"}}]}}}`,
      ),
      add: post(
        `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { ... on UpdateExperimentSuccess { experiment { tags } } } }","variables":{"i":{"addTags":[{"constructor":1,"__proto__":2}],"removeTags":[{"toString":1}]}}}`,
      ),
      'over REST': rest('PATCH', 'exp_victim/', '{"add_tags":[{"__proto__":{"a":1},"hasOwnProperty":1}]}'),
      filter: graphql('{ experiments(filter: {tag: {key: "__proto__"}}) { nodes { tags } } }'),
    },
  },
  {
    name: 'tags that are filtered by names of members of Object',
    safe: answered(/"totalCount":\d/),
    shapes: each(
      {
        constructor: 'constructor',
        toString: 'toString',
        proto: '__proto__',
        dotted: '__proto__.polluted',
        'a JSON path': '$."a"',
      },
      (key) =>
        graphql(
          'query ($key: String!, $value: JSON) { experiments(filter: {tag: {key: $key, value: $value}}) { totalCount } }',
          { key, value: {} },
        ),
    ),
  },
  {
    name: '__proto__ and constructor in a REST body',
    safe: { status: [200, 400], hides: /"polluted":"yes"\}[^\]]*"id"/, mayWrite: true },
    shapes: {
      'beside fields': rest('PATCH', 'exp_victim/', `{"description":"x",${member}}`),
      'as the only fields': rest('PATCH', 'exp_victim/', `{${member}}`),
      'hiding a field': rest('PATCH', 'exp_victim/', '{"__proto__":{"name":"hidden"}}'),
      'in a field': rest('PATCH', 'exp_victim/', `{"name":{${member}}}`),
    },
  },
  {
    name: '__proto__ and constructor in the filters of a list',
    safe: { status: 400, body: /"detail"/ },
    shapes: each(
      {
        'a field': '{"filters":{"__proto__":{"operator":"","value":["x"]}}}',
        constructor: '{"filters":{"constructor":{"operator":"","value":["x"]}}}',
        'an operator': '{"filters":{"name":{"operator":"__proto__","value":["x"]}}}',
        'another operator': '{"filters":{"name":{"operator":"constructor","value":["x"]}}}',
        'part of a condition': '{"filters":{"name":{"__proto__":{"operator":"in"},"value":["x"]}}}',
        sort_by: '{"sort_by":"__proto__"}',
        'sort_by descending': '{"sort_by":"-constructor"}',
      },
      (body) => rest('POST', 'list/', body),
    ),
  },
  {
    name: '__proto__ and constructor in the body and the query string of a list',
    safe: answered(/"count":\d/),
    shapes: {
      body: rest('POST', 'list/', `{${member}}`),
      'query string': rest('GET', '?__proto__=x&constructor=y&__proto__[page]=3'),
      'query string of POST': rest('POST', 'list/?__proto__.page_size=1&prototype=2', '{}'),
    },
  },
  {
    name: 'ids that are named like members of Object',
    safe: { status: [200, 404], hides: /Victim/ },
    shapes: {
      ...each({ proto: '__proto__', constructor: 'constructor', toString: 'toString' }, (id) => rest('GET', `${id}/`)),
      graphql: graphql(
        '{ a: experiment(id: "__proto__") { id } b: node(id: "dataset:__proto__") { id } c: node(id: "constructor") { id } }',
      ),
      batch: graphql(
        'mutation { cancelExperiments(ids: ["__proto__", "constructor", "toString"], policy: PARTIAL) { ... on CancelExperimentsSuccess { failed } } }',
      ),
    },
  },
];
