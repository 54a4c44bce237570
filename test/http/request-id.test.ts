import { describe, expect, test } from 'vitest';
import { sharedApp } from '../support/gateway/shared-app.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { exchange } from '../support/http/wire.ts';

const generatedId = /^[\da-f-]{36}$/;

test.each(['7', 'abc-123', 'b2f1a4d2-8f6e-4c55-9a41-0d3f0a3d2c11', 'req_01AB'])(
  'a valid x-request-id is returned unchanged: %s',
  async (id) => {
    const { headers } = await (await createTestGateway()).graphql(
      '{ __typename }',
      {},
      { headers: { 'x-request-id': id } },
    );
    expect(headers.get('x-request-id')).toBe(id);
  },
);

test.each([
  ['no characters', ''],
  ['200 characters', 'a'.repeat(200)],
  ['spaces', 'a b'],
  ['a quotation mark', 'a"b'],
  ['an encoded line break', 'a%0d%0ab'],
  ['a backslash escape', 'a\\nb'],
  ['a character beyond ASCII', 'ä'],
  ['markup', '<b>'],
  ['braces', '{"a":1}'],
])('an x-request-id with %s is replaced by a new one', async (_name, id) => {
  const { headers } = await (await createTestGateway()).graphql(
    '{ __typename }',
    {},
    { headers: { 'x-request-id': id } },
  );
  expect(headers.get('x-request-id')).toMatch(generatedId);
});

test.each([
  ['a folded line', 'x-request-id: evil\r\n set-cookie: a=b'],
  ['a bare line feed', 'x-request-id: evil\nset-cookie: a=b'],
  ['a bare carriage return', 'x-request-id: evil\rset-cookie: a=b'],
  ['a NUL', 'x-request-id: evil\0set-cookie: a=b'],
  ['a second value', 'x-request-id: evil\r\nx-request-id: wicked'],
  ['a tab', 'x-request-id: evil\tset-cookie: a=b'],
])('%s in a raw x-request-id cannot inject a header', async (_name, lines) => {
  const url = await (await createTestGateway()).app.listen();
  const { headers } = await exchange(url, `GET /health HTTP/1.1\r\nhost: a\r\n${lines}\r\n\r\n`);
  expect(headers['x-request-id']).toMatch(generatedId);
  expect(headers['set-cookie']).toBeUndefined();
});

test('every request gets a different id', async () => {
  const gateway = await createTestGateway();
  const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.graphql('{ __typename }')));
  expect(new Set(answers.map(({ headers }) => headers.get('x-request-id'))).size).toBe(20);
});

describe('every answer has an x-request-id', () => {
  const gateway = sharedApp();
  const json = { 'content-type': 'application/json' };
  const browser = { accept: 'text/html' };

  test.each<[string, string, RequestInit, number]>([
    ['a query', '/graphql', { method: 'POST', headers: json, body: '{"query":"{ __typename }"}' }, 200],
    ['invalid JSON', '/graphql', { method: 'POST', headers: json, body: '{' }, 400],
    ['a batch', '/graphql', { method: 'POST', headers: json, body: '[]' }, 400],
    ['a form', '/graphql', { method: 'POST', body: new URLSearchParams({ a: 'b' }) }, 415],
    ['a body that is too large', '/graphql', { method: 'POST', headers: json, body: ' '.repeat(2_097_153) }, 413],
    ['a method that is not allowed', '/graphql', { method: 'DELETE' }, 405],
    ['HEAD', '/graphql', { method: 'HEAD' }, 400],
    ['a GET without a query', '/graphql?variables={}', { headers: json }, 400],
    [
      'a client that accepts only images',
      '/graphql',
      { method: 'POST', headers: { ...json, accept: 'image/png' }, body: '{"query":"{ __typename }"}' },
      406,
    ],
    ['/health', '/health', {}, 200],
    ['/ready', '/ready', {}, 200],
    ['HEAD of /ready', '/ready', { method: 'HEAD' }, 200],
    ['an unknown address', '/nowhere', {}, 404],
    ['the page', '/', { headers: browser }, 200],
    ['an unknown asset of the page', '/assets/nothing.js', {}, 404],
    ['GraphiQL', '/graphql', { headers: browser }, 200],
    ['HEAD of GraphiQL', '/graphql', { method: 'HEAD', headers: browser }, 200],
    ['an unknown asset', '/graphql/assets/nothing.js', {}, 404],
  ])('the answer to %s has an x-request-id', async (_name, path, init, status) => {
    const headers = { ...(init.headers as Record<string, string>), 'x-request-id': 'mine' };
    const response = await gateway.fetch(path, { ...init, headers });
    expect([response.status, response.headers.get('x-request-id')]).toEqual([status, 'mine']);
  });

  test('every asset of GraphiQL comes with an x-request-id', async () => {
    const page = await (await gateway.fetch('/graphql', { headers: browser })).text();
    const assets = page.match(/\/graphql\/assets\/[\w.-]+/g) ?? [];
    expect(assets.length).toBeGreaterThan(1);
    for (const asset of assets) {
      const { status, headers } = await gateway.fetch(asset, { headers: { 'x-request-id': 'mine' } });
      expect([status, headers.get('x-request-id')]).toEqual([200, 'mine']);
    }
  });

  test('the refusal of GraphiQL in production has an x-request-id', async () => {
    const gateway = await createTestGateway({ NODE_ENV: 'production' });
    const response = await gateway.fetch('/graphql', { headers: { ...browser, 'x-request-id': 'mine' } });
    expect(response.headers.get('x-request-id')).toBe('mine');
  });

  test('the answer to a preflight has an x-request-id', async () => {
    const gateway = await createTestGateway({ CORS_ORIGINS: 'https://app.example.com' });
    const response = await gateway.fetch('/graphql', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'x-request-id': 'mine',
      },
    });
    expect([response.status, response.headers.get('x-request-id')]).toEqual([204, 'mine']);
  });
});
