import { type Attack, bearer, each, get, request, rest, times } from '../attack.ts';

/** Addresses and methods of REST. */
export const restAddresses: readonly Attack[] = [
  {
    name: 'a REST address that does not exist',
    safe: { status: 404 },
    shapes: {
      ...each(
        {
          'two slashes': '/x/',
          'too deep': 'x/y/z/',
          results: 'exp_victim/logs/',
          histogram: 'exp_victim/histogram/',
          'a bad escape': '%E0%A4%A/',
          'a surrogate': '%ED%A0%80/',
          'a NUL': '%00/',
          'a line break': '%0a/',
          'an encoded slash': 'x%2Fy/',
          dots: '%2e%2e/',
          SQL: "x'%20OR%201=1--/",
          'a long id': `${'x'.repeat(8_000)}/`,
        },
        (path) => rest('GET', path),
      ),
      'another version': get('/api/v3/experiments/'),
      'another resource': get('/api/v2/users/'),
    },
  },
  {
    name: 'a method that REST does not take',
    safe: { status: 405, headers: { allow: /GET/ } },
    shapes: {
      ...each({ TRACE: 'TRACE', OPTIONS: 'OPTIONS', POST: 'POST', PURGE: 'PURGE' }, (method) =>
        rest(method, 'exp_victim/', method === 'POST' ? '{}' : ''),
      ),
      'DELETE of all': rest('DELETE', ''),
      'PUT of all': rest('PUT', '', '{}'),
      'DELETE of a list': rest('DELETE', 'list/'),
      'PATCH of a summary': rest('PATCH', 'summary/', '{}'),
      'POST of the document': request('POST /api/v2/openapi.json', bearer, '{}'),
      'a method that overrides': rest('POST', 'exp_victim/', '{}', { 'x-http-method-override': 'DELETE' }),
    },
  },
  {
    name: 'writes to an id that no experiment may have',
    safe: { status: [400, 404], body: /"detail"/ },
    shapes: {
      ...each(
        {
          NUL: '%00',
          controls: '%01%1b%7f',
          'a long one': 'x'.repeat(8_000),
          emoji: '%F0%9F%92%A9'.repeat(600),
          prototypes: '__proto__',
          'a dataset': 'dataset:x',
        },
        (id) => rest('PUT', `${id}/`, '{"name":"x"}'),
      ),
      'PATCH of a NUL': rest('PATCH', '%00/', '{}'),
      'DELETE of a NUL': rest('DELETE', '%00/'),
      'a thousand bytes of escapes': rest('DELETE', `${times(1_000, () => '%41', '')}/`),
    },
  },
];
