import { expect, test } from 'vitest';
import { readLog } from '../support/gateway/log.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { type Collector, type SeenSpan, startCollector } from '../support/http/collector.ts';
import { openStream } from '../support/http/stream.ts';
import { exchange, post } from '../support/http/wire.ts';
import { freePort } from '../support/process/process.ts';

const create = 'mutation Create($input: CreateExperimentInput!) { createExperiment(input: $input) { __typename } }';
const find = 'query Find { experiment(id: "a") { name revisions(first: 1) { totalCount } } }';
const outerSpan = 'b7ad6b7169203331';
const toTraceId = (number: number) => number.toString(16).padStart(32, '0');
const traceparent = (number: number, flags = '01') => `00-${toTraceId(number)}-${outerSpan}-${flags}`;

/** A gateway that sends its traces to a collector, and a function that waits until it has sent all of them. */
async function createTracedGateway(
  environment: Record<string, string> = {},
): Promise<{ gateway: TestGateway; collector: Collector; send(): Promise<void> }> {
  const collector = await startCollector();
  const gateway = await createTestGateway({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, ...environment });
  return { gateway, collector, send: () => gateway.app.close() };
}

/** The names of the spans of a trace, as paths from its first span here. */
function findPaths(spans: readonly SeenSpan[], traceId: string): string[] {
  const own = spans.filter((span) => span.traceId === traceId);
  const toPath = (span: SeenSpan): string => {
    const parent = own.find(({ spanId }) => spanId === span.parentSpanId);
    return `${parent ? `${toPath(parent)} > ` : ''}${span.name}`;
  };
  return own.map(toPath).toSorted();
}

test('a request, its operation and its calls to storage are spans, each a child of the one before', async () => {
  const { gateway, collector, send } = await createTracedGateway();
  const url = await gateway.app.listen();
  const bearer = { authorization: `Bearer ${gateway.key}` };
  const body = JSON.stringify({ query: create, variables: { input: { experimentId: 'a' } } });
  await exchange(url, post(body, { ...bearer, traceparent: traceparent(1) }));
  await gateway.graphql(find, {}, { headers: { traceparent: traceparent(2) } });
  await gateway.fetch('/api/v2/experiments/a/', { headers: { ...bearer, traceparent: traceparent(3) } });
  await send();
  expect(findPaths(collector.spans, toTraceId(1))).toEqual([
    'POST /graphql',
    'POST /graphql > mutation Create',
    'POST /graphql > mutation Create > storage experiments.insert',
    'POST /graphql > storage apiKeys.findByHash',
  ]);
  expect(findPaths(collector.spans, toTraceId(2))).toEqual([
    'POST /graphql',
    'POST /graphql > query Find',
    'POST /graphql > query Find > storage experiments.find',
    'POST /graphql > query Find > storage experiments.revisions',
  ]);
  expect(findPaths(collector.spans, toTraceId(3))).toEqual([
    'GET /api/v2/',
    'GET /api/v2/ > rest GET experiment',
    'GET /api/v2/ > rest GET experiment > storage experiments.find',
  ]);
  const requests = collector.spans.filter(({ kind }) => kind === 2);
  expect(requests.map(({ parentSpanId }) => parentSpanId)).toEqual([outerSpan, outerSpan, outerSpan]);
  expect(collector.resource).toMatchObject({ 'service.name': 'experiment-gateway' });
});

