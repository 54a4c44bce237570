import { describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { exchange, openWire, post } from '../support/http/wire.ts';

const limit = 2 * 1024 * 1024;
const typename = { data: { __typename: 'Query' } };
const refused = (status: number, code: string) => ({ status, code });

/** Builds a GraphQL request of exactly `bytes` bytes. */
function buildRequest(bytes: number): string {
  const [head, tail] = ['{"query":"{ __typename }"', '}'];
  return head + ' '.repeat(bytes - head.length - tail.length) + tail;
}

/** Sends a body with a key: callers without one may not send large bodies. */
async function send(to: TestGateway, body: BodyInit, headers: Record<string, string> = {}) {
  const own = { 'content-type': 'application/json', authorization: `Bearer ${to.key}` };
  const init = { method: 'POST', headers: { ...own, ...headers }, body };
  return to.fetch('/graphql', { ...init, ...(body instanceof ReadableStream && { duplex: 'half' }) });
}

async function readRefusal(response: Response) {
  const { errors } = (await response.json()) as { errors: { extensions: { code: string; status: number } }[] };
  expect(errors).toHaveLength(1);
  expect(errors[0]?.extensions.status).toBe(response.status);
  return refused(response.status, errors[0]?.extensions.code ?? '');
}

function toStream(text: string): ReadableStream {
  const bytes = Buffer.from(text);
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 65_536) controller.enqueue(bytes.subarray(at, at + 65_536));
      controller.close();
    },
  });
}

