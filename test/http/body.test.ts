import { describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { exchange, openWire, post } from '../support/http/wire.ts';

const limit = 2 * 1024 * 1024;
const typename = { data: { __typename: 'Query' } };
const refused = (status: number, code: string) => ({ status, code });

/** A GraphQL request of so many bytes. */
function request(bytes: number): string {
  const [head, tail] = ['{"query":"{ __typename }"', '}'];
  return head + ' '.repeat(bytes - head.length - tail.length) + tail;
}

/** Sends a body by a known caller: the others may not send large ones. */
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

function streamed(text: string): ReadableStream {
  const bytes = Buffer.from(text);
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 65_536) controller.enqueue(bytes.subarray(at, at + 65_536));
      controller.close();
    },
  });
}

describe('a body', () => {
  test('of exactly 2 MiB is read, with and without its length announced', async () => {
    const gateway = await createTestGateway();
    for (const body of [request(limit), streamed(request(limit))]) {
      const response = await send(gateway, body);
      expect([response.status, await response.json()]).toEqual([200, typename]);
    }
  });

  test('of one byte more is refused, with and without its length announced', async () => {
    const gateway = await createTestGateway();
    for (const body of [request(limit + 1), streamed(request(limit + 1))]) {
      expect(await readRefusal(await send(gateway, body))).toEqual(refused(413, 'PAYLOAD_TOO_LARGE'));
    }
  });

  test('is counted in bytes, not in characters', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { text: 'é'.repeat(limit / 2) } });
    expect(body.length).toBeLessThan(limit);
    expect((await send(await createTestGateway(), body)).status).toBe(413);
  });

  test('that only says that it is too long is refused before it comes', async () => {
    const gateway = await createTestGateway();
    const connection = await openWire(await gateway.app.listen());
    await connection.send(post('', { 'content-length': String(limit + 1) }));
    expect((await connection.answer()).status).toBe(413);
  });

  test('that is too long is refused while it is still being sent, and its sender reads the answer', async () => {
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
      // The connection is in order still: the next request on it is answered, and nothing was reset.
      expect((await connection.answer()).status).toBe(200);
      expect(await connection.closed).toBeUndefined();
    }
  });

  test.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['an upload', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['plain text', { 'content-type': 'text/plain' }],
    ['a bare document', { 'content-type': 'application/graphql' }],
    ['JSON under another name', { 'content-type': 'application/graphql-response+json' }],
    ['JSON as text', { 'content-type': 'text/json' }],
    ['a list of types', { 'content-type': 'application/json, text/plain' }],
    ['JSON in Latin-1', { 'content-type': 'application/json; charset=latin1' }],
    ['JSON in UTF-16', { 'content-type': 'application/json; charset="utf-16"' }],
    ['gzip', { 'content-encoding': 'gzip' }],
    ['brotli', { 'content-encoding': 'br' }],
    ['deflate and then nothing', { 'content-encoding': 'deflate, identity' }],
  ])('that is %s is refused with 415', async (_name, headers) => {
    const response = await send(await createTestGateway(), '{"query":"{ __typename }"}', headers);
    expect(await readRefusal(response)).toEqual(refused(415, 'UNSUPPORTED_MEDIA_TYPE'));
  });

  test('without a content type is refused with 415', async () => {
    const gateway = await createTestGateway();
    const bytes = post('{"query":"{ __typename }"}').replace('content-type: application/json\r\n', '');
    expect((await exchange(await gateway.app.listen(), bytes)).status).toBe(415);
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"'])(
    'of type %s is read',
    async (type) => {
      const response = await send(await createTestGateway(), '{"query":"{ __typename }"}', { 'content-type': type });
      expect([response.status, await response.json()]).toEqual([200, typename]);
    },
  );

  test.each([
    ['cut short', '{"query":"{ __typename }"'],
    ['with a comma too many', '{"query":"{ __typename }",}'],
    ['followed by more', '{"query":"{ __typename }"}{}'],
    ['with a number that is none', '{"query":"{ __typename }","variables":{"a":NaN}}'],
    ['empty', ''],
    ['a string', '"{ __typename }"'],
    ['a number', '1'],
    ['null', 'null'],
    ['nested without end', '['.repeat(1_000_000)],
    ['without a query', '{}'],
    ['with a query that is no text', '{"query":1}'],
    ['with variables that are no object', '{"query":"{ __typename }","variables":[1]}'],
    ['with an operation name that is no text', '{"query":"{ __typename }","operationName":1}'],
    ['a batch', '[{"query":"{ __typename }"}]'],
    ['an empty batch', '[]'],
  ])('that is %s is refused with 400', async (_name, body) => {
    const response = await send(await createTestGateway(), body, { accept: 'application/graphql-response+json' });
    expect(await readRefusal(response)).toEqual(refused(400, 'BAD_USER_INPUT'));
  });

  test.each(['[{"query":"{ __typename }"}]', '{"query":', 'null', '{}', '{"query":null}'])(
    'that no GraphQL request can be read from is refused with 400 whatever the caller accepts: %s',
    async (body) => {
      for (const accept of ['application/json', '*/*'])
        expect((await send(await createTestGateway(), body, { accept })).status).toBe(400);
    },
  );

  test.each([500, 1_000, 1_950, 100_000])('whose document is %i brackets deep is refused with 400', async (depth) => {
    const query = `{ experiments(filter: { a: ${'['.repeat(depth)}1${']'.repeat(depth)} }) { totalCount } }`;
    const response = await send(await createTestGateway(), JSON.stringify({ query }), {
      accept: 'application/graphql-response+json',
    });
    expect(response.status).toBe(400);
  });

  test('that is nested without end is refused with 400, not crashed on', async () => {
    const body = `{"query":"{ __typename }","variables":{"deep":${'['.repeat(900_000)}${']'.repeat(900_000)}}}`;
    expect(await readRefusal(await send(await createTestGateway(), body))).toEqual(refused(400, 'BAD_USER_INPUT'));
  });

  test('that is no UTF-8 is refused with 400, and nothing of it is put right silently', async () => {
    const bytes = Buffer.concat([Buffer.from('{"query":"{ __typename }","a":"'), Buffer.of(0xff), Buffer.from('"}')]);
    expect(await readRefusal(await send(await createTestGateway(), bytes))).toEqual(refused(400, 'BAD_USER_INPUT'));
  });
});
