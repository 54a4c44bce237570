import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../support/gateway/arbitraries.ts';
import { readMetrics } from '../support/gateway/metrics.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { openStream } from '../support/http/stream.ts';
import { exchange, openWire, post } from '../support/http/wire.ts';

const viewer = '{ viewer { organization } }';
const create = 'mutation Create($input: CreateExperimentInput!) { createExperiment(input: $input) { __typename } }';

test('/metrics is Prometheus text for anyone who can reach it, by GET and HEAD, in production too', async () => {
  const gateway = await createTestGateway({ NODE_ENV: 'production' });
  const answer = await gateway.fetch('/metrics');
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
    'no-store',
  ]);
  const head = await gateway.fetch('/metrics', { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect((await gateway.fetch('/metrics', { method: 'POST' })).status).toBe(405);
  expect((await gateway.fetch('/metrics/')).status).toBe(404);
});

test('/metrics counts requests and their durations by the kind and name of their operation, and by status', async () => {
  const gateway = await createTestGateway();
  await gateway.data(`query Mine ${viewer}`);
  await gateway.data(`query Mine ${viewer}`);
  await gateway.data(viewer);
  await gateway.data(create, { input: { experimentId: 'a' } });
  await gateway.graphql('{');
  const bearer = { authorization: `Bearer ${gateway.key}` };
  await gateway.fetch('/api/v2/experiments/a/', { headers: bearer });
  await gateway.fetch('/api/v2/experiments/b', { headers: bearer });
  await gateway.fetch('/api/v2/nothing/here', { headers: bearer });
  await gateway.fetch('/nowhere');
  await gateway.fetch('/health');
  const { value } = await readMetrics(gateway);
  const counted = {
    'kind="query",operation="Mine",status="200"': 2,
    'kind="query",operation="anonymous",status="200"': 1,
    'kind="mutation",operation="Create",status="200"': 1,
    'kind="rest",operation="GET experiment",status="200"': 1,
    'kind="rest",operation="GET experiment",status="404"': 1,
    'kind="rest",operation="none",status="404"': 1,
    'kind="probe",operation="health",status="200"': 1,
    'kind="other",operation="none",status="200"': 1,
    'kind="other",operation="none",status="404"': 1,
  };
  for (const [labels, count] of Object.entries(counted))
    expect([labels, value(`gateway_requests_total{${labels}}`)]).toEqual([labels, count]);
  const mine = 'kind="query",operation="Mine"';
  expect(value(`gateway_request_duration_seconds_count{${mine}}`)).toBe(2);
  expect(value(`gateway_request_duration_seconds_bucket{${mine},le="+Inf"}`)).toBe(2);
  expect(value(`gateway_request_duration_seconds_sum{${mine}}`)).toBeGreaterThan(0);
});

test('/metrics counts the requests of both gates, and those whose bytes were no valid HTTP', async () => {
  const gateway = await createTestGateway();
  const url = await gateway.app.listen();
  const body = JSON.stringify({ query: viewer });
  await exchange(url, post(body));
  await gateway.graphql(viewer);
  await exchange(url, 'hello\r\n\r\n');
  const { value } = await readMetrics(gateway);
  expect(value('gateway_operations_by_gate_total{gate="node"}')).toBe(1);
  expect(value('gateway_operations_by_gate_total{gate="fetch"}')).toBe(1);
  expect(value('gateway_requests_total{kind="query",operation="anonymous",status="200"}')).toBe(2);
  expect(value('gateway_requests_total{kind="other",operation="none",status="400"}')).toBe(1);
  expect(value('gateway_errors_total{code="BAD_USER_INPUT"}')).toBe(1);
});

test('/metrics counts errors by code: typed failures, top-level errors, and those of REST', async () => {
  const gateway = await createTestGateway();
  const { secret: reader } = await gateway.issueKey({ scopes: ['experiments:read'] });
  await gateway.data(create, { input: { name: '' } });
  await gateway.data(
    `mutation { ${[1, 2].map((n) => `a${n}: cancelExperiment(id: "${n}") { __typename }`).join(' ')} }`,
  );
  await gateway.graphql(create, { input: {} }, { key: reader });
  await gateway.graphql('{ experiments { totalCount } }', {}, { key: null });
  await gateway.fetch('/api/v2/experiments/a', { headers: { authorization: `Bearer ${gateway.key}` } });
  await gateway.fetch('/graphql', { method: 'PUT' });
  await gateway.fetch('/nowhere');
  const { series } = await readMetrics(gateway);
  const errors = [...series].filter(([name]) => name.startsWith('gateway_errors_total'));
  expect(Object.fromEntries(errors)).toEqual({
    'gateway_errors_total{code="BAD_USER_INPUT"}': 1,
    'gateway_errors_total{code="NOT_FOUND"}': 4,
    'gateway_errors_total{code="FORBIDDEN"}': 1,
    'gateway_errors_total{code="UNAUTHENTICATED"}': 1,
    'gateway_errors_total{code="METHOD_NOT_ALLOWED"}': 1,
  });
});

