import {
  type Attack,
  anonymous,
  answered,
  badInput,
  each,
  getGraphql,
  graphql,
  refused,
  rest,
  times,
} from '../attack.ts';

const generic = /^\{"errors":\[\{"message":"The document is not valid\. Send a valid credential to see why\."/;
const schemaWords = /Did you mean|ReplaceExperimentInput|evaluatorSlugs|batchSize|"__schema"/;
const hidden = { ...badInput, body: generic, hides: schemaWords };
const wholeSchema =
  '{ __schema { types { name fields { name args { name } } inputFields { name } enumValues { name } } } }';
/** Types and fields in turn: each level multiplies the answer by the size of the schema. */
const multiply = (levels: number) =>
  `{ __schema { types { ${'fields { type { '.repeat(levels)} name ${'} }'.repeat(levels)} } } }`;

/** What strangers learn of the schema, and what introspection costs. */
export const introspection: readonly Attack[] = [
  {
    name: 'introspection by a stranger in production',
    modes: ['production'],
    safe: hidden,
    shapes: {
      ...each(
        {
          whole: wholeSchema,
          'one type': '{ __type(name: "Experiment") { fields { name } } }',
          aliased: '{ typename: __schema { types { name } } }',
          'in a fragment': '{ ...F } fragment F on Query { __schema { types { name } } }',
          'in an inline fragment': '{ ... on Query { ... { __type(name: "Query") { name } } } }',
          'beside a real field': '{ viewer { organization } __schema { queryType { name } } }',
          'behind @skip': '{ __typename __schema @skip(if: true) { queryType { name } } }',
          'in another operation': 'query A { __typename } query B { __schema { types { name } } }',
          'below a mutation': 'mutation { __schema { types { name } } }',
        },
        (query) => anonymous(query),
      ),
      'by GET': getGraphql({ query: wholeSchema }, { authorization: null }),
      'with a refused key': graphql(wholeSchema, {}, { authorization: 'Bearer sk_wrong' }),
      'with an empty key': graphql(wholeSchema, {}, { authorization: 'Bearer ' }),
    },
  },
  {
    name: 'introspection by a stranger in production, after a known caller has asked the same',
    modes: ['production'],
    before: () => [graphql('{ __schema { description } }'), graphql('{ __schema { description } }')],
    safe: hidden,
    shapes: { 'the document is in the cache': anonymous('{ __schema { description } }') },
  },
  {
    name: 'misspelled names of a stranger in production, for suggestions',
    modes: ['production'],
    safe: hidden,
    shapes: each(
      {
        'a field': '{ experimentz { totalCount } }',
        'a field below': '{ experiments { totalCoun } }',
        'an argument': '{ experiments(firs: 1) { totalCount } }',
        'an enum value': '{ experiments(filter: {status: RUNING}) { totalCount } }',
        'an input field': 'mutation { createExperiment(input: {nam: "x"}) { __typename } }',
        'a type': '{ node(id: "x") { ... on Experimen { id } } }',
        'the type of a variable': 'query ($i: ReplaceExperimentInpu) { __typename }',
        'a directive': '{ __typename @includ(if: true) }',
        'a missing argument': '{ experiment { id } }',
        'a selection that is missing': '{ experiments }',
        'a selection on a leaf': '{ __typename { x } }',
        'a value of the wrong type': '{ experiments(first: "x") { totalCount } }',
        'a fragment that does not fit': '{ experiments { ... on Experiment { id } } }',
        'a syntax error': '{ experiments(',
      },
      (query) => anonymous(query),
    ),
  },
  {
    name: 'variables of a stranger in production, for suggestions',
    modes: ['production'],
    safe: { status: [200, 400], code: 'BAD_USER_INPUT', hides: /Did you mean|evaluatorSlugs|PENDING/ },
    shapes: {
      'an unknown field': anonymous(
        'mutation ($i: CreateExperimentInput!) { createExperiment(input: $i) { __typename } }',
        {
          i: { evaluatorSlug: 1 },
        },
      ),
      'a wrong type': anonymous(
        'mutation ($i: CreateExperimentInput!) { createExperiment(input: $i) { __typename } }',
        {
          i: { name: {} },
        },
      ),
      'an enum value': anonymous(
        'query ($s: [ExperimentStatus!]) { experiments(filter: {status: $s}) { totalCount } }',
        {
          s: ['PENDIN'],
        },
      ),
      'a missing one': anonymous(
        'mutation ($i: CreateExperimentInput!) { createExperiment(input: $i) { __typename } }',
      ),
    },
  },
  {
    name: 'the interface of a stranger who asks for the schema in another way',
    modes: ['production'],
    safe: { status: [400, 401, 404, 405, 406], hides: schemaWords },
    shapes: {
      'the page of GraphiQL': getGraphql({}, { accept: 'text/html', authorization: null }),
      'an asset of GraphiQL': getGraphql({}, { accept: '*/*', authorization: null }),
      '_service of federation': anonymous('{ _service { sdl } _entities(representations: []) { __typename } }'),
      'a file': rest('GET', '../../../schema.graphql', '', { authorization: null }),
    },
  },
  {
    name: 'introspection that multiplies itself',
    safe: { status: [200, 400] },
    shapes: each(
      {
        '2 levels': multiply(2),
        '3 levels': multiply(3),
        '6 levels': multiply(6),
        '100 levels': multiply(100),
        'of types': `{ __schema { types { ${'ofType { '.repeat(300)} name ${'} '.repeat(300)} } } }`,
        'of possible types':
          '{ __schema { types { possibleTypes { interfaces { possibleTypes { interfaces { possibleTypes { name } } } } } } } }',
        'of inputs':
          '{ __schema { types { inputFields { type { inputFields { type { inputFields { type { inputFields { name } } } } } } } } } }',
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'introspection many times in one document',
    safe: { status: [200, 400] },
    shapes: each(
      {
        '20 aliases of the whole': `{ ${times(20, (i) => `a${i}: __schema { types { name description fields { name description } } }`)} }`,
        '20 aliases of a type': `{ ${times(20, (i) => `a${i}: __type(name: "Experiment") { fields { name description args { description } } }`)} }`,
        'the same in pairs': `{ ${'__schema { types { fields { name } } } '.repeat(20)} }`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'names of types that JavaScript knows',
    modes: ['development'],
    safe: answered(/"a":null,"b":null,"c":null/),
    shapes: {
      __type: anonymous(
        '{ a: __type(name: "__proto__") { name } b: __type(name: "constructor") { name } c: __type(name: "toString") { name } }',
      ),
    },
  },
  {
    name: 'a stranger who reads or writes',
    safe: { status: [200], body: /UNAUTHENTICATED/, hides: /Victim/ },
    shapes: each(
      {
        'the list': '{ experiments { nodes { name } } }',
        'an experiment': '{ experiment(id: "exp_victim") { name } }',
        'a node': '{ node(id: "exp_victim") { ... on Experiment { name } } }',
        datasets: '{ datasets { nodes { name } } }',
        'a create': 'mutation { createExperiment(input: {name: "x"}) { ... on MutationError { code } } }',
        'a delete':
          'mutation { deleteExperiment(id: "exp_victim", permanently: true) { ... on MutationError { code } } }',
        'a batch': 'mutation { deleteExperiments(ids: ["exp_victim"]) { ... on MutationError { code } } }',
        'a dry run':
          'mutation { updateExperiment(id: "exp_victim", input: {}, dryRun: true) { ... on MutationError { code } ... on ExperimentPreview { name } } }',
      },
      (query) => anonymous(query),
    ),
  },
  {
    name: 'a stranger over REST',
    safe: { ...refused(401), headers: { 'www-authenticate': /^Bearer/ }, hides: /Victim/ },
    shapes: {
      GET: rest('GET', 'exp_victim/', '', { authorization: null }),
      list: rest('GET', '', '', { authorization: null }),
      'list by POST': rest('POST', 'list/', '{}', { authorization: null }),
      summary: rest('GET', 'summary/', '', { authorization: null }),
      PUT: rest('PUT', 'exp_victim/', '{}', { authorization: null }),
      PATCH: rest('PATCH', 'exp_victim/', '{}', { authorization: null }),
      DELETE: rest('DELETE', 'exp_victim/', '', { authorization: null }),
      POST: rest('POST', '', '{"name": "x"}', { authorization: null }),
      'a missing one': rest('GET', 'missing/', '', { authorization: null }),
      'a body that is not JSON': rest('PUT', 'exp_victim/', '{', { authorization: null }),
    },
  },
];
