import { describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openWire, post } from '../support/http/wire.ts';

const limit = 64 * 1024;

/** A GraphQL request of so many bytes. */
function request(bytes: number): string {
  const [head, tail] = ['{"query":"{ __typename }"', '}'];
  return head + ' '.repeat(bytes - head.length - tail.length) + tail;
}

async function send(gateway: TestGateway, path: string, body: string, headers: Record<string, string>) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  return (await gateway.fetch(path, init)).status;
}

describe('a caller who is not known', () => {
  test.each<[string, Record<string, string>]>([
    ['no credential', {}],
    ['an unknown key', { authorization: `Bearer sk_${'A'.repeat(43)}` }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
  ])('may send a body of 64 KiB and not a byte more, with %s', async (_name, headers) => {
    const gateway = await createTestGateway();
    expect(await send(gateway, '/graphql', request(limit), headers)).toBe(200);
    expect(await send(gateway, '/graphql', request(limit + 1), headers)).toBe(413);
    expect(await send(gateway, '/graphql?', request(limit + 1), headers)).toBe(413);
  });

  test('is refused over a socket before the body comes, and while it comes', async () => {
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

  test('is told so by REST before their body is looked at', async () => {
    const gateway = await createTestGateway();
    expect(await send(gateway, '/api/v2/experiments/', 'x'.repeat(limit * 4), {})).toBe(401);
  });
});

/** Opens connections that stop one byte before the end of their body, and resolves when the gateway has all the rest. */
async function stall(url: string, count: number, bytes: number, headers: Record<string, string> = {}) {
  const connections = await Promise.all(Array.from({ length: count }, () => openWire(url)));
  for (const connection of connections) {
    await connection.send(post('', { 'content-length': String(bytes), ...headers }));
    await connection.send(request(bytes).slice(0, -1));
  }
  return connections;
}

const mebibyte = 1024 * 1024;

describe('all bodies under way', () => {
  test('hold 64 MiB together; what comes beyond is refused with 503, and works again when they are gone', async () => {
    const gateway = await createTestGateway();
    const url = await gateway.app.listen();
    const known = { authorization: `Bearer ${gateway.key}` };
    const stalled = await stall(url, 33, 2 * mebibyte, known);
    const refused = await Promise.any(stalled.map((connection) => connection.answer()));
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(JSON.parse(refused.body).errors[0].extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', status: 503 });
    for (const connection of stalled) connection.destroy();
    await expect.poll(() => send(gateway, '/graphql', request(2 * mebibyte), known), { timeout: 10_000 }).toBe(200);
  });

  test('of unknown callers take a quarter of it, so that known callers are still heard', async () => {
    const gateway = await createTestGateway();
    const url = await gateway.app.listen();
    const stalled = await stall(url, 257, limit);
    const refused = await Promise.any(stalled.map((connection) => connection.answer()));
    expect(refused.status).toBe(503);
    const known = { authorization: `Bearer ${gateway.key}` };
    expect(await send(gateway, '/graphql', request(2 * mebibyte), known)).toBe(200);
  });
});
