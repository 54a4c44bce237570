import { type Attack, bearer, each, get, graphql, raw, refused, request, times } from '../attack.ts';
import { typename, withHeader } from './headers.ts';

/** How HTTP itself is spoken: its versions, its upgrades, and how much it may carry beside a body. */
export const connections: readonly Attack[] = [
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
];
