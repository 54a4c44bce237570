import {
  type Attack,
  answered,
  bearer,
  each,
  get,
  graphql,
  post,
  raw,
  refused,
  request,
  rest,
  times,
} from '../attack.ts';

const typename = answered(/"__typename":"Query"/);
const withHeader = (name: string) => (value: string) => graphql('{ __typename }', {}, { [name]: value });
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
    name: 'an upgrade to another protocol',
    safe: typename,
    shapes: each(
      { websocket: 'websocket', h2c: 'h2c', TLS: 'TLS/1.0', several: 'h2c, websocket, x', nothing: '' },
      (upgrade) =>
        graphql(
          '{ __typename }',
          {},
          {
            connection: 'upgrade, close, http2-settings',
            upgrade,
            'http2-settings': 'AAMAAABkAAQAAP__',
            'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
            'sec-websocket-version': '13',
          },
        ),
    ),
  },
  {
    name: 'HTTP/2 without TLS, and other protocols',
    safe: { status: 400 },
    shapes: each(
      {
        'its preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
        SSH: 'SSH-2.0-OpenSSH_9.2\r\n',
        SMTP: 'EHLO evil.test\r\n',
        Redis: '*1\r\n$4\r\nPING\r\n',
        PostgreSQL: '\0\0\0\x08\x04\xd2\x16\x2f',
        SOCKS: '\x05\x01\x00',
        'HTTP/0.9': 'GET /health\r\n\r\n',
        'HTTP/3.0': 'GET /health HTTP/3.0\r\nhost: a\r\n\r\n',
        'a version of words': 'GET /health HTTP/one\r\nhost: a\r\n\r\n',
        zeros: '\0'.repeat(1_000),
      },
      raw,
    ),
  },
  {
    name: 'HTTP/1.0',
    safe: { status: [200, 400] },
    shapes: each(
      {
        plain: 'GET /health HTTP/1.0\r\n\r\n',
        'kept alive': 'GET /health HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n',
        'with chunks':
          'POST /graphql HTTP/1.0\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\n0\r\n\r\n',
      },
      raw,
    ),
  },
  {
    name: 'an expectation',
    safe: { status: [200, 417] },
    shapes: each(
      {
        continue: '100-continue',
        miracles: 'miracles',
        twice: '100-continue, 100-continue',
        long: 'x'.repeat(5_000),
        empty: '',
      },
      withHeader('expect'),
    ),
  },
  {
    name: 'a flood of headers',
    safe: refused(431),
    shapes: {
      '70,000 characters of one': get('/health', { x: 'a'.repeat(70_000) }),
      'a name of 70,000 characters': get('/health', { ['x'.repeat(70_000)]: 'a' }),
      'ten thousand of them': raw(
        `GET /health HTTP/1.1\r\nhost: a\r\n${times(10_000, (i) => `x-${i}: a\r\n`, '')}\r\n`,
      ),
      'without end': { head: raw('GET /health HTTP/1.1\r\nhost: a\r\n'), piece: raw('x-a: b\r\n'.repeat(500)) },
      'a value without end': { head: raw('GET /health HTTP/1.1\r\nhost: a\r\nx: '), piece: raw('a'.repeat(4_000)) },
      'a target of 70,000 characters': get(`/health?${'a'.repeat(70_000)}`),
    },
  },
  {
    name: 'many headers within the limit',
    safe: typename,
    shapes: {
      '700 of them': graphql(
        '{ __typename }',
        {},
        Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`x${i}`, ''])),
      ),
      'the same name': graphql('{ __typename }', {}, { x: Array.from({ length: 700 }, () => 'a') }),
      'names of prototypes': graphql(
        '{ __typename }',
        {},
        { __proto__2: 'x', ['__proto__']: 'x', constructor: 'y', tostring: 'z', hasownproperty: '1' },
      ),
    },
  },
  {
    name: 'trailers and extensions of chunks',
    safe: { status: [200, 400, 413, 431] },
    shapes: {
      'trailers that repeat headers': request(
        'POST /graphql',
        {
          ...bearer,
          'content-type': 'application/json',
          'content-length': null,
          'transfer-encoding': 'chunked',
          trailer: 'authorization',
        },
        '1a\r\n{"query":"{ __typename }"}\r\n0\r\nauthorization: Bearer x\r\ncontent-length: 5\r\n\r\n',
      ),
      'trailers without end': {
        head: request(
          'POST /graphql',
          { ...bearer, 'content-type': 'application/json', 'content-length': null, 'transfer-encoding': 'chunked' },
          '1a\r\n{"query":"{ __typename }"}\r\n0\r\n',
        ),
        piece: raw('x-a: b\r\n'.repeat(500)),
      },
      'an extension without end': {
        head: request(
          'POST /graphql',
          { ...bearer, 'content-type': 'application/json', 'content-length': null, 'transfer-encoding': 'chunked' },
          '1a;x=',
        ),
        piece: raw('a'.repeat(8_000)),
      },
      'an extension for each byte': request(
        'POST /graphql',
        { ...bearer, 'content-type': 'application/json', 'content-length': null, 'transfer-encoding': 'chunked' },
        `${times(26, (i) => `1;a="${'b'.repeat(200)}"\r\n${'{"query":"{ __typename }"}'[i]}\r\n`, '')}0\r\n\r\n`,
      ),
    },
  },
  {
    name: 'a hostile Host',
    safe: refused(400),
    shapes: each(
      {
        none: null,
        empty: '',
        'a space': 'a b',
        'a bracket': '[',
        'a user': 'user:pass@gateway.test',
        'a path': 'gateway.test/evil',
        'a query': 'gateway.test?x',
        'a fragment': 'gateway.test#x',
        'a port beyond 65535': 'gateway.test:99999',
        'a negative port': 'gateway.test:-1',
        'a backslash': 'gateway.test\\evil',
        percent: 'gateway%00.test',
        markup: '<script>',
        bytes: '\xff\xff',
      },
      (host: string | null) => get('/health', { host }),
    ),
  },
  {
    name: 'a Host given twice',
    safe: { status: [200, 400] },
    shapes: {
      different: get('/health', { host: ['gateway.test', 'evil.test'] }),
      'the same': get('/health', { host: ['a', 'a'] }),
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
