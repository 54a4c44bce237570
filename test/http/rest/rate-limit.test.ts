import { expect, test } from 'vitest';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';
import { readRemaining } from '../../support/http/rate-limit.ts';
import { callRest } from '../../support/http/rest.ts';

test.each<[cost: number, method: string, path: string, body?: object]>([
  [5, 'POST', '', { experiment_id: 'new' }],
  [5, 'PUT', 'a/', {}],
  [5, 'PATCH', 'a/', {}],
  [5, 'DELETE', 'a/'],
  [1, 'GET', 'a/'],
  [1, 'GET', 'none/'],
  [1, 'GET', ''],
  [1, 'GET', 'list/'],
  [1, 'GET', 'list/?page_size=99'],
  [2, 'GET', 'list/?page_size=100'],
  [2, 'GET', '?page_size=100'],
  [1, 'POST', 'list/', {}],
  [2, 'POST', 'list/', { page_size: 100 }],
  [2, 'POST', 'list/?page_size=100', { page_size: 10 }],
  [1, 'POST', 'list/', { page_size: 101 }],
  [1, 'GET', 'summary/'],
  [1, 'POST', 'summary/', { page_size: 100 }],
])('a call costs %i points: %s %s', async (cost, method, path, body) => {
  const gateway = await createTestGateway({ RATE_LIMIT: '100/60' });
  const created = await callRest(gateway, 'POST', '', { experiment_id: 'a' });
  const answer = await callRest(gateway, method, path, body);
  expect(answer.headers.get('ratelimit-policy')).toBe('"default";q=100;w=60');
  expect(Number(readRemaining(created)) - Number(readRemaining(answer))).toBe(cost);
});

test('HEAD costs as much as GET', async () => {
  const gateway = await createTestGateway({ RATE_LIMIT: '100/60' });
  expect(readRemaining(await callRest(gateway, 'HEAD', 'a/'))).toBe(99);
});

test('beyond the limit a call gets 429 with a detail and the headers, and writes nothing', async () => {
  const gateway = await createTestGateway({ RATE_LIMIT: '6/60' });
  expect((await callRest(gateway, 'POST', '', { experiment_id: 'a' })).status).toBe(201);
  const { status, headers, body } = await callRest(gateway, 'DELETE', 'a/');
  expect([status, body]).toEqual([
    429,
    { detail: expect.stringMatching(/^This request costs 5 points, and you have 1 of 6 left: try again in \d+ s\.$/) },
  ]);
  expect(headers.get('retry-after')).toMatch(/^([1-9]|[1-5]\d|60)$/);
  expect(readRemaining({ headers })).toBe(1);
  expect((await callRest(gateway, 'GET', 'a/')).status).toBe(200);
});

test('the refusal is as the OpenAPI document describes it, with each of its headers', async () => {
  const gateway = await createTestGateway({ RATE_LIMIT: '1/60' });
  const { paths } = await (await gateway.fetch('/api/v2/openapi.json')).json();
  const operations = Object.values<any>(paths).flatMap((path) =>
    ['get', 'post', 'put', 'patch', 'delete'].map((m) => path[m]),
  );
  const documented = operations.filter(Boolean).map(({ responses }) => responses[429]);
  expect(documented).toHaveLength(10);
  const { status, headers, body } = await callRest(gateway, 'DELETE', 'a/');
  expect([status, Object.keys(body)]).toEqual([429, ['detail']]);
  for (const { headers: names } of documented)
    for (const name of Object.keys(names)) expect([name, headers.get(name)]).toEqual([name, expect.any(String)]);
});

test('GraphQL and REST share the quota of a caller', async () => {
  const gateway = await createTestGateway({ RATE_LIMIT: '6/60' });
  await callRest(gateway, 'PUT', 'none/', {});
  expect((await gateway.data('{ rateLimit { remaining } }')).rateLimit.remaining).toBe(0);
  expect((await callRest(gateway, 'GET', 'list/')).status).toBe(429);
});

test('a caller without a scope is counted, one without a credential is not', async () => {
  const gateway = await createTestGateway({ RATE_LIMIT: '6/60' });
  const { secret } = await gateway.issueKey({ scopes: [] });
  for (const path of ['a/', 'list/', 'summary/']) {
    const forbidden = await callRest(gateway, 'GET', path, undefined, { key: secret });
    expect([forbidden.status, readRemaining(forbidden)]).toEqual([403, expect.any(Number)]);
    const unknown = await callRest(gateway, 'GET', path, undefined, { key: null });
    expect([unknown.status, readRemaining(unknown)]).toEqual([401, undefined]);
  }
});

test('the OpenAPI document and probes are not counted, and no answer has the headers without a limit', async () => {
  const limited = await createTestGateway({ RATE_LIMIT: '1/60' });
  const headers = { authorization: `Bearer ${limited.key}` };
  for (const path of ['/api/v2/openapi.json', '/health', '/ready'])
    expect(readRemaining(await limited.fetch(path, { headers }))).toBeUndefined();
  const unlimited = await createTestGateway();
  expect(readRemaining(await callRest(unlimited, 'GET', 'list/'))).toBeUndefined();
});
