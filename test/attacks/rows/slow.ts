import { type Attack, bearer, raw, refused, request } from '../attack.ts';

const pauseMs = 100;
const json = { ...bearer, 'content-type': 'application/json' };
const chunked = { 'content-length': null, 'transfer-encoding': 'chunked' };
const line = 'GET /health HTTP/1.1\r\nhost: a\r\n';

/** Requests that arrive as slowly as they can. The gateway waits 15 s for the rest of one (contract, section 7). */
export const slow: readonly Attack[] = [
  {
    name: 'a head that never ends, byte by byte',
    isSlow: true,
    safe: refused(408),
    shapes: {
      'in a method': { head: raw('G'), piece: raw(''), pauseMs },
      'in a target': { head: raw('GET /'), piece: raw('a'), pauseMs },
      'in a header': { head: raw(`${line}x: `), piece: raw('a'), pauseMs },
      'in headers': { head: raw(line), piece: raw('x: y\r\n'), pauseMs },
      'and then nothing': { head: raw(line), piece: raw(''), pauseMs },
    },
  },
  {
    name: 'a body that never ends, byte by byte',
    isSlow: true,
    safe: refused(408),
    shapes: {
      'of GraphQL': {
        head: request('POST /graphql', { ...json, 'content-length': '100000' }),
        piece: raw(' '),
        pauseMs,
      },
      'that never begins': {
        head: request('POST /graphql', { ...json, 'content-length': '100000' }),
        piece: raw(''),
        pauseMs,
      },
      'in chunks': { head: request('POST /graphql', { ...json, ...chunked }), piece: raw('1\r\n \r\n'), pauseMs },
      'in the size of a chunk': { head: request('POST /graphql', { ...json, ...chunked }), piece: raw('0'), pauseMs },
      'of a stranger': {
        head: request('POST /graphql', { 'content-type': 'application/json', 'content-length': '60000' }),
        piece: raw(' '),
        pauseMs,
      },
      'over REST': {
        head: request('PUT /api/v2/experiments/exp_victim/', { ...json, 'content-length': '100000' }),
        piece: raw(' '),
        pauseMs,
      },
    },
  },
];
