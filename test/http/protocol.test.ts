import { describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openWire, post } from '../support/http/wire.ts';

const toAddress = (parameters: Record<string, string>) => `/graphql?${new URLSearchParams(parameters)}`;
const bearer = (gateway: TestGateway) => ({ authorization: `Bearer ${gateway.key}` });

describe('GET', () => {
  test('GET executes a query with variables and an operation name', async () => {
    const gateway = await createTestGateway();
    const { createExperiment } = await gateway.data(
      'mutation { createExperiment(input: { experimentId: "exp one/ü", name: "One" }) { __typename } }',
    );
    expect(createExperiment).toEqual({ __typename: 'CreateExperimentSuccess' });
    const address = toAddress({
      query: 'query One($id: ID!) { experiment(id: $id) { name } } query Two { __typename }',
      variables: JSON.stringify({ id: 'exp one/ü' }),
      operationName: 'One',
    });
    const response = await gateway.fetch(address, { headers: bearer(gateway) });
    expect([response.status, await response.json()]).toEqual([200, { data: { experiment: { name: 'One' } } }]);
  });

  test.each<Record<string, string>>([
    { query: 'mutation { createExperiment(input: { name: "x" }) { __typename } }' },
    {
      query: 'query Q { __typename } mutation M { createExperiment(input: { name: "x" }) { __typename } }',
      operationName: 'M',
    },
  ])('GET never mutates: $query', async (parameters) => {
    const gateway = await createTestGateway();
    const response = await gateway.fetch(toAddress(parameters), { headers: bearer(gateway) });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await gateway.data('{ experiments { totalCount } }')).toEqual({ experiments: { totalCount: 0 } });
  });

  test.each<Record<string, string>>([
    { query: '{ __typename }', variables: '{' },
    { query: '{ __typename }', variables: '[]' },
    { query: '{ __typename }', extensions: 'x' },
    { variables: '{}' },
    { query: '' },
  ])('GET with unusable parameters is refused with 400: %o', async (parameters) => {
    const gateway = await createTestGateway();
    const headers = { accept: 'application/graphql-response+json' };
    const response = await gateway.fetch(toAddress(parameters), { headers });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { extensions: object }[] };
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT', status: 400 }]);
  });
});

test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is not allowed on /graphql', async (method) => {
  const gateway = await createTestGateway();
  const response = await gateway.fetch('/graphql', { method });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
});

