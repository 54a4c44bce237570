import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import {
  type Attack,
  anonymous,
  answered,
  badInput,
  bearer,
  each,
  manyKeysMs,
  post,
  raw,
  refused,
  request,
  rest,
  times,
} from '../attack.ts';

const mebibyte = 1024 * 1024;
const typename = '{"query":"{ __typename }"}';
const pad = (bytes: number) => `{"query":"{ __typename }"${' '.repeat(Math.max(0, bytes - typename.length))}}`;
const unsupported = refused(415, 'UNSUPPORTED_MEDIA_TYPE');
const form = new URLSearchParams({
  query: 'mutation { deleteExperiment(id: "exp_victim") { __typename } }',
}).toString();
const parts = `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${typename}\r\n--x--\r\n`;
/** A gzip bomb: 100 MB of spaces in 100 KB. */
const bomb = () => gzipSync(Buffer.alloc(100_000_000, ' '), { level: 9 });
const open = (text: string, count: number) => text.repeat(count);
/** A body in chunks that goes on until there is an answer. */
const endless = (line: string, headers: Record<string, string | null>, piece: string) => ({
  head: request(line, {
    ...bearer,
    'content-type': 'application/json',
    'content-length': null,
    'transfer-encoding': 'chunked',
    ...headers,
  }),
  piece: raw(`${piece.length.toString(16)}\r\n${piece}\r\n`),
});

