import { type Attack, answered, each, graphql, manyKeysMs, post, rest, times } from '../attack.ts';

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
const restList = (body: unknown) => rest('POST', 'list/', JSON.stringify(body));
const condition = (operator: unknown, value: unknown, field = 'name') => ({
  filters: { [field]: { operator, value } },
});
const refusedList = { status: 400, body: /"detail":"Validation error"/ };

/** Cursors, filters and sizes of lists, and batches of ids. */
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
  {
    name: 'lists of a million entries where 100 are accepted',
    safe: { status: [200, 400], body: /BAD_USER_INPUT|ValidationError|"TOO_MANY"/, maxTurnMs: manyKeysMs },
    shapes: {
      'unknown fields of an input': () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{${times(100_000, (i) => `"nam${i}":1`, ',')}}}}`,
        ),
      'ids of a batch': () =>
        post(
          `{"query":"mutation ($ids: [ID!]!) { deleteExperiments(ids: $ids) { __typename } }","variables":{"ids":[${'1,'.repeat(900_000)}1]}}`,
        ),
      'ids of an update': () =>
        post(
          `{"query":"mutation ($ids: [ID!]!) { updateExperiments(ids: $ids, input: {}) { __typename } }","variables":{"ids":[${'"",'.repeat(600_000)}""]}}`,
        ),
      'items of a batch': () =>
        post(
          `{"query":"mutation ($items: [ReplaceExperimentItem!]!) { replaceExperiments(items: $items) { __typename } }","variables":{"items":[${'{"id":"x","input":{}},'.repeat(4_500)}{"id":"x","input":{}}]}}`,
        ),
      'items of a wrong type': () =>
        post(
          `{"query":"mutation ($items: [ReplaceExperimentItem!]!) { replaceExperiments(items: $items) { __typename } }","variables":{"items":[${'1,'.repeat(900_000)}1]}}`,
        ),
      evaluators: () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{"evaluatorIds":[${'1,'.repeat(900_000)}1]}}}`,
        ),
      'empty evaluators': () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{"evaluatorIds":[${'"",'.repeat(600_000)}""]}}}`,
        ),
      tags: () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{"tags":[${'{},'.repeat(9_900)}{}]}}}`,
        ),
      'tags of a wrong type': () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{"addTags":[${'1,'.repeat(900_000)}1]}}}`,
        ),
      'an unknown field beside a workflow with a hundred thousand keys': () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{${times(10, (i) => `"nam${i}":1`, ',')},"workflow":{${times(100_000, (i) => `"w${i}":1`, ',')}}}}}`,
        ),
      'an object with a hundred thousand keys as an id': () =>
        post(
          `{"query":"mutation ($ids: [ID!]!) { deleteExperiments(ids: $ids) { __typename } }","variables":{"ids":[{${times(100_000, (i) => `"i${i}":1`, ',')}}]}}`,
        ),
      'objects of 900 keys each': () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{${times(150, (i) => `"u${i}":{${times(900, (j) => `"k${j}":1`, ',')}}`, ',')}}}}`,
        ),
      'statuses of a filter': () =>
        post(
          `{"query":"query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }","variables":{"f":{"status":[${'"NONE",'.repeat(250_000)}"NONE"]}}}`,
        ),
    },
  },
  {
    name: 'variables of a subscription that are far too large',
    safe: { status: [200, 400], body: /"BAD_USER_INPUT"/, maxTurnMs: manyKeysMs },
    shapes: each(
      {
        'unknown fields of a filter': () => `{${times(100_000, (i) => `"s${i}":1`, ',')}}`,
        'ids of a filter': () => `{"ids":[${'1,'.repeat(900_000)}1]}`,
        'an id': () => `{"datasetId":{${times(100_000, (i) => `"d${i}":1`, ',')}}}`,
      },
      (value) =>
        post(
          `{"query":"subscription ($f: ExperimentFilter) { experimentsChanged(filter: $f) { cursor } }","variables":{"f":${value()}}}`,
          { accept: 'text/event-stream' },
        ),
    ),
  },
  {
    name: 'lists of a million entries over REST',
    safe: refusedList,
    shapes: {
      evaluators: () => rest('PATCH', 'exp_victim/', `{"evaluator_ids":[${'1,'.repeat(900_000)}1]}`),
      'empty evaluators': () => rest('PATCH', 'exp_victim/', `{"evaluator_ids":[${'"",'.repeat(600_000)}""]}`),
      tags: () => rest('PATCH', 'exp_victim/', `{"tags":[${'1,'.repeat(900_000)}1]}`),
      workflow: () => rest('PUT', 'exp_victim/', `{"workflow":[${'null,'.repeat(350_000)}null]}`),
    },
  },
  {
    name: 'the body of a REST list with a hundred thousand values',
    safe: { status: 400, body: /"body":\["The body holds more than 10000 values\."\]/ },
    shapes: {
      'unknown filters': () => rest('POST', 'list/', `{"filters":{${times(100_000, (i) => `"f${i}":1`, ',')}}}`),
      values: () =>
        rest('POST', 'list/', `{"filters":{"name":{"operator":"in","value":[${'"",'.repeat(600_000)}""]}}}`),
      'unknown names': () => rest('POST', 'list/', `{${times(50_000, (i) => `"u${i}":1`, ',')}}`),
      'of a summary': () => rest('POST', 'summary/', `{"filters":{"id":{"value":[${'1,'.repeat(900_000)}1]}}}`),
    },
  },
  {
    name: 'workflows and tags at and beyond their limits',
    safe: {
      status: [200, 400],
      body: /"ValidationError"|"UpdateExperimentSuccess"|"ExperimentPreview"/,
      maxTurnMs: manyKeysMs,
    },
    shapes: each(
      {
        '33 levels': () => `"workflow":[${'{"a":'.repeat(33)}1${'}'.repeat(33)}]`,
        '900 levels': () => `"workflow":[${'{"a":'.repeat(900)}1${'}'.repeat(900)}]`,
        '1 MiB': () => `"workflow":[{"a":"${'x'.repeat(1024 * 1024)}"}]`,
        '9,990 objects': () => `"workflow":[{"a":[${'{},'.repeat(9_990 - 10)}{}]}]`,
        '100 tasks': () => `"workflow":[${'{"type":"completion","config":{"temperature":9,"n":-1}},'.repeat(99)}{}]`,
        '1,000 keys of tags': () => `"tags":[{${times(1_000, (i) => `"k${i}":1`, ',')}}]`,
        '1,001 keys of tags': () => `"tags":[{${times(1_001, (i) => `"k${i}":1`, ',')}}]`,
        '64 KiB of tags': () => `"tags":[{"k":"${'x'.repeat(65_520)}"}]`,
        '60,000 keys of a task': () => `"workflow":[{${times(60_000, (i) => `"k${i}":1`, ',')}}]`,
        'keys that are numbers': () => `"workflow":[{${times(60_000, (i) => `"${i}":1.0`, ',')}}]`,
        'long numbers': () => `"workflow":[{"a":[${`${'9'.repeat(30)},`.repeat(30_000)}1]}]`,
        'repeated keys': () => `"workflow":[{${'"k":1.0,'.repeat(100_000)}"k":2}]`,
        'repeated keys of objects': () => `"workflow":[{${'"k":{"a":1.0},'.repeat(9_000)}"k":2}]`,
        escapes: () => `"workflow":[{"a":"${'\\u0041'.repeat(150_000)}"}]`,
        spaces: () => `"workflow":[{"a":1.0${' '.repeat(1_500_000)}}]`,
      },
      (member) =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i, dryRun: true) { __typename } }","variables":{"i":{${member()}}}}`,
        ),
    ),
  },
  {
    name: 'operators of a REST list that are none',
    safe: refusedList,
    shapes: each<unknown>(
      {
        regex: condition('regex', ['(a+)+$']),
        SQL: condition("= '' OR", ['x']),
        range: condition('range', [1, 2]),
        'a join': condition('__in', ['x']),
        number: condition(1, ['x']),
        list: condition(['in'], ['x']),
        object: condition({}, ['x']),
        null: { filters: { name: { operator: 'gt', value: [null] } } },
        'two values of gt': condition('gt', ['a', 'b']),
        'a value of text': condition('isnull', ['true'], 'dataset_id'),
        'no value': { filters: { name: { operator: 'in' } } },
        'four texts': condition('icontains', ['a', 'b', 'c', 'd']),
        'a long value': condition('in', ['x'.repeat(256)]),
        '101 values': condition('in', Array.from({ length: 101 }, String)),
        'an object as value': condition('in', [{}]),
      },
      restList,
    ),
  },
  {
    name: 'fields of a REST list that are none',
    safe: refusedList,
    shapes: {
      ...each<unknown>(
        {
          organization: condition('in', ['x'], 'organization'),
          'a join': condition('in', ['x'], 'user__password'),
          'a column': condition('in', ['x'], 'folded_name'),
          SQL: condition('in', ['x'], 'name"; --'),
          long: condition('in', ['x'], 'x'.repeat(100_000)),
          'filters of text': { filters: 'x' },
          'filters of a list': { filters: [1] },
          'a condition of text': { filters: { name: 'x' } },
          'a condition of a list': { filters: { name: [] } },
        },
        restList,
      ),
      ...each(
        {
          'a column': 'sort_by=folded_name',
          SQL: 'sort_by=name;drop',
          'two minuses': 'sort_by=--name',
          'a plus': 'sort_by=%2Bname',
          'two fields': 'sort_by=name,id',
          prototypes: 'sort_by=constructor',
          minus: 'sort_by=-',
          NUL: 'sort_by=name%00',
          long: `sort_by=${'x'.repeat(8_000)}`,
          'a number': 'sort_by=1',
        },
        (search) => rest('GET', `?${search}`),
      ),
    },
  },
  {
    name: 'unknown parameters of a REST list',
    safe: answered(/"UNKNOWN_FIELD"/),
    shapes: {
      'a thousand': rest('GET', `?${times(1_000, (i) => `a${i}=1`, '&')}`),
      'in the body': () => rest('POST', 'list/', `{${times(9_000, (i) => `"u${i}":1`, ',')}}`),
      'bad escapes': rest('GET', '?%ff=%00&%E0%A4%A=x'),
      'filters in the query string': rest('GET', '?filters={"name":1}&name__contains=x'),
    },
  },
  {
    name: 'links of a list that would carry what was sent',
    safe: answered(/"next":/, { hides: /<script>|javascript:/ }),
    shapes: {
      markup: rest('GET', '?page_size=1&x=%3Cscript%3E%0d%0a'),
      'another host': rest('GET', '?page_size=1', '', {
        'x-forwarded-host': 'evil.test"><script>',
        'x-forwarded-proto': 'javascript:',
      }),
    },
  },
];
