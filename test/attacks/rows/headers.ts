import { type Attack, answered, bearer, each, graphql, post, raw, request, rest, times } from '../attack.ts';

export const typename = answered(/"__typename":"Query"/);
export const withHeader = (name: string) => (value: string) => graphql('{ __typename }', {}, { [name]: value });
const generated = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Values that would break a header, a line of the log, its JSON, or a terminal. */
const hostile: Record<string, string> = {
  'an encoded line break': 'a%0d%0aset-cookie: x=y',
  quotes: 'a","level":60,"msg":"forged',
  backslashes: 'a\\nb\\u000a',
  markup: '<script>',
  '8,000 characters': 'a'.repeat(8_000),
  'bytes beyond ASCII': '\xff\xfe\x80',
  'a C1 control': '\x9b31m\x85forged',
  'a tab': 'a\tb',
  'only commas': ','.repeat(4_000),
  'only semicolons': ';'.repeat(4_000),
  'only quotes': '"'.repeat(4_001),
  SQL: "' OR 1=1 --",
  prototypes: '__proto__',
  empty: '',
};

/** What headers may hold, and how many there may be. */
export const headers: readonly Attack[] = [
  {
    name: 'a hostile x-request-id',
    safe: { ...typename, headers: { 'x-request-id': generated } },
    shapes: each(
      Object.fromEntries(Object.entries(hostile).filter(([name]) => name !== 'prototypes')),
      withHeader('x-request-id'),
    ),
  },
  {
    name: 'a request id that would split a header',
    safe: { status: [200, 400], headers: { 'x-request-id': generated, 'set-cookie': /^$/ } },
    shapes: each(
      {
        'a folded line': 'x\r\n set-cookie: a=b',
        'a bare line feed': 'x\nset-cookie: a=b',
        'a bare carriage return': 'x\rset-cookie: a=b',
        NUL: 'x\0y',
        'two of them': 'x\r\nx-request-id: y',
      },
      (value) => raw(`GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-request-id: ${value}\r\n\r\n`),
    ),
  },
  {
    name: 'a hostile traceparent',
    safe: typename,
    shapes: each(
      {
        ...hostile,
        zeros: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`,
        'another version': `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
        uppercase: `00-${'A'.repeat(32)}-${'B'.repeat(16)}-01`,
      },
      withHeader('traceparent'),
    ),
  },
  { name: 'a hostile cookie', safe: { ...typename, hides: /forged/ }, shapes: each(hostile, withHeader('cookie')) },
  {
    name: 'a hostile user-agent and referer',
    safe: typename,
    shapes: each(hostile, (value) => graphql('{ __typename }', {}, { 'user-agent': value, referer: value })),
  },
  {
    name: 'a hostile origin',
    safe: { ...typename, headers: { 'access-control-allow-origin': /^$/ } },
    shapes: each(hostile, withHeader('origin')),
  },
  {
    name: 'hostile forwarding headers',
    safe: { status: [200, 431], hides: /evil|<script>/ },
    shapes: {
      ...each(hostile, (value) =>
        rest('GET', '?page_size=1', '', {
          'x-forwarded-host': `evil.test/${value}`,
          'x-forwarded-proto': `javascript:${value}`,
          'x-forwarded-for': value,
          forwarded: value,
          'x-real-ip': value,
        }),
      ),
    },
  },
  {
    name: 'forwarding headers that name another address',
    safe: { status: [401, 404], hides: /internal/ },
    shapes: {
      'x-original-url': request('GET /nowhere', {
        ...bearer,
        'x-original-url': '/metrics',
        'x-rewrite-url': '/metrics',
      }),
      'a trusted address': rest('GET', 'exp_victim/', '', {
        authorization: null,
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-user': 'admin',
        'x-api-key': 'admin',
        'x-organization': 'default',
      }),
    },
  },
  {
    name: 'a hostile Accept',
    safe: { status: [200, 406, 431] },
    shapes: each(
      {
        ...hostile,
        'ranges by the thousand': times(2_000, (i) => `a/${i};q=0.${i % 10}`, ','),
        'weights that are none': 'application/json;q=NaN, */*;q=1e400',
        'a weight of many digits': `application/json;q=0.${'9'.repeat(5_000)}`,
        'nested quotes': `application/json;a="${'\\"'.repeat(3_000)}"`,
        'parameters by the thousand': `application/json${';a=b'.repeat(3_000)}`,
        prototypes: '__proto__/constructor',
        'only refusals': '*/*;q=0',
        star: '*',
        slashes: '/'.repeat(5_000),
      },
      (accept) => graphql('{ __typename }', {}, { accept }),
    ),
  },
  {
    name: 'a hostile Content-Type',
    safe: { status: [200, 415] },
    shapes: each(
      {
        ...hostile,
        'parameters by the thousand': `application/json${';a=b'.repeat(3_000)}`,
        'charsets in a row': `application/json${';charset=utf-8'.repeat(500)}`,
        'an open quote': 'application/json; charset="utf-8',
        'a prototype': 'application/json; __proto__=utf-16',
        'NUL as text': 'application/json\\0',
      },
      (type) => post('{"query":"{ __typename }"}', { 'content-type': type }),
    ),
  },
  {
    name: 'a hostile Accept-Encoding',
    safe: typename,
    shapes: each(
      {
        ...hostile,
        everything: 'gzip, br, zstd, deflate, compress, *',
        ranges: times(1_000, (i) => `x${i};q=0.1`, ','),
      },
      withHeader('accept-encoding'),
    ),
  },
  {
    name: 'ranges and conditions that do not apply',
    safe: typename,
    shapes: {
      range: graphql('{ __typename }', {}, { range: `bytes=${times(1_000, (i) => `${i}-`, ',')}` }),
      'if-none-match': graphql(
        '{ __typename }',
        {},
        { 'if-none-match': '*', 'if-modified-since': 'x', 'if-range': '"x"' },
      ),
      te: graphql('{ __typename }', {}, { te: 'trailers, deflate;q=0.5', trailer: 'authorization' }),
      'a language': graphql('{ __typename }', {}, { 'accept-language': 'x'.repeat(5_000) }),
    },
  },
  {
    name: 'a hostile If-Match',
    safe: { status: [404, 412], body: /"detail"/ },
    shapes: each(
      {
        ...hostile,
        'ten digits': '"9999999999"',
        '2^31': '"2147483648"',
        '2^53': '"9007199254740993"',
        negative: '"-1"',
        weak: 'W/"1"',
        zero: '"0"',
        'a thousand': times(1_500, (i) => `"${i + 1000}"`, ','),
        'a list of edges': '"2147483648", "9999999999"',
        hexadecimal: '"0x1"',
        exponent: '"1e0"',
        spaces: '" 1 "',
        'an open quote': '"999',
        'a list of stars': '*,*',
      },
      (value) => rest('PATCH', 'exp_victim/', '{"description":"lost"}', { 'if-match': value }),
    ),
  },
  {
    name: 'a hostile Idempotency-Key',
    safe: { status: [201, 400, 422], mayWrite: true },
    shapes: each({ ...hostile, '256 characters': 'k'.repeat(256), '255 characters': 'k'.repeat(255) }, (value) =>
      rest('POST', '', '{"name":"Once"}', { 'idempotency-key': value }),
    ),
  },
];
