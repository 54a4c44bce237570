import {
  type Attack,
  answered,
  badInput,
  bearer,
  each,
  get,
  getGraphql,
  graphql,
  post,
  refused,
  request,
  times,
} from '../attack.ts';

const write = 'mutation { deleteExperiment(id: "exp_victim") { __typename } }';
const named = `query Q { __typename } mutation M { deleteExperiment(id: "exp_victim") { __typename } }`;
const typename = '{"query":"{ __typename }"}';
const toMethod = (method: string) =>
  request(`${method} /graphql`, { ...bearer, 'content-type': 'application/json' }, typename);

/** How an operation may be sent (GraphQL over HTTP), and what else a request of one may say. */
export const requests: readonly Attack[] = [
  {
    name: 'a mutation by GET',
    safe: { ...refused(405), headers: { allow: /^POST$/ } },
    shapes: {
      plain: getGraphql({ query: write }),
      named: getGraphql({ query: named, operationName: 'M' }),
      'with variables': getGraphql({
        query: 'mutation ($id: ID!) { deleteExperiment(id: $id) { __typename } }',
        variables: '{"id":"exp_victim"}',
      }),
      'as a stream': getGraphql({ query: write }, { accept: 'text/event-stream' }),
      'in a fragment': getGraphql({
        query: 'mutation { ...F } fragment F on Mutation { deleteExperiment(id: "exp_victim") { __typename } }',
      }),
      'by HEAD': request(`HEAD /graphql?${new URLSearchParams({ query: write })}`, bearer),
      'from a form of another page': getGraphql(
        { query: write },
        { origin: 'https://evil.test', referer: 'https://evil.test/' },
      ),
      'with a method that overrides': getGraphql(
        { query: write, _method: 'POST' },
        { 'x-http-method-override': 'POST', 'x-http-method': 'POST', 'x-method-override': 'POST' },
      ),
    },
  },
  {
    name: 'a GET with the mutation in its body',
    safe: { status: 400 },
    shapes: {
      JSON: request(
        'GET /graphql',
        { ...bearer, 'content-type': 'application/json' },
        JSON.stringify({ query: write }),
      ),
      'beside an empty query': request(
        'GET /graphql?query=',
        { ...bearer, 'content-type': 'application/json' },
        JSON.stringify({ query: write }),
      ),
    },
  },
  {
    name: 'a mutation in the query string of a POST',
    safe: { status: 200, body: /"__typename":"Query"/ },
    shapes: {
      'beside a query': request(
        `POST /graphql?${new URLSearchParams({ query: write })}`,
        { ...bearer, 'content-type': 'application/json' },
        typename,
      ),
      'as its operation': request(
        'POST /graphql?operationName=M',
        { ...bearer, 'content-type': 'application/json' },
        JSON.stringify({ query: named, operationName: 'Q' }),
      ),
    },
  },
  {
    name: 'a method that is none of ours',
    safe: { ...refused(405), headers: { allow: /^GET, HEAD, POST$/ } },
    shapes: Object.fromEntries(
      ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'LINK', 'PURGE', 'M-SEARCH'].map((method) => [
        method,
        () => toMethod(method),
      ]),
    ),
  },
  {
    name: 'a method that HTTP does not know',
    safe: refused(400),
    shapes: Object.fromEntries(
      ['EVIL', 'get', 'GET\t', 'G\0T', 'POST,GET', '<GET>', 'A'.repeat(5_000)].map((method) => [
        method.slice(0, 10),
        () => toMethod(method),
      ]),
    ),
  },
  {
    name: 'a preflight of another origin',
    safe: { ...refused(405), headers: { 'access-control-allow-origin': /^$/ } },
    shapes: each(
      {
        page: 'https://evil.test',
        null: 'null',
        file: 'file://',
        'ours with a suffix': 'http://gateway.test.evil.test',
      },
      (origin) =>
        request('OPTIONS /graphql', {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        }),
    ),
  },
  {
    name: 'a call of another origin',
    safe: answered(/"__typename":"Query"/, {
      headers: { 'access-control-allow-origin': /^$/, 'access-control-allow-credentials': /^$/ },
    }),
    shapes: each({ page: 'https://evil.test', null: 'null' }, (origin) => graphql('{ __typename }', {}, { origin })),
  },
  {
    name: 'a batch of operations',
    safe: badInput,
    shapes: each(
      {
        two: `[${typename},${typename}]`,
        one: `[${typename}]`,
        none: '[]',
        'five thousand': `[${times(5_000, () => typename, ',')}]`,
        nested: `[[[[${typename}]]]]`,
        numbered: `{"0":${typename},"1":${typename},"length":2}`,
        'of mutations': `[${times(50, () => JSON.stringify({ query: write }), ',')}]`,
        'with a null': `[null,${typename}]`,
      },
      (body) => post(body),
    ),
  },
  {
    name: 'JSON that is no object with a query',
    safe: badInput,
    shapes: each(
      {
        null: 'null',
        true: 'true',
        number: '1',
        string: '"{ __typename }"',
        empty: '{}',
        'query is null': '{"query":null}',
        'query is a list': '{"query":["{ __typename }"]}',
        'query is an object': '{"query":{"kind":"Document"}}',
        'query is a number': '{"query":1}',
        'query is empty': '{"query":""}',
      },
      (body) => post(body),
    ),
  },
  {
    name: 'members of a wrong type beside the query',
    safe: badInput,
    shapes: each(
      {
        'variables are a list': '"variables":[]',
        'variables are a string': '"variables":"{}"',
        'variables are true': '"variables":true',
        'extensions are a list': '"extensions":[1]',
        'extensions are a string': '"extensions":"x"',
        'operationName is a list': '"operationName":["M"]',
        'operationName is an object': '"operationName":{}',
        'operationName is unknown': '"operationName":"Missing"',
        'operationName is __proto__': '"operationName":"__proto__"',
        'operationName is constructor': '"operationName":"constructor"',
      },
      (member) => post(`{"query":"{ __typename }",${member}}`),
    ),
  },
  {
    name: 'unusable parameters of a GET',
    safe: badInput,
    shapes: {
      ...each(
        {
          'variables that are no JSON': { query: '{ __typename }', variables: '{' },
          'variables that nest': { query: '{ __typename }', variables: `${'['.repeat(1_200)}${']'.repeat(1_200)}` },
          'variables that are a list': { query: '{ __typename }', variables: '[1]' },
          'extensions that are no JSON': { query: '{ __typename }', extensions: 'x' },
          'no query': { variables: '{}' },
          'a query of NUL': { query: '\0' },
        },
        (parameters: Readonly<Record<string, string>>) => getGraphql(parameters),
      ),
      'encoded badly': get('/graphql?query=%7B%20%E0%A4%A', { accept: 'application/graphql-response+json' }),
      'a thousand of them': request(`GET /graphql?${times(1_000, (i) => `a${i}=1`, '&')}`, bearer),
      'names of prototypes': request(
        'GET /graphql?__proto__=1&__proto__[query]=x&constructor[prototype][query]=x',
        bearer,
      ),
    },
  },
  {
    name: 'a query given twice by GET',
    safe: { status: [200, 400, 405], hides: /DeleteExperimentSuccess/ },
    shapes: {
      'query, then mutation': request(
        `GET /graphql?${new URLSearchParams([
          ['query', '{ __typename }'],
          ['query', write],
        ])}`,
        bearer,
      ),
      'mutation, then query': request(
        `GET /graphql?${new URLSearchParams([
          ['query', write],
          ['query', '{ __typename }'],
        ])}`,
        bearer,
      ),
      'as a list': request(`GET /graphql?query[]=${encodeURIComponent(write)}`, bearer),
    },
  },
  {
    name: 'a member given twice in JSON',
    safe: answered(/^\{"data":\{"__typename":"Query"\}\}$/),
    shapes: { 'the last counts': post(`{"query":${JSON.stringify(write)},"query":"{ __typename }"}`) },
  },
  {
    name: 'an operation of many of which none is named',
    safe: badInput,
    shapes: {
      two: graphql('query A { __typename } query B { __typename }'),
      'two without a name': graphql('{ __typename } { __typename }'),
      '150 queries': () => graphql(times(150, (i) => `query Q${i} { __typename }`)),
      'the same name twice': post(
        JSON.stringify({ query: 'query A { __typename } query A { __typename }', operationName: 'A' }),
      ),
    },
  },
];