describe('request bodies', () => {
  test('a body of exactly 2 MiB is read, with and without a content-length', async () => {
    const gateway = await createTestGateway();
    for (const body of [buildRequest(limit), toStream(buildRequest(limit))]) {
      const response = await send(gateway, body);
      expect([response.status, await response.json()]).toEqual([200, typename]);
    }
  });

  test('a body of one byte more than 2 MiB is refused, with and without a content-length', async () => {
    const gateway = await createTestGateway();
    for (const body of [buildRequest(limit + 1), toStream(buildRequest(limit + 1))]) {
      expect(await readRefusal(await send(gateway, body))).toEqual(refused(413, 'PAYLOAD_TOO_LARGE'));
    }
  });

  test('the size of a body is counted in bytes, not in characters', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { text: 'é'.repeat(limit / 2) } });
    expect(body.length).toBeLessThan(limit);
    expect((await send(await createTestGateway(), body)).status).toBe(413);
  });

  test('a body whose content-length is too large is refused before it arrives', async () => {
    const gateway = await createTestGateway();
    const connection = await openWire(await gateway.app.listen());
    await connection.send(post('', { 'content-length': String(limit + 1) }));
    expect((await connection.answer()).status).toBe(413);
  });

  test('a body that is too large is refused while it is being sent, and the client can read the answer', async () => {
    const gateway = await createTestGateway();
    const url = await gateway.app.listen();
    const piece = Buffer.alloc(256 * 1024, 0x20);
    const chunk = Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
    const whole = post('', { 'content-length': String(64 * piece.length) });
    const chunked = post('').replace('content-length: 0', 'transfer-encoding: chunked');
    const ways = [
      { head: whole, piece, end: '' },
      { head: chunked, piece: chunk, end: '0\r\n\r\n' },
    ];
    for (const { head, piece, end } of ways) {
      const connection = await openWire(url);
      await connection.send(head);
      for (let sent = 0; sent < 9; sent++) await connection.send(piece);
      expect((await connection.answer()).status).toBe(413);
      for (let sent = 9; sent < 64; sent++) await connection.send(piece);
      await connection.send(`${end}GET /health HTTP/1.1\r\nhost: gateway.test\r\nconnection: close\r\n\r\n`);
      // The connection still works: the next request on it is answered, and it was not reset.
      expect((await connection.answer()).status).toBe(200);
      expect(await connection.closed).toBeUndefined();
    }
  });

  test.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['an upload', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['plain text', { 'content-type': 'text/plain' }],
    ['a bare document', { 'content-type': 'application/graphql' }],
    ['JSON with the media type of a response', { 'content-type': 'application/graphql-response+json' }],
    ['text/json', { 'content-type': 'text/json' }],
    ['two media types', { 'content-type': 'application/json, text/plain' }],
    ['JSON in Latin-1', { 'content-type': 'application/json; charset=latin1' }],
    ['JSON in UTF-16', { 'content-type': 'application/json; charset="utf-16"' }],
    ['gzip', { 'content-encoding': 'gzip' }],
    ['brotli', { 'content-encoding': 'br' }],
    ['deflate followed by identity', { 'content-encoding': 'deflate, identity' }],
  ])('a body sent as %s is refused with 415', async (_name, headers) => {
    const response = await send(await createTestGateway(), '{"query":"{ __typename }"}', headers);
    expect(await readRefusal(response)).toEqual(refused(415, 'UNSUPPORTED_MEDIA_TYPE'));
  });

  test('a body without a content type is refused with 415', async () => {
    const gateway = await createTestGateway();
    const bytes = post('{"query":"{ __typename }"}').replace('content-type: application/json\r\n', '');
    expect((await exchange(await gateway.app.listen(), bytes)).status).toBe(415);
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"'])(
    'a body of type %s is read',
    async (type) => {
      const response = await send(await createTestGateway(), '{"query":"{ __typename }"}', { 'content-type': type });
      expect([response.status, await response.json()]).toEqual([200, typename]);
    },
  );

  test.each([
    ['cut short', '{"query":"{ __typename }"'],
    ['with a trailing comma', '{"query":"{ __typename }",}'],
    ['followed by more JSON', '{"query":"{ __typename }"}{}'],
    ['with NaN as a number', '{"query":"{ __typename }","variables":{"a":NaN}}'],
    ['without content', ''],
    ['that is a string', '"{ __typename }"'],
    ['that is a number', '1'],
    ['that is null', 'null'],
    ['nested one million levels deep', '['.repeat(1_000_000)],
    ['without a query', '{}'],
    ['with a query that is not a string', '{"query":1}'],
    ['with variables that are not an object', '{"query":"{ __typename }","variables":[1]}'],
    ['with an operation name that is not a string', '{"query":"{ __typename }","operationName":1}'],
    ['that is a batch', '[{"query":"{ __typename }"}]'],
    ['that is an empty batch', '[]'],
  ])('a body %s is refused with 400', async (_name, body) => {
    const response = await send(await createTestGateway(), body, { accept: 'application/graphql-response+json' });
    expect(await readRefusal(response)).toEqual(refused(400, 'BAD_USER_INPUT'));
  });

  test.each(['[{"query":"{ __typename }"}]', '{"query":', 'null', '{}', '{"query":null}'])(
    'a body that holds no GraphQL request is refused with 400 whatever the client accepts: %s',
    async (body) => {
      for (const accept of ['application/json', '*/*'])
        expect((await send(await createTestGateway(), body, { accept })).status).toBe(400);
    },
  );

  test.each([500, 1_000, 1_950, 100_000])(
    'a body whose document is %i brackets deep is refused with 400',
    async (depth) => {
      const query = `{ experiments(filter: { a: ${'['.repeat(depth)}1${']'.repeat(depth)} }) { totalCount } }`;
      const response = await send(await createTestGateway(), JSON.stringify({ query }), {
        accept: 'application/graphql-response+json',
      });
      expect(response.status).toBe(400);
    },
  );

  test('a body nested 900,000 levels deep is refused with 400 and does not crash the gateway', async () => {
    const body = `{"query":"{ __typename }","variables":{"deep":${'['.repeat(900_000)}${']'.repeat(900_000)}}}`;
    expect(await readRefusal(await send(await createTestGateway(), body))).toEqual(refused(400, 'BAD_USER_INPUT'));
  });

  test('a body that is not valid UTF-8 is refused with 400, not silently repaired', async () => {
    const bytes = Buffer.concat([Buffer.from('{"query":"{ __typename }","a":"'), Buffer.of(0xff), Buffer.from('"}')]);
    expect(await readRefusal(await send(await createTestGateway(), bytes))).toEqual(refused(400, 'BAD_USER_INPUT'));
  });
});