test.each([
  'succeeded failed',
  'results { __typename }',
  'results { __typename } again: results { ... on MutationError { code } }',
])('/metrics counts each failed row of a batch once, whatever is selected: %s', async (selection) => {
  const gateway = await createTestGateway();
  await gateway.data('mutation { createExperiment(input: { experimentId: "a" }) { __typename } }');
  await gateway.data(`mutation {
    cancelExperiments(ids: ["a", "", "b", "c"], policy: PARTIAL) { ... on CancelExperimentsSuccess { ${selection} } }
  }`);
  const { value } = await readMetrics(gateway);
  expect(value('gateway_errors_total{code="NOT_FOUND"}')).toBe(2);
  expect(value('gateway_errors_total{code="BAD_USER_INPUT"}')).toBe(1);
});

test('/metrics counts refused credentials by reason, and names none of them', async () => {
  const gateway = await createTestGateway();
  const revoked = await gateway.issueKey();
  await gateway.revokeKey(revoked.id);
  const expired = await gateway.issueKey({ expiresAt: new Date(0) });
  const unknown = `${gateway.key.slice(0, -1)}${gateway.key.endsWith('A') ? 'B' : 'A'}`;
  for (const key of [revoked.secret, revoked.secret, expired.secret, unknown, 'nonsense', 'a.b.c'])
    await gateway.graphql(viewer, {}, { key });
  const { series, text } = await readMetrics(gateway);
  const refused = [...series].filter(([name]) => name.startsWith('gateway_refused_credentials_total'));
  expect(Object.fromEntries(refused)).toEqual({
    'gateway_refused_credentials_total{reason="revoked key"}': 2,
    'gateway_refused_credentials_total{reason="expired key"}': 1,
    'gateway_refused_credentials_total{reason="unknown key"}': 1,
    'gateway_refused_credentials_total{reason="malformed"}': 1,
    'gateway_refused_credentials_total{reason="tokens not configured"}': 1,
  });
  for (const secret of [revoked.id, revoked.secret, unknown, gateway.key]) expect(text).not.toContain(secret);
});

test('/metrics counts the requests that RATE_LIMIT refuses, by kind, and their error code', async () => {
  const gateway = await createTestGateway({ RATE_LIMIT: '1/60' });
  await gateway.data(viewer);
  await gateway.graphql(viewer);
  await gateway.graphql(create, { input: {} });
  for (const method of ['GET', 'DELETE'])
    await gateway.fetch('/api/v2/experiments/a/', { method, headers: { authorization: `Bearer ${gateway.key}` } });
  const { series, value } = await readMetrics(gateway);
  const refused = [...series].filter(([name]) => name.startsWith('gateway_quota_refusals_total'));
  expect(Object.fromEntries(refused)).toEqual({
    'gateway_quota_refusals_total{kind="query"}': 1,
    'gateway_quota_refusals_total{kind="mutation"}': 1,
    'gateway_quota_refusals_total{kind="rest"}': 2,
  });
  expect(value('gateway_errors_total{code="RATE_LIMITED"}')).toBe(4);
});

test('/metrics shows the time of each call to storage, the commits, and how many writes each had', async () => {
  const gateway = await createTestGateway();
  // The purge at the start writes, too.
  const purged = 'gateway_storage_duration_seconds_count{call="experiments.purgeKeys"}';
  await expect.poll(async () => (await readMetrics(gateway)).value(purged)).toBe(1);
  const before = await readMetrics(gateway);
  await Promise.all(Array.from({ length: 20 }, () => gateway.data(create, { input: {} })));
  await gateway.data('{ experiment(id: "a") { name } }');
  const { value } = await readMetrics(gateway);
  expect(value('gateway_storage_duration_seconds_count{call="experiments.insert"}')).toBe(20);
  expect(value('gateway_storage_duration_seconds_count{call="experiments.find"}')).toBe(1);
  expect(value('gateway_storage_duration_seconds_sum{call="experiments.insert"}')).toBeGreaterThan(0);
  const change = (name: string) => value(name) - before.value(name);
  expect(change('gateway_storage_writes_per_commit_sum')).toBe(20);
  expect(change('gateway_storage_writes_per_commit_count')).toBeLessThan(20);
  expect(value('gateway_storage_waiting_writes')).toBe(0);
});

