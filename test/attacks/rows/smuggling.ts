import { type Attack, each, raw, refused } from '../attack.ts';

/** The request that an attacker wants to hide from what stands before the gateway. It would show as a second answer. */
const hidden =
  'DELETE /api/v2/experiments/exp_victim/ HTTP/1.1\r\nhost: a\r\nauthorization: Bearer a-key-for-attacks-that-is-the-same-everywhere\r\n\r\n';
const post = (headers: string, body: string) =>
  raw(`POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${headers}\r\n${body}`);
const chunked = (headers: string) => post(headers, `0\r\n\r\n${hidden}`);
const length = (headers: string) => post(headers, hidden);
const once = { ...refused(400, 'BAD_USER_INPUT'), answers: 1 };

/** Requests whose end two readers could see in two places. Each is refused, and its connection closed. */
export const smuggling: readonly Attack[] = [
  {
    name: 'a content-length beside chunks',
    safe: once,
    shapes: each(
      {
        'CL, TE': 'content-length: 6\r\ntransfer-encoding: chunked\r\n',
        'TE, CL': 'transfer-encoding: chunked\r\ncontent-length: 6\r\n',
        'a length of 0': 'content-length: 0\r\ntransfer-encoding: chunked\r\n',
        'the same in capitals': 'CONTENT-LENGTH: 6\r\nTRANSFER-ENCODING: CHUNKED\r\n',
        'a connection that drops one':
          'connection: content-length\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n',
      },
      chunked,
    ),
  },
  {
    name: 'two lengths',
    safe: once,
    shapes: each(
      {
        different: 'content-length: 0\r\ncontent-length: 5\r\n',
        'the same': 'content-length: 0\r\ncontent-length: 0\r\n',
        'in one header': 'content-length: 0, 5\r\n',
        'the same in one header': 'content-length: 0, 0\r\n',
      },
      length,
    ),
  },
  {
    name: 'a length that is none',
    safe: once,
    shapes: each(
      {
        negative: '-1',
        plus: '+0',
        hexadecimal: '0x0',
        exponent: '0e0',
        fraction: '0.0',
        'a space inside': '1 0',
        empty: '',
        words: 'zero',
        'a number without end': '9'.repeat(300),
        '2^64': '18446744073709551616',
        'a NUL': '0\0',
        'another script': '\xd9\xa0',
        underscore: '1_0',
      },
      (value) => length(`content-length: ${value}\r\n`),
    ),
  },
  {
    name: 'a transfer coding that is not quite chunked',
    safe: once,
    shapes: each(
      {
        xchunked: 'xchunked',
        identity: 'identity',
        'chunked, identity': 'chunked, identity',
        'chunked, gzip': 'chunked, gzip',
        gzip: 'gzip',
        'a quote': '"chunked"',
        'a parameter': 'chunked;q=1',
        'a vertical tab': '\x0bchunked',
        'a NUL': 'chunked\0',
        'a comma before': ', ,x',
        cow: 'cow',
      },
      (value) => chunked(`transfer-encoding: ${value}\r\n`),
    ),
  },
  {
    name: 'transfer-encoding twice',
    safe: { status: 400 },
    shapes: each(
      {
        'chunked, then identity': 'transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n',
        'chunked, then nonsense': 'transfer-encoding: chunked\r\ntransfer-encoding: cow\r\n',
      },
      chunked,
    ),
  },
  {
    name: 'a transfer coding that another reader might not see',
    safe: once,
    shapes: each(
      {
        'a space before the colon': 'transfer-encoding : chunked\r\n',
        'a tab before the colon': 'transfer-encoding\t: chunked\r\n',
        'a folded line': 'transfer-encoding:\r\n chunked\r\n',
        'a folded value': 'x: y\r\n transfer-encoding: chunked\r\n',
        'a bare line feed': 'x: y\ntransfer-encoding: chunked\r\n',
        'a bare carriage return': 'x: y\rtransfer-encoding: chunked\r\n',
        'a NUL in the name': 'transfer\0-encoding: chunked\r\n',
        'a space before the name': ' transfer-encoding: chunked\r\n',
        'a name of high bytes': 'transfer-encoding\xff: chunked\r\n',
        'no name': ': chunked\r\n',
        'no colon': 'transfer-encoding chunked\r\n',
        quotes: '"transfer-encoding": chunked\r\n',
      },
      (headers) => post(`${headers}content-length: ${hidden.length + 5}\r\n`, `0\r\n\r\n${hidden}`),
    ),
  },
  {
    name: 'chunks whose size is none',
    safe: once,
    shapes: each(
      {
        words: 'zz\r\n',
        negative: '-1\r\n',
        plus: '+1\r\n{\r\n',
        '0x': '0x1\r\n{\r\n',
        empty: '\r\n',
        'a space before': ' 1\r\n{\r\n',
        'a space inside': '1 0\r\n{\r\n',
        '2^64': '10000000000000001\r\n{\r\n',
        'digits without end': `${'0'.repeat(20_000)}1\r\n{\r\n`,
        'a bare line feed': '1\n{\r\n0\r\n\r\n',
        'a bare carriage return': '1\r{\r\n0\r\n\r\n',
        'more than it says': '1\r\n{{{{\r\n0\r\n\r\n',
        'a line feed after the data': '1\r\n{\n0\r\n\r\n',
        'an underscore': '1_0\r\n{\r\n',
        'a NUL': '1\0\r\n{\r\n',
        'a line feed in an extension': '1;a\nb\r\n{\r\n0\r\n\r\n',
        'a carriage return in an extension': '1;a\rb\r\n{\r\n0\r\n\r\n',
      },
      (chunks) => post('transfer-encoding: chunked\r\n', `${chunks}${hidden}`),
    ),
  },
  {
    name: 'a request line that could end elsewhere',
    safe: once,
    shapes: each(
      {
        'a bare line feed': 'GET /health HTTP/1.1\nhost: a\n\n',
        'a bare carriage return': 'GET /health HTTP/1.1\rhost: a\r\r',
        'a tab': 'GET\t/health\tHTTP/1.1\r\nhost: a\r\n\r\n',
        'a space in the target': 'GET /health /x HTTP/1.1\r\nhost: a\r\n\r\n',
        'a line feed in the target': 'GET /health\nx HTTP/1.1\r\nhost: a\r\n\r\n',
        'a NUL in the target': 'GET /health\0 HTTP/1.1\r\nhost: a\r\n\r\n',
        'no version': 'GET /health \r\nhost: a\r\n\r\n',
        'a version that goes on': 'GET /health HTTP/1.1x\r\nhost: a\r\n\r\n',
        'a version of two digits': 'GET /health HTTP/1.10\r\nhost: a\r\n\r\n',
      },
      (text) => raw(`${text}${hidden}`),
    ),
  },
  {
    name: 'a body on a GET that looks like a request',
    safe: { status: [200, 400, 404], answers: 1 },
    shapes: {
      'with a length': raw(`GET /health HTTP/1.1\r\nhost: a\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}`),
      'in a chunk': raw(
        `GET /health HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
      ),
      'of HEAD': raw(`HEAD /health HTTP/1.1\r\nhost: a\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}`),
      'of a refused request': raw(
        `POST /nowhere HTTP/1.1\r\nhost: a\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}`,
      ),
      'of a refused body': post(`content-length: ${hidden.length}\r\n`, hidden),
      'of an upgrade': raw(
        `GET /health HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}`,
      ),
      'of an expectation': raw(
        `GET /health HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}`,
      ),
    },
  },
  {
    name: 'a request behind one that closes the connection',
    safe: { status: 200, answers: 1 },
    shapes: {
      close: raw(`GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n${hidden}`),
      'HTTP/1.0': raw(`GET /health HTTP/1.0\r\nhost: a\r\n\r\n${hidden}`),
    },
  },
  {
    name: 'a request behind CONNECT',
    safe: { status: 400, answers: 1 },
    shapes: {
      'to a host': raw(`CONNECT a:80 HTTP/1.1\r\nhost: a\r\n\r\n${hidden}`),
      'to us': raw(`CONNECT 127.0.0.1:1 HTTP/1.1\r\nhost: a\r\n\r\n${hidden}`),
    },
  },
  {
    name: 'requests in a row on one connection',
    safe: { status: 200, answers: 200 },
    shapes: { '200 of them': raw('GET /health HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(200)) },
  },
];
