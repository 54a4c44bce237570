import { type Attack, anonymous, answered, badInput, each, getGraphql, graphql, times } from '../attack.ts';

/** Fields that nest `levels` deep. */
const nest = (levels: number, open: string, close = '}') => `${open.repeat(levels)} __typename ${close.repeat(levels)}`;

/** What a document may hold (contract, section 7). */
export const documents: readonly Attack[] = [
  {
    name: 'fields that nest beyond 12 levels',
    safe: badInput,
    shapes: each(
      {
        '13 levels': `{ ${nest(13, 'a{')} }`,
        '600 levels': `{ ${nest(600, 'a{')} }`,
        'real fields': `{ experiment(id: "x") { ${nest(12, 'revisions { nodes {', '}}')} } }`,
        'through fragments': `{ ...F0 } ${times(20, (i) => `fragment F${i} on Query { a { ...F${i + 1} } }`)} fragment F20 on Query { a }`,
        'through inline fragments': `{ ${nest(13, 'a{...{', '}}')} }`,
        'of a mutation': `mutation { ${nest(13, 'a{')} }`,
        'of a subscription': `subscription { ${nest(13, 'a{')} }`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'brackets that nest by the thousand',
    safe: badInput,
    shapes: each(
      {
        'open braces': '{'.repeat(60_000),
        'open braces of fields': '{a'.repeat(30_000),
        'open lists': `{ a(b: ${'['.repeat(60_000)}`,
        'open objects': `{ a(b: ${'{c:'.repeat(20_000)}`,
        'closed lists': `{ a(b: ${'['.repeat(900)}${']'.repeat(900)}) }`,
        'closed objects': `{ a(b: ${'{c:'.repeat(600)}1${'}'.repeat(600)}) }`,
        'lists in a type': `query ($a: ${'['.repeat(900)}Int${']'.repeat(900)}) { __typename }`,
        'lists in a default': `query ($a: JSON = ${'['.repeat(900)}${']'.repeat(900)}) { __typename }`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'inline fragments that nest without a level',
    safe: { status: [200, 400] },
    shapes: each(
      {
        'one field': `{ ${nest(660, '...{')} }`,
        'a field at each': `{ ${times(450, (i) => `...{a${i}`)} ${'}'.repeat(450)} }`,
        'a real field at each': `{ viewer { ${times(20, () => '...{organization')} ${'}'.repeat(20)} } }`,
        'with a type at each': `{ viewer { ${'... on Viewer {'.repeat(390)} organization ${'}'.repeat(390)} } }`,
        'with a directive at each': `{ ${'... @include(if: true) {'.repeat(200)} __typename ${'}'.repeat(200)} }`,
        'fields of different types': `{ experiment(id: "x") { ${times(300, (i) => `... on Experiment { b${i}: id`)} ${'}'.repeat(300)} } }`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'tokens beyond 2,000',
    safe: badInput,
    shapes: each(
      {
        fields: `{ ${'a '.repeat(2_000)} }`,
        commas: `{ ${'a,'.repeat(20_000)} }`,
        'empty strings': `{ a(b: [${'"" '.repeat(20_000)}]) }`,
        'block strings': `{ a(b: [${'"""""" '.repeat(9_000)}]) }`,
        spreads: `{ ${'...F '.repeat(2_000)} } fragment F on Query { __typename }`,
        definitions: 'query A { a } '.repeat(2_000),
        variables: `query (${times(2_000, (i) => `$v${i}: Int`)}) { __typename }`,
        numbers: `{ a(b: [${'1 '.repeat(30_000)}]) }`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'text that is no token',
    safe: { status: [200, 400] },
    shapes: each(
      {
        'a million spaces': `{ __typename ${' '.repeat(1_000_000)} }`,
        'a million commas': `{ __typename ${','.repeat(1_000_000)} }`,
        'a million characters of comment': `{ __typename } # ${'x'.repeat(1_000_000)}`,
        'comments line by line': `{ __typename ${'#\n'.repeat(15_000)} }`,
        'lines by the hundred thousand': `{ __typename ${'\n'.repeat(500_000)} }`,
        'carriage returns': `{ __typename ${'\r'.repeat(500_000)} }`,
        'byte order marks': `{ __typename ${'\uFEFF'.repeat(300_000)} }`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'strings of a megabyte in a document',
    safe: { status: [200, 400] },
    shapes: each(
      {
        'an id': `{ experiment(id: "${'x'.repeat(1_000_000)}") { id } }`,
        escapes: `{ experiment(id: "${'\\u0041'.repeat(150_000)}") { id } }`,
        'a block string': `{ experiment(id: """${'x'.repeat(1_000_000)}""") { id } }`,
        'a block string of lines': `{ experiment(id: """${' \n'.repeat(19_000)}""") { id } }`,
        'a block string of quotes': `{ experiment(id: """${'\\"""'.repeat(200_000)}""") { id } }`,
        'a field name': `{ ${'x'.repeat(1_000_000)} }`,
        'a number': `{ experiments(first: ${'9'.repeat(1_000_000)}) { totalCount } }`,
        'a fraction': `{ experiments(first: 0.${'9'.repeat(1_000_000)}) { totalCount } }`,
        'an exponent': `{ experiments(first: 1e${'9'.repeat(1_000_000)}) { totalCount } }`,
        'an open string': `{ experiment(id: "${'x'.repeat(1_000_000)}`,
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'documents that are none',
    safe: badInput,
    shapes: each(
      {
        empty: ' ',
        'a comment': '# only this',
        'a NUL': '{ __typename\0 }',
        'a lone surrogate': '{ __typename \ud800 }',
        'control characters': '{ __typename \u0007\u001b[31m }',
        'a type definition': 'type Query { a: Int }',
        'an extension': 'extend type Query { a: Int }',
        'a schema beside a query': '{ __typename } schema { query: Query }',
        'only fragments': 'fragment F on Query { __typename }',
        'bidirectional marks': '{ \u202e__typename\u202c }',
        SQL: "'; DROP TABLE experiments; --",
        markup: '<script>alert(1)</script>',
      },
      (query) => graphql(query),
    ),
  },
  {
    name: 'names that JavaScript gives a meaning, as aliases',
    safe: answered(/"__proto__":"Query","constructor":"Query","toString":"Query","toJSON":"Query","then":"Query"/),
    shapes: {
      'by POST': graphql(
        '{ __proto__: __typename constructor: __typename toString: __typename toJSON: __typename then: __typename }',
      ),
      'without a credential': anonymous(
        '{ __proto__: __typename constructor: __typename toString: __typename toJSON: __typename then: __typename }',
      ),
      'by GET': getGraphql({
        query:
          '{ __proto__: __typename constructor: __typename toString: __typename toJSON: __typename then: __typename }',
      }),
    },
  },
  {
    name: 'names that JavaScript gives a meaning, as fields, types and arguments',
    safe: badInput,
    shapes: each(
      {
        fields: '{ __proto__ constructor toString hasOwnProperty }',
        'a field below': '{ viewer { __proto__ { x } constructor } }',
        types: '{ ... on __proto__ { x } ... on constructor { x } }',
        arguments: '{ viewer(__proto__: 1, constructor: 2) { organization } }',
        directives: '{ __typename @__proto__ @constructor }',
        fragments: '{ ...__proto__ ...constructor ...toString }',
        'the type of a variable': 'query ($a: __proto__, $b: constructor) { __typename }',
        'an enum value': '{ experiments(orderBy: {field: constructor, direction: __proto__}) { totalCount } }',
        'an input field': '{ experiments(filter: {__proto__: {deleted: true}, constructor: 1}) { totalCount } }',
      },
      (query) => graphql(query),
    ),
  },
];