/** What a body may be, and how large. */
export const bodies: readonly Attack[] = [
  {
    name: 'a body that is not application/json',
    safe: unsupported,
    shapes: each(
      {
        form: ['application/x-www-form-urlencoded', form],
        'form with a charset': ['application/x-www-form-urlencoded; charset=utf-8', form],
        multipart: ['multipart/form-data; boundary=x', parts],
        'multipart without a boundary': ['multipart/form-data', parts],
        'multipart with an endless boundary': [`multipart/form-data; boundary=${'x'.repeat(8_000)}`, parts],
        text: ['text/plain', typename],
        'text that says it is JSON': ['text/plain; application/json', typename],
        graphql: ['application/graphql', '{ __typename }'],
        'another JSON': ['application/json-patch+json', typename],
        'a suffix': ['application/jsonx', typename],
        'two types': ['application/json, text/plain', typename],
        xml: ['application/xml', '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'],
        cbor: ['application/cbor', '\u00a0'],
        empty: ['', typename],
        'another charset': ['application/json; charset=utf-16', typename],
        'UTF-7': ['application/json; charset=utf-7', typename],
        'a quoted charset': ['application/json; charset="latin1"', typename],
      } satisfies Record<string, [string, string]>,
      ([type, body]: readonly [string, string]) => post(body, { 'content-type': type }),
    ),
  },
  {
    name: 'a REST body that is not application/json',
    safe: { status: 415, body: /"detail"/ },
    shapes: each(
      {
        form: 'application/x-www-form-urlencoded',
        multipart: 'multipart/form-data; boundary=x',
        text: 'text/plain',
        none: null,
      },
      (type) => rest('PUT', 'exp_victim/', '{"name":"x"}', { 'content-type': type }),
    ),
  },
  {
    name: 'a compressed body',
    safe: unsupported,
    shapes: {
      gzip: post(gzipSync(typename), { 'content-encoding': 'gzip' }),
      'a bomb': () => post(bomb(), { 'content-encoding': 'gzip' }),
      'x-gzip': post(gzipSync(typename), { 'content-encoding': 'x-gzip' }),
      GZIP: post(gzipSync(typename), { 'content-encoding': 'GZIP' }),
      deflate: post(deflateSync(typename), { 'content-encoding': 'deflate' }),
      brotli: post(brotliCompressSync(typename), { 'content-encoding': 'br' }),
      zstd: post(zstdCompressSync(typename), { 'content-encoding': 'zstd' }),
      'several times': post(gzipSync(gzipSync(typename)), { 'content-encoding': 'gzip, gzip' }),
      'identity and gzip': post(gzipSync(typename), { 'content-encoding': ['identity', 'gzip'] }),
      'plain, but it says gzip': post(typename, { 'content-encoding': 'gzip' }),
    },
  },
  {
    name: 'a compressed body that does not say so',
    safe: { status: [400, 413] },
    shapes: {
      gzip: post(gzipSync(typename)),
      'a bomb': () => post(bomb()),
      'in transfer coding': request(
        'POST /graphql',
        { ...bearer, 'content-type': 'application/json', 'content-length': null, 'transfer-encoding': 'gzip, chunked' },
        Buffer.concat([raw('1f\r\n'), gzipSync('x').subarray(0, 10), raw('x'.repeat(21)), raw('\r\n0\r\n\r\n')]),
      ),
    },
  },
  {
    name: 'a body beyond 2 MiB',
    safe: refused(413, 'PAYLOAD_TOO_LARGE'),
    shapes: {
      'one byte more': () => post(pad(2 * mebibyte + 1), { connection: null }),
      '8 MiB': () => post(pad(8 * mebibyte), { connection: null }),
      'that says so and sends nothing': request('POST /graphql', {
        ...bearer,
        'content-type': 'application/json',
        'content-length': '99999999999',
      }),
      'that says the largest number': request('POST /graphql', {
        ...bearer,
        'content-type': 'application/json',
        'content-length': '9007199254740993',
      }),
      'in chunks without end': endless('POST /graphql', {}, ' '.repeat(60_000)),
      'in chunks of JSON without end': endless('POST /graphql', {}, '[[[['.repeat(15_000)),
    },
  },
  {
    name: 'a REST body beyond 2 MiB',
    safe: { status: 413, body: /"detail"/ },
    shapes: {
      'one byte more': () => rest('PUT', 'exp_victim/', `{"name":"x"${' '.repeat(2 * mebibyte)}}`),
      'in chunks without end': endless('PATCH /api/v2/experiments/exp_victim/', {}, ' '.repeat(60_000)),
      'of a list': endless('POST /api/v2/experiments/list/', {}, ' '.repeat(60_000)),
    },
  },
  {
    name: 'a body of a stranger beyond 64 KiB',
    safe: refused(413, 'PAYLOAD_TOO_LARGE'),
    shapes: {
      'one byte more': () => post(pad(64 * 1024 + 1), { authorization: null }),
      'with a refused key': () => post(pad(64 * 1024 + 1), { authorization: 'Bearer sk_wrong' }),
      'in chunks without end': endless('POST /graphql', { authorization: null }, ' '.repeat(16_000)),
    },
  },
  {
    name: 'a body where none belongs',
    safe: { status: [200, 400, 401, 404, 405, 413] },
    shapes: {
      'GET of /health': request('GET /health', {}, 'x'.repeat(100_000)),
      'GET of an experiment': rest('GET', 'exp_victim/', 'x'.repeat(10_000), { 'content-type': 'application/json' }),
      'DELETE of a missing one': rest('DELETE', 'missing/', '{"permanently":true}'),
      'an unknown address': request('POST /nowhere', {}, 'x'.repeat(100_000)),
      'an unknown address, without end': endless('POST /nowhere', {}, ' '.repeat(60_000)),
      'a stranger over REST, without end': endless(
        'PUT /api/v2/experiments/exp_victim/',
        { authorization: null },
        ' '.repeat(60_000),
      ),
    },
  },
  {
    name: 'JSON that is none',
    safe: badInput,
    shapes: each(
      {
        empty: '',
        'white space': '   \n\t ',
        'an open object': '{',
        'an open string': '{"query":"{ __typename }',
        'a comma too many': '{"query":"{ __typename }",}',
        'single quotes': "{'query':'{ __typename }'}",
        'a comment': '{"query":"{ __typename }"}//',
        'two values': `${typename}${typename}`,
        NaN: '{"query":NaN}',
        'a leading zero': '{"query":"{ __typename }","variables":{"a":01}}',
        'a control character': '{"query":"{ __typename\n}"}',
        'a byte order mark inside': '{"query"\uFEFF:"{ __typename }"}',
        'two byte order marks': `\uFEFF\uFEFF${typename}`,
        'a bad escape': '{"query":"\\x41"}',
        JSONP: 'callback({"query":"{ __typename }"})',
        'a million digits and a letter': `{"variables":{"a":${'1'.repeat(1_000_000)}x}}`,
        'a million quotes': '"'.repeat(1_000_001),
        'a million backslashes': `"${'\\'.repeat(1_000_000)}`,
      },
      (body) => post(body),
    ),
  },
  {
    name: 'JSON that nests beyond 1,000 levels',
    safe: badInput,
    shapes: each(
      {
        'a million open lists': open('[', mebibyte),
        'open objects': open('{"a":', 300_000),
        'closed lists': `${open('[', 1_001)}${open(']', 1_001)}`,
        'in variables': `{"query":"{ __typename }","variables":{"a":${open('[', 1_001)}${open(']', 1_001)}}}`,
        'in an unknown member': `{"query":"{ __typename }","x":${open('{"a":', 5_000)}1${open('}', 5_000)}}`,
        'in extensions': `{"query":"{ __typename }","extensions":{"a":${open('[', 100_000)}${open(']', 100_000)}}}`,
      },
      (body) => post(body),
    ),
  },
  {
    name: 'a REST body that nests beyond 1,000 levels',
    safe: { status: 400, body: /"detail"/ },
    shapes: each(
      {
        lists: `{"tags":${open('[', 100_000)}`,
        workflow: `{"workflow":[${open('{"a":', 1_200)}1${open('}', 1_200)}]}`,
        filters: `{"filters":${open('{"a":', 2_000)}`,
      },
      (body) => rest('POST', 'list/', body),
    ),
  },
  {
    name: 'JSON of more than 10,000 objects and arrays',
    safe: badInput,
    shapes: each(
      {
        lists: `{"query":"{ __typename }","variables":{"a":[${times(10_000, () => '[]', ',')}]}}`,
        objects: `{"query":"{ __typename }","x":[${times(400_000, () => '{}', ',')}]}`,
        'beside each other': `[${times(500_000, () => '[]', ',')}]`,
      },
      (body) => post(body),
    ),
  },
  {
    name: 'JSON of 2 MiB within its limits of structure',
    safe: { status: 200, body: /"__typename":"Query"/, maxTurnMs: manyKeysMs },
    shapes: each(
      {
        numbers: () => `[${'1,'.repeat(900_000)}1]`,
        'long numbers': () => `[${`${'9'.repeat(30)},`.repeat(60_000)}1]`,
        exponents: () => `[${'1e5,'.repeat(450_000)}1]`,
        'a number of a million digits': () => `[${'7'.repeat(1_500_000)}]`,
        'an exponent of a million digits': () => `[1e${'7'.repeat(1_500_000)}]`,
        keys: () => `{${times(160_000, (i) => `"k${i}":1`, ',')}}`,
        'keys that are numbers': () => `{${times(160_000, (i) => `"${i * 7}":1`, ',')}}`,
        'the same key': () => `{${times(220_000, () => '"k":1', ',')}}`,
        'keys whose hashes are long': () => `{${times(1_500, (i) => `"${'k'.repeat(1_300)}${i}":1`, ',')}}`,
        'empty strings': () => `[${'"",'.repeat(600_000)}1]`,
        escapes: () => `["${'\\u0041'.repeat(300_000)}"]`,
        spaces: () => `[${' '.repeat(1_900_000)}]`,
        nulls: () => `[${'null,'.repeat(350_000)}null]`,
        'lists within limits': () => `[${times(9_900, () => '[1,2,3]', ',')}]`,
      },
      (value) => post(`{"query":"{ __typename }","variables":{"a":${value()}}}`),
    ),
  },
  {
    name: 'JSON of 64 KiB from a stranger',
    safe: answered(/"__typename":"Query"/),
    shapes: each(
      {
        numbers: () => `[${'1,'.repeat(30_000)}1]`,
        keys: () => `{${times(5_000, (i) => `"k${i}":1`, ',')}}`,
        'the same key': () => `{${times(8_000, () => '"k":1.0', ',')}}`,
        objects: () => `[${times(9_000, () => '{}', ',')}]`,
        'a long number': () => '7'.repeat(60_000),
      },
      (value) => anonymous('{ __typename }', JSON.parse(`{"a":${value()}}`)),
    ),
  },
  {
    name: 'bytes that are not UTF-8',
    safe: badInput,
    shapes: each(
      {
        'a lone continuation': '\x80',
        'an overlong slash': '\xc0\xaf',
        'an overlong NUL': '\xc0\x80',
        'a surrogate': '\xed\xa0\x80',
        'beyond Unicode': '\xf4\x90\x80\x80',
        'five bytes': '\xf8\x88\x80\x80\x80',
        'cut off': '\xe2\x82',
        'FF FE': '\xff\xfe',
      },
      (bytes) => post(raw(`{"query":"{ __typename } # ${bytes}"}`)),
    ),
  },
  {
    name: 'JSON in another encoding of Unicode',
    safe: badInput,
    shapes: {
      'UTF-16': post(Buffer.from(typename, 'utf16le')),
      'UTF-16 with a mark': post(Buffer.from(`\uFEFF${typename}`, 'utf16le')),
      'UTF-32': post(Buffer.from(typename.split('').join('\0\0\0'))),
    },
  },
];
