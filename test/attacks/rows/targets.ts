import { type Attack, answered, bearer, each, get, graphql, raw, refused, request } from '../attack.ts';

const nothing = { status: 404, body: /NOT_FOUND|There is nothing here|Not found/ };

/** Request targets, and the addresses beside GraphQL and REST. */
export const targets: readonly Attack[] = [
  {
    name: 'a path that climbs',
    safe: { status: [400, 404], hides: /"name": ?"experiment-gateway"|root:/ },
    shapes: each(
      {
        plain: '/../../etc/passwd',
        'out of the assets': '/graphql/assets/../../package.json',
        'out of the assets, encoded': '/graphql/assets/%2e%2e/%2e%2e/package.json',
        'encoded slashes': '/graphql/assets/..%2f..%2fpackage.json',
        'encoded twice': '/graphql/assets/%252e%252e%252fpackage.json',
        backslashes: '/graphql/assets/..\\..\\package.json',
        overlong: '/graphql/assets/%c0%ae%c0%ae/package.json',
        'a NUL': '/graphql/assets/graphiql.js%00.css',
        'out of REST': '/api/v2/experiments/../../../etc/passwd',
        'into the probes': '/api/../metrics',
        'a file': '/package.json',
        git: '/.git/config',
        'the environment': '/.env',
        'the database': '/data/gateway.db',
        'our source': '/src/gateway.mjs',
        semicolons: '/metrics;/..;/x',
      },
      (path) => get(path),
    ),
  },
  {
    name: 'an address that is only nearly one of ours',
    safe: nothing,
    shapes: each(
      {
        'two slashes': '//health',
        'a slash behind': '/health/',
        capitals: '/HEALTH',
        'a dot': '/health.',
        encoded: '/%68ealth',
        'below it': '/metrics/x',
        'a suffix': '/readyz',
        'a space': '/health%20',
        'a NUL': '/health%00',
        'a fragment': '/health%23x',
        'a parameter': '/health;x=1',
        'GraphQL in capitals': '/GraphQL',
        'below GraphQL': '/graphql/x',
        'two slashes of GraphQL': '//graphql',
        'a dot of GraphQL': '/./graphql',
        prototypes: '/__proto__',
        'a percent': '/%',
        'many slashes': '/'.repeat(8_000),
        'a deep path': '/a'.repeat(5_000),
      },
      (path) => get(path),
    ),
  },
  {
    name: 'a target in absolute form',
    safe: { status: [200, 404], hides: /evil/ },
    shapes: each(
      {
        ours: 'http://gateway.test/health',
        another: 'http://evil.test/health',
        'with a user': 'http://user:pass@evil.test/health',
        'a path that climbs': 'http://evil.test/../health',
        capitals: 'HTTP://EVIL.TEST/health',
        'no path': 'http://evil.test',
        'a query only': 'http://evil.test?x',
        'a port of words': 'http://evil.test:x/health',
      },
      (target) => get(target),
    ),
  },
  {
    name: 'a target that is no path',
    safe: refused(400, 'BAD_USER_INPUT'),
    shapes: each(
      {
        star: '*',
        'a word': 'health',
        'another scheme': 'ftp://gateway.test/health',
        'a file': 'file:///etc/passwd',
        'no host': 'http:///health',
        'a question': '?query=x',
        'a fragment': '#x',
        'an address': 'gateway.test:80',
        javascript: 'javascript:alert(1)',
        backslash: '\\health',
      },
      (target) => get(target),
    ),
  },
  {
    name: 'bytes beyond ASCII in a target',
    safe: { status: [400, 404] },
    shapes: each(
      {
        'high bytes': '/\xff\xfe',
        'a C1 control': '/\x9b31m',
        'a line separator': '/\xe2\x80\xa8',
        'an escape': '/\x1b[31m',
        'a delete': '/\x7f',
        'a tab': '/\tx',
      },
      (path) => raw(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`),
    ),
  },
  {
    name: 'a path that would forge a line of the log',
    safe: { status: [400, 404] },
    shapes: each(
      {
        'a line break': '/x%0a{"level":60,"msg":"forged"}',
        'a carriage return': '/x%0d%0aforged',
        quotes: '/x","msg":"forged","a":"',
        backslashes: '/x\\n\\u000aforged',
        'an escape': '/x%1b[2Jforged',
        'a name of GraphQL': '/graphql%0aforged',
      },
      (path) => get(path),
    ),
  },
  {
    name: 'a method that a probe does not take',
    safe: { ...refused(405, 'METHOD_NOT_ALLOWED'), headers: { allow: /^GET, HEAD$/ } },
    shapes: Object.fromEntries(
      ['/health', '/ready', '/metrics'].flatMap((path) =>
        ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'].map((method) => [
          `${method} ${path}`,
          () => request(`${method} ${path}`),
        ]),
      ),
    ),
  },
  {
    name: 'a probe with a hostile query string and headers',
    safe: { status: 200, hides: /forged|<script>/ },
    shapes: each({ '/health': '/health', '/ready': '/ready', '/metrics': '/metrics' }, (path) =>
      get(`${path}?<script>&__proto__=forged&x=%00%0a`, {
        accept: 'forged',
        authorization: 'Bearer forged',
        'x-forwarded-for': 'forged',
      }),
    ),
  },
  {
    name: 'names that would fill the metrics',
    safe: answered(/gateway_/, { hides: /flood_[4-9]|\/nowhere/ }),
    before: () => [
      ...Array.from({ length: 150 }, (_, i) => graphql(`query flood_${350 + i} { __typename }`)),
      ...Array.from({ length: 20 }, (_, i) => get(`/nowhere/${i}`)),
      request('GET /nowhere', { ...bearer, 'x-request-id': 'flood_100' }),
    ],
    shapes: { 'after a flood': get('/metrics') },
  },
  {
    name: 'assets of GraphiQL that do not exist',
    safe: { status: 404 },
    shapes: each(
      {
        none: '/graphql/assets/',
        'a wrong hash': '/graphql/assets/graphiql.0000000000000000.js',
        prototypes: '/graphql/assets/__proto__',
        constructor: '/graphql/assets/constructor',
        'a map': '/graphql/assets/graphiql.js.map',
        'a long name': `/graphql/assets/${'a'.repeat(8_000)}`,
      },
      (path) => get(path, { 'accept-encoding': 'br;q=1e9, gzip' }),
    ),
  },
  {
    name: 'the page of GraphiQL with hostile parameters',
    modes: ['development'],
    safe: {
      status: 200,
      hides: /<script>alert|evil/,
      headers: { 'content-security-policy': /frame-ancestors 'none'/, 'x-content-type-options': /nosniff/ },
    },
    shapes: each(
      {
        markup: '?x=<script>alert(1)</script>',
        'an endpoint': '?endpoint=https://evil.test',
        variables: '?variables=</script><script>alert(1)',
        'a path': '/?x="><script>alert(1)',
      },
      (search) => request(`GET /graphql${search}`, { accept: 'text/html' }),
    ),
  },
  {
    name: 'the page of GraphiQL in production',
    modes: ['production'],
    safe: { status: [400, 404, 406], hides: /<html/ },
    shapes: {
      page: request('GET /graphql', { accept: 'text/html' }),
      'with a slash': request('GET /graphql/', { accept: 'text/html' }),
      root: request('GET /', { accept: 'text/html' }),
    },
  },
];
