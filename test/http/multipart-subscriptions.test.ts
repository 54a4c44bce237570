import { ApolloClient, type FetchResult, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { mutations, steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openWire, post } from '../support/http/wire.ts';

const accept = 'multipart/mixed;subscriptionSpec=1.0, application/json';
const watch = (id = 'exp_live') => `subscription { experimentChanged(id: "${id}") { status progress } }`;

async function createGatewayWithExperiment(): Promise<TestGateway> {
  const gateway = await createTestGateway();
  await gateway.data(mutations.create, { input: { experimentId: 'exp_live' } });
  return gateway;
}

function subscribe(gateway: TestGateway, headers: Record<string, string> = {}, query = watch()): Promise<Response> {
  const all = { accept, 'content-type': 'application/json', authorization: `Bearer ${gateway.key}`, ...headers };
  return gateway.fetch('/graphql', { method: 'POST', headers: all, body: JSON.stringify({ query }) });
}

const part = (json: string) => `\r\nContent-Type: application/json\r\n\r\n${json}\r\n--graphql`;
const opening = `\r\n--graphql${part('{}')}`;
const pending = part('{"payload":{"data":{"experimentChanged":{"status":"PENDING","progress":0}}}}');
const running = part('{"payload":{"data":{"experimentChanged":{"status":"RUNNING","progress":0}}}}');

/** Reads a stream until its text ends with `awaited`. */
function createReader({ body }: Response) {
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  onTestFinished(() => reader.cancel().catch(() => undefined));
  return async (awaited: string): Promise<string> => {
    while (!text.endsWith(awaited)) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    return text;
  };
}

test('Apollo Client follows a run with its stock HttpLink over a socket, and completes at shutdown', async () => {
  const gateway = await createGatewayWithExperiment();
  const uri = `${await gateway.app.listen()}/graphql`;
  const link = new HttpLink({ uri, headers: { authorization: `Bearer ${gateway.key}` } });
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  const seen: unknown[] = [];
  const run = [steps.start, steps.complete];
  const { promise: completed, resolve, reject } = Promise.withResolvers<void>();
  client.subscribe<any>({ query: gql(watch()) }).subscribe({
    next({ data, error }) {
      seen.push(error ?? data.experimentChanged);
      const step = run.shift();
      if (step) void gateway.data(step, { id: 'exp_live' });
      else void gateway.app.close();
    },
    error: reject,
    complete: resolve,
  });
  await completed;
  expect(seen).toMatchObject([
    { status: 'PENDING', progress: 0 },
    { status: 'RUNNING', progress: 0 },
    { status: 'COMPLETED', progress: 100 },
  ]);
});

test.each([
  ['a missing experiment', watch('nobody'), 'NOT_FOUND', 404],
  ['a document that is not valid', 'subscription { experimentChanged { status } }', 'BAD_USER_INPUT', 400],
])('Apollo Client gets the errors of a subscription to %s as GraphQL errors', async (_what, query, code, status) => {
  const gateway = await createGatewayWithExperiment();
  const uri = `${await gateway.app.listen()}/graphql`;
  const link = new HttpLink({ uri, headers: { authorization: `Bearer ${gateway.key}` } });
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  const results = await new Promise<FetchResult[]>((resolve, reject) => {
    const seen: any[] = [];
    client
      .subscribe<any>({ query: gql(query) })
      .subscribe({ next: (result) => seen.push(result), error: reject, complete: () => resolve(seen) });
  });
  expect(results).toMatchObject([
    { error: { name: 'CombinedGraphQLErrors', errors: [{ extensions: { code, status } }] } },
  ]);
});

test('the parts of a multipart subscription arrive over a socket byte for byte as the protocol writes them', async () => {
  const gateway = await createGatewayWithExperiment();
  const connection = await openWire(await gateway.app.listen());
  const authorization = `Bearer ${gateway.key}`;
  await connection.send(post(JSON.stringify({ query: watch() }), { accept, authorization }));
  const arrived = (text: string) => vi.waitFor(() => expect(connection.received()).toContain(text), 10_000);
  await arrived('"status":"PENDING"');
  await gateway.data(steps.start, { id: 'exp_live' });
  await arrived('"status":"RUNNING"');
  await gateway.data(mutations.delete, { id: 'exp_live' });
  const { status, headers, body } = await connection.answer();
  expect([status, body]).toEqual([200, `${opening}${pending}${running}--\r\n`]);
  expect(headers).toMatchObject({
    'content-type': 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"',
    'transfer-encoding': 'chunked',
  });
});

test.each([accept, 'text/event-stream'])('no proxy buffers or compresses a stream of %s', async (type) => {
  const { headers } = await subscribe(await createGatewayWithExperiment(), { accept: type });
  expect(headers.get('x-accel-buffering')).toBe('no');
  expect(headers.get('cache-control')).toBe('no-store, no-transform');
  expect(headers.has('content-encoding')).toBe(false);
});

test.each([
  'multipart/mixed;subscriptionSpec=1.0',
  'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0", application/json',
  'Multipart/Mixed ; SUBSCRIPTIONSPEC = "1.0"',
  "multipart/mixed;subscriptionSpec='1.0';boundary=x",
  'multipart/mixed;boundary="a;b,c";subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9',
  'multipart/mixed;deferSpec=20220824, multipart/mixed;subscriptionSpec=1.0, application/json',
  'multipart/mixed;subscriptionSpec=1.0, */*',
  'multipart/mixed;subscriptionSpec=1.0, text/event-stream',
  'text/event-stream;q=0.5, multipart/mixed;subscriptionSpec=1.0;q=0.6',
])('a subscriber that accepts %s is sent parts', async (type) => {
  const response = await subscribe(await createGatewayWithExperiment(), { accept: type });
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"',
  ]);
  expect(await createReader(response)(pending)).toBe(opening + pending);
});

