import { type Attack, badInput, each, graphql, times } from '../attack.ts';

/** Each fragment is spread twice by the one before it: 2^count fields. */
const explode = (count: number, type: string, leaf: string) =>
  `${times(count, (i) => `fragment F${i} on ${type} { ...F${i + 1} ...F${i + 1} }`)} fragment F${count} on ${type} { ${leaf} }`;
const page = (rows: number, inside: string) => `experiments(first: ${rows}) { nodes { ${inside} } }`;
const revisions = (rows: number, inside: string) => `revisions(first: ${rows}) { nodes { ${inside} } }`;

/** How much a document may select (contract, section 7). */
export const selections: readonly Attack[] = [
  {
    name: 'aliases beyond 30',
    safe: badInput,
    shapes: each(
      {
        'at the root': `{ ${times(31, (i) => `a${i}: __typename`)} }`,
        'below the root': `{ viewer { ${times(31, (i) => `a${i}: organization`)} } }`,
        'spread over levels': `{ ${times(8, (i) => `a${i}: viewer { b: organization c: scopes d: keyId }`)} }`,
        'of mutations': `mutation { ${times(31, (i) => `a${i}: cancelExperiment(id: "x") { __typename }`)} }`,
        'in an unused fragment': `{ __typename } fragment F on Viewer { ${times(31, (i) => `a${i}: organization`)} }`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'root fields beyond 20',
    safe: badInput,
    shapes: each(
      {
        aliased: `{ ${times(21, (i) => `a${i}: viewer { organization }`)} }`,
        'through a fragment': `{ ...F ...F ...F } fragment F on Query { ${times(7, (i) => `a${i}: __typename`)} }`,
        mutations: `mutation { ${times(21, (i) => `a${i}: deleteExperiment(id: "exp_victim") { __typename }`)} }`,
        'mutations through fragments': `mutation { ...F ...G } fragment F on Mutation { ${times(11, (i) => `a${i}: deleteExperiment(id: "exp_victim") { __typename }`)} } fragment G on Mutation { ${times(11, (i) => `b${i}: deleteExperiment(id: "exp_victim") { __typename }`)} }`,
        subscriptions: `subscription { ${times(21, (i) => `a${i}: experimentChanged(id: "x") { id }`)} }`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'the same field more than 20 times',
    safe: badInput,
    shapes: each(
      {
        plain: `{ ${'__typename '.repeat(21)} }`,
        'by the hundred': `{ viewer { ${'organization '.repeat(1_500)} } }`,
        'in inline fragments': `{ viewer { ${'...{ organization } '.repeat(21)} } }`,
        'in a fragment spread often': `{ viewer { ${'...F '.repeat(21)} } } fragment F on Viewer { organization }`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'fields that are merged in pairs',
    safe: { status: [200, 400] },
    shapes: each(
      {
        '20 times 20': `{ ${'viewer { organization scopes keyId } '.repeat(20)} }`,
        '20 times 20 times 3': `{ ${`experiment(id: "x") { ${'revisions { totalCount } '.repeat(20)} } `.repeat(18)} }`,
        'fragments that spread each other': `{ ${times(60, (i) => `...F${i}`)} } ${times(60, (i) => `fragment F${i} on Query { viewer { organization } ...F${(i + 1) % 60} ...F${(i + 2) % 60} }`)}`,
        'many fragments beside each other': `{ viewer { ${times(150, (i) => `...F${i}`)} } } ${times(150, (i) => `fragment F${i} on Viewer { organization }`)}`,
        'fragments in fragments': `{ viewer { ...F0 } } ${times(200, (i) => `fragment F${i} on Viewer { organization ...F${i + 1} }`)} fragment F200 on Viewer { scopes }`,
        'different arguments': `{ ${times(18, (i) => `experiment(id: "${i}") { id }`)} }`,
        'different types': `{ node(id: "x") { ${times(19, (i) => `... on ${i % 2 ? 'Dataset' : 'Experiment'} { name }`)} } }`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'fragments that spread themselves',
    safe: badInput,
    shapes: each(
      {
        directly: '{ ...F } fragment F on Query { ...F }',
        'below a field': '{ viewer { ...F } } fragment F on Viewer { organization ...F }',
        'in a circle of three':
          '{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }',
        'in a circle of 300': `{ ...F0 } ${times(300, (i) => `fragment F${i} on Query { ...F${(i + 1) % 300} }`)}`,
        'in an inline fragment': '{ ...F } fragment F on Query { ... { ...F } }',
        'across levels':
          '{ ...F } fragment F on Query { experiment(id: "x") { ...G } } fragment G on Experiment { ...F }',
        unused: '{ __typename } fragment F on Query { ...F }',
        'all with each other': `{ ...F0 } ${times(25, (i) => `fragment F${i} on Query { ${times(25, (j) => `...F${j}`)} }`)}`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'spreads that explode',
    safe: badInput,
    shapes: each(
      {
        '2^50 at the root': `{ ...F0 } ${explode(50, 'Query', '__typename')}`,
        '2^100 below the root': `{ viewer { ...F0 } } ${explode(100, 'Viewer', 'organization')}`,
        '2^30 of pages': `{ ...F0 } ${explode(30, 'Query', page(100, 'id'))}`,
        '2^150 of nothing': `{ ...F0 } ${explode(150, 'Query', '...Missing')}`,
        '10^20': `{ ...F0 } ${times(20, (i) => `fragment F${i} on Query { ${`...F${i + 1} `.repeat(10)} }`)} fragment F20 on Query { __typename }`,
        mutations: `mutation { ...F0 } ${explode(20, 'Mutation', 'deleteExperiment(id: "exp_victim") { __typename }')}`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'spreads of what does not exist, or does not fit',
    safe: badInput,
    shapes: each(
      {
        missing: '{ ...Missing }',
        'on a missing type': '{ ... on Missing { id } }',
        'on an input': '{ ... on ExperimentFilter { ids } }',
        'on a scalar': '{ ... on String { length } }',
        'on another type': '{ ... on Mutation { deleteExperiment(id: "exp_victim") { __typename } } }',
        twice: '{ ...F } fragment F on Query { __typename } fragment F on Query { __typename }',
        'named on': '{ ...on } fragment on on Query { __typename }',
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'directives beyond 10 in one place, or unknown ones',
    safe: badInput,
    shapes: each(
      {
        'on a field': `{ __typename ${'@skip(if: false) '.repeat(11)} }`,
        'by the hundred': `{ __typename ${'@a '.repeat(900)} }`,
        'on the operation': `query ${'@a '.repeat(11)} { __typename }`,
        'on a variable': `query ($v: Int ${'@a '.repeat(11)}) { __typename }`,
        'on a spread': `{ ...F ${'@include(if: true) '.repeat(11)} } fragment F on Query { __typename }`,
        repeated: '{ __typename @skip(if: false) @skip(if: false) }',
        unknown: '{ __typename @live @defer @stream @export(as: "x") }',
        'defer and stream': '{ experiments { nodes @stream(initialCount: 0) { id } ... @defer { totalCount } } }',
        'in the wrong place': 'query @skip(if: true) { __typename }',
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'directives with values that are none',
    safe: { status: 400, code: 'BAD_USER_INPUT' },
    shapes: {
      'a null': graphql('{ __typename @skip(if: null) }'),
      'a string': graphql('{ __typename @include(if: "true") }'),
      nothing: graphql('{ __typename @include }'),
      'an undefined variable': graphql('{ __typename @include(if: $v) }'),
      'an omitted variable': graphql('query ($v: Boolean!) { __typename @include(if: $v) }'),
      'an object in a variable': graphql('query ($v: Boolean!) { __typename @include(if: $v) }', { v: {} }),
    },
  },
  {
    name: 'page sizes whose product is beyond 10,000 rows',
    safe: badInput,
    shapes: {
      ...each(
        {
          '100 by 100': `{ ${page(100, revisions(100, 'revision'))} }`,
          'aliased pages': `{ ${times(5, (i) => `a${i}: ${page(100, revisions(50, 'revision'))}`)} }`,
          'in fragments': `{ ...F } fragment F on Query { ${page(100, '...G')} } fragment G on Experiment { ${revisions(100, 'revision')} }`,
          'from the end': `{ experiments(last: 100) { nodes { ${revisions(100, 'revision')} } } }`,
          'through edges': `{ experiments(first: 100) { edges { node { revisions(first: 100) { edges { node { revision } } } } } } }`,
          'of a batch': `mutation { deleteExperiments(ids: [${times(100, (i) => `"${i}"`)}]) { ... on DeleteExperimentsSuccess { results { ... on ConflictError { current { ${revisions(100, 'revision')} } } } } } }`,
        },
        (query) => graphql(query),
      ),
      'in variables': graphql(
        `query ($n: Int) { experiments(first: $n) { nodes { revisions(first: $n) { nodes { revision } } } } }`,
        { n: 100 },
      ),
      'in defaults': graphql(
        `query ($n: Int = 100) { experiments(first: $n) { nodes { revisions(first: $n) { nodes { revision } } } } }`,
      ),
    },
  },
  {
    name: 'pages beyond 100, or below 1',
    safe: { status: [200, 400], code: 'BAD_USER_INPUT' },
    shapes: each(
      {
        '101': `{ ${page(101, 'id')} }`,
        '0': `{ ${page(0, 'id')} }`,
        '-1': `{ ${page(-1, 'id')} }`,
        '2^31 - 1': `{ ${page(2_147_483_647, 'id')} }`,
        '2^31': `{ ${page(2_147_483_648, 'id')} }`,
        '-2^31': `{ ${page(-2_147_483_648, 'id')} }`,
        both: '{ experiments(first: 1, last: 1) { totalCount } }',
        revisions: `{ experiment(id: "exp_victim") { ${revisions(1_000, 'revision')} } }`,
        datasets: '{ datasets(first: 1000000) { totalCount } }',
      },
      (query) => graphql(query),
    ),
  },
];