test('/metrics shows the subscriptions and connections that are open, and no longer when they are closed', async () => {
  const gateway = await createTestGateway();
  await gateway.data(create, { input: { experimentId: 'a' } });
  const wire = await openWire(await gateway.app.listen());
  await wire.send(post(JSON.stringify({ query: viewer })));
  await wire.answer();
  const stream = await openStream(gateway, 'subscription Watch { experimentChanged(id: "a") { name } }');
  await stream.next();
  const open = await readMetrics(gateway);
  expect(open.value('gateway_open_subscriptions')).toBe(1);
  expect(open.value('gateway_open_connections')).toBe(1);
  expect(open.value('gateway_requests_total{kind="subscription",operation="Watch",status="200"}')).toBe(1);
  await stream.leave();
  wire.destroy();
  await expect.poll(async () => (await readMetrics(gateway)).value('gateway_open_subscriptions')).toBe(0);
  await expect.poll(async () => (await readMetrics(gateway)).value('gateway_open_connections')).toBe(0);
});

test('/metrics shows how much of its budgets request bodies take, and gives it back', async () => {
  const gateway = await createTestGateway();
  const wire = await openWire(await gateway.app.listen());
  const bearer = { authorization: `Bearer ${gateway.key}` };
  await wire.send(`${post('', { ...bearer, 'content-length': '200000' })}${'x'.repeat(100_000)}`);
  const used = async (budget: string) =>
    (await readMetrics(gateway)).value(`gateway_budget_used_bytes{budget="${budget}"}`);
  await expect.poll(() => used('bodies')).toBe(100_000);
  const { value } = await readMetrics(gateway);
  expect(value('gateway_budget_used_bytes{budget="bodies of unknown callers"}')).toBe(0);
  for (const [budget, limit] of Object.entries({ bodies: 64, 'bodies of unknown callers': 16, answers: 64 }))
    expect(value(`gateway_budget_limit_bytes{budget="${budget}"}`)).toBe(limit * 1024 * 1024);
  wire.destroy();
  await expect.poll(() => used('bodies')).toBe(0);
});

test('/metrics shows how long the event loop was blocked', async () => {
  const gateway = await createTestGateway();
  await sleep(50);
  const before = await readMetrics(gateway);
  const end = performance.now() + 300;
  while (performance.now() < end);
  await sleep(50);
  const after = await readMetrics(gateway);
  const above = ({ value }: typeof before) =>
    value('gateway_event_loop_delay_seconds_count') - value('gateway_event_loop_delay_seconds_bucket{le="0.2"}');
  expect(above(after)).toBeGreaterThan(above(before));
});

test('/metrics has the figures of the process, and only one measurement of the event loop', async () => {
  const { names } = await readMetrics(await createTestGateway());
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds'])
    expect(names).toContain(name);
  expect(names).toContain('nodejs_heap_size_used_bytes');
  expect([...names].filter((name) => /event_?loop/.test(name))).toEqual(['gateway_event_loop_delay_seconds']);
});

test('whatever names callers give their operations, the metrics have at most 50 of them, and no long one', async () => {
  const gateway = await createTestGateway();
  const long = 'n'.repeat(65);
  await gateway.data(`query ${long} ${viewer}`);
  await gateway.graphql(`query Stranger ${viewer}`, {}, { key: null });
  for (let index = 0; index < 60; index++) await gateway.data(`query Name${index} ${viewer}`);
  const { series, text, value } = await readMetrics(gateway);
  const named = [...series.keys()].filter((name) =>
    name.startsWith('gateway_requests_total{kind="query",operation="Name'),
  );
  expect(named).toHaveLength(50);
  expect(value('gateway_requests_total{kind="query",operation="other",status="200"}')).toBe(12);
  for (const name of [long, 'Stranger']) expect(text).not.toContain(name);
});

test('nothing that callers send makes the metrics grow beyond a bound', async () => {
  const gateway = await createTestGateway();
  const name = fc.string({ unit: fc.constantFrom('a', 'B', '_', '9'), minLength: 1, maxLength: 80 });
  const word = fc.string({ minLength: 1, maxLength: 12 }).map(encodeURIComponent);
  const request = fc.record({
    path: fc.oneof(
      fc.constantFrom('/graphql', '/metrics', '/api/v2/experiments/', '/api/v2/experiments/list/'),
      word.map((id) => `/api/v2/experiments/${id}/`),
      word.map((path) => `/${path}`),
    ),
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'),
    kind: fc.constantFrom('query', 'mutation', 'subscription'),
    name,
    credential: fc.option(fc.oneof(word, fc.constant(gateway.key))),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ path, method, kind, name: given, credential }) => {
      const headers = {
        'content-type': 'application/json',
        ...(credential !== null && { authorization: `Bearer ${credential}` }),
      };
      const body = JSON.stringify({ query: `${kind} _${given} { __typename }`, operationName: `_${given}` });
      const hasBody = method !== 'GET' && method !== 'HEAD';
      await (await gateway.fetch(path, { method, headers, ...(hasBody && { body }) })).text();
    }),
    runs(200),
  );
  const { series, text } = await readMetrics(gateway);
  expect(series.size).toBeLessThan(2_000);
  expect(Buffer.byteLength(text)).toBeLessThan(200_000);
});
