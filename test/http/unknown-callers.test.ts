import { describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openWire, post } from '../support/http/wire.ts';

const limit = 64 * 1024;

/** Builds a GraphQL request of exactly `bytes` bytes. */
function buildRequest(bytes: number): string {
  const [head, tail] = ['{"query":"{ __typename }"', '}'];
  return head + ' '.repeat(bytes - head.length - tail.length) + tail;
}

async function send(gateway: TestGateway, path: string, body: string, headers: Record<string, string>) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  return (await gateway.fetch(path, init)).status;
}

describe('unknown callers', () => {
  test.each<[string, Record<string, string>]>([
    ['no credential', {}],
    ['an unknown key', { authorization: `Bearer sk_${'A'.repeat(43)}` }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
  ])('a caller with %s may send a body of at most 64 KiB', async (_name, headers) => {
    const gateway = await createTestGateway();
    expect(await send(gateway, '/graphql', buildRequest(limit), headers)).toBe(200);
    expect(await send(gateway, '/graphql', buildRequest(limit + 1), headers)).toBe(413);
    expect(await send(gateway, '/graphql?', buildRequest(limit + 1), headers)).toBe(413);
  });

  test('an unknown caller is refused over a socket before a large body arrives, and while it arrives', async () => {
    const url = await (await createTestGateway()).app.listen();
    const announced = await openWire(url);
    await announced.send(post('', { 'content-length': String(limit + 1) }));
    expect((await announced.answer()).status).toBe(413);

    const chunked = await openWire(url);
    await chunked.send(post('').replace('content-length: 0', 'transfer-encoding: chunked'));
    const piece = ' '.repeat(16_384);
    for (let count = 0; count < 5; count++) await chunked.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    expect((await chunked.answer()).status).toBe(413);
  });

  test('REST refuses an unknown caller before it reads the body', async () => {
    const gateway = await createTestGateway();
    expect(await send(gateway, '/api/v2/experiments/', 'x'.repeat(limit * 4), {})).toBe(401);
  });
});

/** Opens connections that stop one byte before the end of their body. Resolves when everything else was sent. */
async function stall(url: string, count: number, bytes: number, headers: Record<string, string> = {}) {
  const connections = await Promise.all(Array.from({ length: count }, () => openWire(url)));
  for (const connection of connections) {
    await connection.send(post('', { 'content-length': String(bytes), ...headers }));
    await connection.send(buildRequest(bytes).slice(0, -1));
  }
  return connections;
}

const mebibyte = 1024 * 1024;

describe('bodies in flight', () => {
  test('bodies in flight may hold 64 MiB together; more are refused with 503 until some are gone', async () => {
    const gateway = await createTestGateway();
    const url = await gateway.app.listen();
    const known = { authorization: `Bearer ${gateway.key}` };
    const stalled = await stall(url, 33, 2 * mebibyte, known);
    const refused = await Promise.any(stalled.map((connection) => connection.answer()));
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(JSON.parse(refused.body).errors[0].extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', status: 503 });
    for (const connection of stalled) connection.destroy();
    await expect
      .poll(() => send(gateway, '/graphql', buildRequest(2 * mebibyte), known), { timeout: 10_000 })
      .toBe(200);
  });

  test('bodies in flight of unknown callers may hold 16 MiB together, leaving room for known callers', async () => {
    const gateway = await createTestGateway();
    const url = await gateway.app.listen();
    const stalled = await stall(url, 257, limit);
    const refused = await Promise.any(stalled.map((connection) => connection.answer()));
    expect(refused.status).toBe(503);
    const known = { authorization: `Bearer ${gateway.key}` };
    expect(await send(gateway, '/graphql', buildRequest(2 * mebibyte), known)).toBe(200);
  });
});