test('an answer names the span of its request, with or without a trace of the caller, a quota, a stream or an error', async () => {
  const { gateway, collector, send } = await createTracedGateway({ RATE_LIMIT: '99/60' });
  const url = await gateway.app.listen();
  const headers = { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query: '{ __typename }' });
  const follow = JSON.stringify({ query: 'subscription { experimentsChanged { cursor } }' });
  const answers = [
    await fetch(`${url}/graphql`, { method: 'POST', headers: { ...headers, traceparent: traceparent(7) }, body }),
    await fetch(`${url}/graphql`, { method: 'POST', headers, body }),
    await fetch(`${url}/graphql?query={__typename}`, { headers }),
    await fetch(`${url}/graphql`, { method: 'POST', headers, body: '[' }),
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...headers, accept: 'text/event-stream' },
      body: follow,
    }),
    await fetch(`${url}/api/v2/experiments/none/`, { headers }),
  ];
  const named = answers.map((answer) => answer.headers.get('traceresponse'));
  expect(answers[1]?.headers.get('ratelimit')).toMatch(/^"default";r=/);
  for (const answer of answers) await answer.body?.cancel();
  await send();
  const spans = collector.spans.filter(({ kind }) => kind === 2);
  expect(named).toEqual(spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`));
  expect(named[0]).toContain(toTraceId(7));
});

test('without a collector, answers have no trace', async () => {
  const gateway = await createTestGateway();
  const { headers } = await gateway.graphql('{ __typename }', {}, { headers: { traceparent: traceparent(1) } });
  expect(headers.get('traceresponse')).toBeNull();
});

test('the span of a request says how it ended, and no span holds a key, an input or an answer', async () => {
  const { gateway, collector, send } = await createTracedGateway();
  const headers = { 'x-request-id': 'mine' };
  await gateway.graphql(create, { input: { name: 'a secret name', batchSize: 0 } }, { headers });
  await send();
  const request = collector.spans.find(({ kind }) => kind === 2);
  expect(request?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/graphql',
    'url.path': '/graphql',
    'http.response.status_code': 200,
    'error.type': 'BAD_USER_INPUT',
    'gateway.request_id': 'mine',
    'gateway.organization': 'acme',
  });
  expect(collector.text()).not.toContain('secret name');
  expect(collector.text()).not.toContain(gateway.key);
});

test('requests at the same time keep their spans apart', async () => {
  const { gateway, collector, send } = await createTracedGateway();
  const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
  const twice = `query Twice { ${['a', 'b'].map((name) => `${name}: experiments(filter: {nameContains: "${name}"}) { totalCount }`).join(' ')} }`;
  await Promise.all(
    numbers.flatMap((number) => [
      gateway.graphql(twice, {}, { headers: { traceparent: traceparent(number) } }),
      gateway.graphql(create, { input: {} }, { headers: { traceparent: traceparent(100 + number) } }),
    ]),
  );
  await send();
  const withoutKeys = (paths: readonly string[]) => paths.filter((path) => !path.includes('apiKeys'));
  for (const number of numbers) {
    const inTwice = 'POST /graphql > query Twice';
    expect(withoutKeys(findPaths(collector.spans, toTraceId(number)))).toEqual([
      'POST /graphql',
      inTwice,
      ...['count', 'count', 'list', 'list'].map((call) => `${inTwice} > storage experiments.${call}`),
    ]);
    expect(withoutKeys(findPaths(collector.spans, toTraceId(100 + number)))).toHaveLength(3);
  }
});

test('the start of a subscription is a span of its request', async () => {
  const { gateway, collector, send } = await createTracedGateway();
  await gateway.data(create, { input: { experimentId: 'a' } });
  const stream = await openStream(gateway, 'subscription Watch { experimentChanged(id: "a") { name } }');
  await stream.next();
  await stream.leave();
  await send();
  const { traceId = '' } = collector.spans.find(({ name }) => name === 'subscription Watch') ?? {};
  expect(findPaths(collector.spans, traceId)).toEqual(
    expect.arrayContaining(['POST /graphql', 'POST /graphql > subscription Watch']),
  );
});

test('the log line of a request has the id of its trace, also of one that began here', async () => {
  const { gateway, collector, send } = await createTracedGateway({ LOG_LEVEL: 'info' });
  const log = readLog(gateway);
  await gateway.graphql(find);
  await gateway.graphql(find, {}, { headers: { traceparent: traceparent(7) } });
  await send();
  const logged = log.filter(({ msg }) => msg === 'request').map((line) => line.traceId);
  expect(logged[1]).toBe(toTraceId(7));
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set(logged));
});

test('a caller whose trace is not recorded is not recorded here either', async () => {
  const { gateway, collector, send } = await createTracedGateway();
  await gateway.graphql(find, {}, { headers: { traceparent: traceparent(1, '00') } });
  await gateway.graphql(find, {}, { headers: { traceparent: traceparent(2, '01') } });
  await send();
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([toTraceId(2)]));
});

test('probes are not traced', async () => {
  const { gateway, collector, send } = await createTracedGateway();
  for (const path of ['/health', '/ready', '/metrics', '/nowhere']) await gateway.fetch(path);
  await send();
  expect(collector.spans).toEqual([]);
});

test('while the collector is down, requests are answered, the log says so once, and the gateway stops in time', async () => {
  const gateway = await createTestGateway({
    LOG_LEVEL: 'info',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
  });
  const log = readLog(gateway);
  // More than one batch of spans.
  for (let count = 0; count < 600; count++) await gateway.data(find);
  const start = performance.now();
  await gateway.app.close();
  expect(performance.now() - start).toBeLessThan(4_000);
  const said = log.filter(({ msg }) => /collector/.test(msg));
  expect(said.length).toBeLessThanOrEqual(1);
  expect(log.filter(({ level }) => level >= 50)).toEqual([]);
});

test('the log says once that the collector refuses traces', async () => {
  const collector = await startCollector(400);
  const gateway = await createTestGateway({ LOG_LEVEL: 'info', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const log = readLog(gateway);
  for (let count = 0; count < 600; count++) await gateway.data(find);
  await gateway.app.close();
  expect(log.filter(({ msg }) => /collector/.test(msg)).map(({ level, msg }) => [level, msg])).toEqual([
    [40, 'the collector does not accept traces: they are dropped until it does'],
  ]);
});