test.each([
  ['text/event-stream, multipart/mixed;subscriptionSpec=1.0', 200, 'text/event-stream'],
  ['multipart/mixed;subscriptionSpec=1.0;q=0.2, text/event-stream;q=0.3', 200, 'text/event-stream'],
  ['multipart/mixed, text/event-stream', 200, 'text/event-stream'],
  ['multipart/mixed;subscriptionSpec=1.0;q=0, */*', 200, 'text/event-stream'],
  ['multipart/mixed;subscriptionSpec=2.0, application/json', 406, 'application/json; charset=utf-8'],
  ['multipart/mixed;deferSpec=20220824, application/json', 406, 'application/json; charset=utf-8'],
  ['multipart/mixed', 406, 'application/json; charset=utf-8'],
])('a subscriber that accepts %s receives %i and %s', async (type, status, contentType) => {
  const response = await subscribe(await createGatewayWithExperiment(), { accept: type });
  onTestFinished(() => response.body?.cancel());
  expect([response.status, response.headers.get('content-type')]).toEqual([status, contentType]);
});

test('a multipart subscription that cannot start sends its errors as the one payload, and completes', async () => {
  const gateway = await createGatewayWithExperiment();
  const response = await subscribe(gateway, {}, watch('nobody'));
  expect(response.status).toBe(200);
  const parts = (await response.text()).split(/\r\n--graphql(?:\r\n|--\r\n)/).slice(1, -1);
  expect(parts.map((text) => JSON.parse(text.slice(text.indexOf('\r\n\r\n'))))).toEqual([
    {},
    { payload: { errors: [expect.objectContaining({ extensions: { code: 'NOT_FOUND', status: 404 } })] } },
  ]);
});

test('a query of a client that also accepts parts is answered in one piece', async () => {
  const response = await subscribe(await createGatewayWithExperiment(), {}, '{ __typename }');
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
});

test.each([
  [accept, part('{}')],
  ['text/event-stream', ':\n\n'],
])('a silent stream of %s carries a heartbeat every 10 seconds, while its reader keeps up', async (type, heartbeat) => {
  const gateway = await createGatewayWithExperiment();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const read = createReader(await subscribe(gateway, { accept: type }));
  const before = await read('"progress":0}}}' + (type === accept ? '}\r\n--graphql' : '\n\n'));
  for (const count of [1, 2]) {
    const text = read(before + heartbeat.repeat(count));
    vi.advanceTimersByTime(10_000);
    expect(await text).toBe(before + heartbeat.repeat(count));
  }
  // Nobody reads for ten minutes: heartbeats do not pile up.
  vi.advanceTimersByTime(600_000);
  await gateway.data(mutations.delete, { id: 'exp_live' });
  const rest = (await read('--\r\n')).slice(before.length + 2 * heartbeat.length);
  expect(rest.split(heartbeat).length).toBeLessThan(10);
});

test('more than 100 multipart streams of one key are refused with 429, as JSON', async () => {
  const gateway = await createGatewayWithExperiment();
  for (let count = 0; count < 100; count++) await createReader(await subscribe(gateway))(pending);
  const refused = await subscribe(gateway, { accept: `${accept};q=0.5, application/graphql-response+json` });
  expect([refused.status, refused.headers.get('content-type')]).toEqual([
    429,
    'application/graphql-response+json; charset=utf-8',
  ]);
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED', status: 429 } }] });
});

test('a multipart stream completes within five seconds after its key is revoked', async () => {
  const gateway = await createGatewayWithExperiment();
  const { id, secret } = await gateway.issueKey();
  const read = createReader(await subscribe(gateway, { authorization: `Bearer ${secret}` }));
  await read(pending);
  await gateway.revokeKey(id);
  const start = Date.now();
  expect(await read('--\r\n')).toBe(`${opening}${pending}--\r\n`);
  expect(Date.now() - start).toBeLessThan(5_000);
});
