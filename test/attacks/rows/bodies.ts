import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type Attack, bearer, each, post, raw, refused, request, rest } from '../attack.ts';

export const mebibyte = 1024 * 1024;
export const typename = '{"query":"{ __typename }"}';
const pad = (bytes: number) => `{"query":"{ __typename }"${' '.repeat(Math.max(0, bytes - typename.length))}}`;
const unsupported = refused(415, 'UNSUPPORTED_MEDIA_TYPE');
const form = new URLSearchParams({
  query: 'mutation { deleteExperiment(id: "exp_victim") { __typename } }',
}).toString();
const parts = `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${typename}\r\n--x--\r\n`;
/** A gzip bomb: 100 MB of spaces in 100 KB. */
const bomb = () => gzipSync(Buffer.alloc(100_000_000, ' '), { level: 9 });
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
];
