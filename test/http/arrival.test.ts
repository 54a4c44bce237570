import { expect, test } from 'vitest';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { openWire, post, type WireAnswer } from '../support/http/wire.ts';

/** What each client sends first, and the piece that it then sends every half second. */
const slowClients: Record<string, { first: string; piece?: string; id?: RegExp }> = {
  'a client that sends nothing': { first: '' },
  'a client that stops in the middle of its headers': {
    first: 'POST /graphql HTTP/1.1\r\nhost: gateway.test\r\nx-req',
  },
  'a client that keeps sending headers': { first: 'GET /health HTTP/1.1\r\nhost: gateway.test\r\n', piece: 'a: b\r\n' },
  'a client that sends no body': { first: post('', { 'content-length': '100' }) },
  'a client that stops in the middle of its body': {
    first: post('{"query":', { 'content-length': '100', 'x-request-id': 'mine' }),
    id: /^mine$/,
  },
  'a client that keeps sending its body': { first: post('{"query":', { 'content-length': '1000' }), piece: ' ' },
  'a client that sends a chunk now and then': {
    first: post('').replace('content-length: 0', 'transfer-encoding: chunked'),
    piece: '1\r\n \r\n',
  },
};

/** Sends a request slowly. Returns the answer and the seconds until it arrived. */
async function sendSlowly(url: string, { first, piece }: { first: string; piece?: string }) {
  const connection = await openWire(url);
  const start = performance.now();
  await connection.send(first);
  const sending = setInterval(() => {
    if (piece !== undefined) void connection.send(piece);
  }, 500);
  const answer: WireAnswer = await connection.answer();
  clearInterval(sending);
  const seconds = (performance.now() - start) / 1_000;
  await connection.closed;
  return { ...answer, seconds };
}

test('headers or a body that take over 15 seconds to arrive get 408, and other clients are unaffected', async () => {
  const gateway = await createTestGateway();
  const url = await gateway.app.listen();
  const clients = Object.entries(slowClients).map(
    async ([name, client]) => [name, await sendSlowly(url, client)] as const,
  );
  const answers = await Promise.all(clients);
  for (const [name, { status, headers, body, seconds }] of answers) {
    expect.soft([name, status]).toEqual([name, 408]);
    expect.soft(seconds, name).toBeGreaterThan(14.5);
    expect.soft(seconds, name).toBeLessThan(18);
    expect.soft(headers['content-type'], name).toBe('application/json; charset=utf-8');
    const { id = /^[\da-f-]{36}$/ } = slowClients[name] ?? {};
    expect.soft(headers['x-request-id'], name).toMatch(id);
    const error = { message: expect.any(String), extensions: { code: 'REQUEST_TIMEOUT', status: 408 } };
    expect.soft(JSON.parse(body), name).toEqual({ errors: [error] });
  }
  expect(await gateway.data('{ __typename }')).toEqual({ __typename: 'Query' });
}, 30_000);