describe('HEAD', () => {
  const watch = 'subscription { experimentChanged(id: "exp_1") { id } }';

  test.each([
    ['a query', { query: '{ __typename }' }, 200],
    ['a query that does not parse', { query: '{' }, 400],
    ['no query', {}, 400],
    ['a mutation', { query: 'mutation { cancelExperiment(id: "x") { __typename } }' }, 405],
  ])('HEAD of /graphql with %s has the status and headers of GET, and no body', async (_what, parameters, status) => {
    const gateway = await createTestGateway();
    const url = await gateway.app.listen();
    const seen = [];
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${url}${toAddress(parameters)}`, {
        method,
        headers: { accept: 'application/graphql-response+json', 'x-request-id': 'the-same-for-both' },
      });
      const headers = [...response.headers].filter(([name]) => !/^(date|connection|keep-alive)$/.test(name));
      seen.push({ status: response.status, headers, text: await response.text() });
    }
    const [get, head] = seen;
    expect(get?.status).toBe(status);
    expect(head).toEqual({ ...get, text: '' });
  });

  test('a subscription by HEAD is refused with 405, since its events would have no reader', async () => {
    const gateway = await createTestGateway();
    const headers = { ...bearer(gateway), accept: 'text/event-stream' };
    const response = await gateway.fetch(toAddress({ query: watch }), { method: 'HEAD', headers });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });
});

test.each([
  ['application/json', 'application/json; charset=utf-8'],
  ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
  ['application/graphql-response+json, application/json;q=0.9', 'application/graphql-response+json; charset=utf-8'],
  ['application/graphql-response+json;q=0.5, application/json', 'application/json; charset=utf-8'],
  ['*/*', 'application/json; charset=utf-8'],
  ['application/*', 'application/json; charset=utf-8'],
])('a client whose Accept is %s receives %s', async (accept, contentType) => {
  const gateway = await createTestGateway();
  const { status, headers, body } = await gateway.graphql('{ __typename }', {}, { headers: { accept } });
  expect([status, headers.get('content-type'), body]).toEqual([200, contentType, { data: { __typename: 'Query' } }]);
});

test.each(['text/html', 'text/plain', 'image/png', 'application/xml'])(
  'a client that accepts only %s is refused with 406',
  async (accept) => {
    const gateway = await createTestGateway();
    const init = { method: 'POST', headers: { accept, 'content-type': 'application/json' } };
    const response = await gateway.fetch('/graphql', { ...init, body: '{"query":"{ __typename }"}' });
    expect(response.status).toBe(406);
  },
);

test.each(['text/html', 'application/json; charset=latin1'])(
  'a mutation refused with 406 is not executed: Accept is %s',
  async (accept) => {
    const gateway = await createTestGateway();
    const query = 'mutation { createExperiment(input: { name: "x" }) { __typename } }';
    const headers = { ...bearer(gateway), accept, 'content-type': 'application/json' };
    const response = await gateway.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
    expect(response.status).toBe(406);
    expect(await gateway.data('{ experiments { totalCount } }')).toEqual({ experiments: { totalCount: 0 } });
  },
);

test('answers to GraphQL requests are not cached', async () => {
  const gateway = await createTestGateway();
  const { headers } = await gateway.graphql('{ __typename }');
  expect(headers.get('cache-control')).toBe('no-store');
});

describe('connections', () => {
  const writeRequest = (name: string) =>
    post(JSON.stringify({ query: `{ ${name}: __typename }` }), { 'x-request-id': `asks-${name}` });

  test('a connection carries one request after another', async () => {
    const gateway = await createTestGateway();
    const connection = await openWire(await gateway.app.listen());
    for (const name of ['one', 'two', 'three']) {
      await connection.send(writeRequest(name));
      expect(await connection.answer()).toMatchObject({ status: 200, body: `{"data":{"${name}":"Query"}}` });
    }
  });

  test('pipelined requests are answered in order, refused ones too', async () => {
    const gateway = await createTestGateway();
    const connection = await openWire(await gateway.app.listen());
    const missing = 'HEAD /nowhere HTTP/1.1\r\nhost: gateway.test\r\n\r\n';
    await connection.send(
      [writeRequest('one'), missing, writeRequest('two'), post('[]'), writeRequest('three')].join(''),
    );
    expect(await connection.answer()).toMatchObject({ status: 200, body: '{"data":{"one":"Query"}}' });
    expect(await connection.answer({ hasBody: false })).toMatchObject({ status: 404 });
    expect(await connection.answer()).toMatchObject({ headers: { 'x-request-id': 'asks-two' } });
    expect(await connection.answer()).toMatchObject({ status: 400 });
    expect(await connection.answer()).toMatchObject({ status: 200, body: '{"data":{"three":"Query"}}' });
  });

  test.each([
    ['bytes that are not HTTP', 'hello\r\n\r\n', {}, 2],
    ['another request, although it closes the connection', writeRequest('two'), { connection: 'close' }, 1],
  ])('a request followed by %s gets its own answer', async (_what, rest, headers, answers) => {
    const gateway = await createTestGateway();
    const query = 'mutation { createExperiment(input: {}) { __typename } }';
    const own = { authorization: `Bearer ${gateway.key}`, ...headers };
    const connection = await openWire(await gateway.app.listen());
    await connection.send(`${post(JSON.stringify({ query }), own)}${rest}`);
    const found = await connection.answers();
    expect(found.map(({ status }) => status)).toEqual([200, 400].slice(0, answers));
    expect(found[0]?.body).toContain('CreateExperimentSuccess');
  });

  test('a request may arrive byte by byte', async () => {
    const gateway = await createTestGateway();
    const connection = await openWire(await gateway.app.listen());
    for (const byte of Buffer.from(writeRequest('slow'))) await connection.send(Buffer.of(byte));
    expect(await connection.answer()).toMatchObject({ status: 200, body: '{"data":{"slow":"Query"}}' });
  });

  test('a connection that breaks off in the middle of a body does not affect others', async () => {
    const gateway = await createTestGateway();
    const url = await gateway.app.listen();
    const broken = await openWire(url);
    await broken.send(post('{"query":', { 'content-length': '1000' }));
    broken.destroy();
    await broken.closed;
    const other = await openWire(url);
    await other.send(writeRequest('after'));
    expect(await other.answer()).toMatchObject({ status: 200, body: '{"data":{"after":"Query"}}' });
  });
});

test.each([
  ['a line that is not HTTP', 'hello\r\n\r\n', 400],
  ['an invalid Host', 'GET /health HTTP/1.1\r\nhost: [\r\n\r\n', 400],
  ['a Host with a space', 'GET /health HTTP/1.1\r\nhost: a b\r\n\r\n', 400],
  ['a request without a Host', 'GET /health HTTP/1.1\r\n\r\n', 400],
  ['a chunk without a size', post('').replace('content-length: 0', 'transfer-encoding: chunked') + 'zz\r\n', 400],
  ['a request with two content-lengths', post('{}', { 'content-length': '2\r\ncontent-length: 3' }), 400],
  ['a request with both a content-length and chunks', post('0\r\n\r\n', { 'transfer-encoding': 'chunked' }), 400],
  ['an expectation that cannot be met', 'GET /health HTTP/1.1\r\nhost: a\r\nexpect: miracles\r\n\r\n', 417],
  ['a header of 70,000 characters', `GET /health HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`, 431],
  ['an address of 70,000 characters', `GET /${'a'.repeat(70_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431],
])('%s is refused in JSON, with a request id and no internal details', async (_name, bytes, status) => {
  const gateway = await createTestGateway();
  const connection = await openWire(await gateway.app.listen());
  await connection.send(bytes);
  const answer = await connection.answer();
  expect(answer).toMatchObject({
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-request-id': expect.stringMatching(/^[\w-]{8,}$/),
    },
  });
  expect(JSON.parse(answer.body)).toEqual({
    errors: [{ message: expect.stringMatching(/^[\w ,.'-]{1,200}$/), extensions: { code: 'BAD_USER_INPUT', status } }],
  });
});
