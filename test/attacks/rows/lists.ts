import { type Attack, answered, each, graphql, post, times } from '../attack.ts';

const encode = (parts: unknown) =>
  Buffer.from(typeof parts === 'string' ? parts : JSON.stringify(parts)).toString('base64url');
/** Cursors that no list has made, by what is in them. */
const cursors: Record<string, string> = {
  empty: '',
  words: 'not a cursor',
  'a NUL': '\0',
  'an object': encode({ __proto__: null, length: 3 }),
  'a prototype': encode('{"__proto__":["CREATED_AT",1,"x"]}'),
  'nothing inside': encode([]),
  'too much inside': encode(['CREATED_AT', 1, 'x', 'y']),
  'another list': encode(['NAME', 'x', 'x']),
  'a field that is none': encode(['constructor', 1, 'x']),
  SQL: encode(['CREATED_AT', '1; DROP TABLE experiments', "' OR 1=1"]),
  'a fraction': encode(['CREATED_AT', 1.5, 'x']),
  'a number of infinity': encode('["CREATED_AT",1e400,"x"]'),
  'a NUL inside': encode(['CREATED_AT', 1, '\0']),
  'a surrogate inside': encode('["CREATED_AT",1,"\\ud800"]'),
  'a deep one': encode('['.repeat(5_000)),
  'bytes that are no text': Buffer.from([0xff, 0xfe, 0x00]).toString('base64url'),
  'a megabyte': 'A'.repeat(1_000_000),
};
/** Cursors whose form is right. They name places that no list has. */
const places: Record<string, string> = {
  'the largest time': encode(['CREATED_AT', 8_640_000_000_000_000, 'x']),
  'a time beyond the largest': encode(['CREATED_AT', 8_640_000_000_000_001, 'x']),
  'the largest integer': encode(['CREATED_AT', Number.MAX_SAFE_INTEGER, 'x']),
  'the smallest integer': encode(['CREATED_AT', Number.MIN_SAFE_INTEGER, 'x']),
  'a time before Christ': encode(['CREATED_AT', -100_000_000_000_000, 'x']),
  'a time before PostgreSQL': encode(['CREATED_AT', -300_000_000_000_000, 'x']),
  'minus zero': encode('["CREATED_AT",-0,"x"]'),
  'an id of a hundred thousand characters': encode(['CREATED_AT', 1, 'x'.repeat(100_000)]),
};
const list = (cursor: string) =>
  graphql('query ($c: String) { experiments(after: $c) { nodes { id } } }', { c: cursor });
const filter = (value: unknown) =>
  graphql('query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }', { f: value });
const nestFilter = (levels: number, key: 'and' | 'or' | 'not') => {
  const [open, close] = key === 'not' ? ['{"not":', '}'] : [`{"${key}":[`, ']}'];
  return `${open.repeat(levels)}{}${close.repeat(levels)}`;
};

/** Cursors and filters of lists. */
export const lists: readonly Attack[] = [
  { name: 'a cursor that is none', safe: { status: 200, body: /INVALID_CURSOR|"nodes"/ }, shapes: each(cursors, list) },
  {
    name: 'a cursor of a place that no list has',
    safe: answered(/"nodes":\[|INVALID_CURSOR/),
    shapes: each(places, list),
  },
  {
    name: 'cursors of other lists',
    safe: { status: 200 },
    shapes: {
      ...each({ ...cursors, ...places }, (cursor) =>
        graphql(
          'query ($c: String) { a: experiments(before: $c, last: 1) { totalCount } b: datasets(after: $c) { totalCount } c: experiment(id: "exp_victim") { revisions(after: $c) { totalCount } } d: experiments(after: $c, orderBy: {field: NAME, direction: ASC}) { totalCount } }',
          { c: cursor },
        ),
      ),
      'an id': graphql('query ($c: String) { datasets(after: $c) { nodes { id } } }', { c: encode(['\0']) }),
      'a revision': graphql(
        'query ($c: String) { experiment(id: "exp_victim") { revisions(after: $c) { nodes { revision } } } }',
        { c: encode(['9'.repeat(400)]) },
      ),
      'a revision beyond integers': graphql(
        'query ($c: String) { experiment(id: "exp_victim") { revisions(after: $c) { nodes { revision } } } }',
        { c: encode([9_007_199_254_740_991]) },
      ),
    },
  },
  {
    name: 'filters that nest',
    safe: { status: [200, 400], code: 'BAD_USER_INPUT' },
    shapes: each({ and: nestFilter(400, 'and'), or: nestFilter(400, 'or'), not: nestFilter(900, 'not') }, (value) =>
      post(
        `{"query":"query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }","variables":{"f":${value}}}`,
      ),
    ),
  },
  {
    name: 'filters beyond 8 levels, 50 conditions or 3 texts',
    safe: { status: [200, 400], body: /BAD_USER_INPUT/ },
    shapes: {
      levels: post(
        `{"query":"query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }","variables":{"f":${nestFilter(9, 'and')}}}`,
      ),
      conditions: () => filter({ or: Array.from({ length: 51 }, (_, i) => ({ datasetId: `${i}` })) }),
      'nine thousand conditions, a thousand times': () =>
        graphql(`query ($f: ExperimentFilter!) { experiments(filter: {or: [${'$f '.repeat(950)}]}) { totalCount } }`, {
          f: { or: Array.from({ length: 9_000 }, () => ({})) },
        }),
      'nine thousand conditions': () => filter({ or: Array.from({ length: 9_000 }, () => ({ hasTags: true })) }),
      texts: filter({ or: Array.from({ length: 4 }, (_, i) => ({ nameContains: `${i}` })) }),
      lists: graphql(`{ ${times(4, (i) => `a${i}: experiments(filter: {hasTags: true}) { totalCount }`)} }`),
      ids: () => filter({ ids: Array.from({ length: 200_000 }, (_, i) => `${i}`) }),
      'deleted inside': filter({ and: [{ deleted: true }] }),
      'a tag that nests': post(
        `{"query":"query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }","variables":{"f":{"tag":{"key":"a","value":${'['.repeat(500)}${']'.repeat(500)}}}}}`,
      ),
    },
  },
  {
    name: 'filters with values of a wrong type',
    safe: { status: [200, 400], code: 'BAD_USER_INPUT' },
    shapes: each<unknown>(
      {
        text: 'x',
        number: 1,
        list: [[]],
        true: true,
        'ids of objects': { ids: [{}] },
        'a status': { status: ['running'] },
        'a status of null': { status: [null] },
        'a tag of text': { tag: 'x' },
        'an unknown name': { name: 'x' },
        compare: { compare: { field: 'name', operator: 'in', values: ['x'] } },
        'and of text': { and: ['x'] },
        operators: { $where: '1', $ne: null },
      },
      filter,
    ),
  },
];
