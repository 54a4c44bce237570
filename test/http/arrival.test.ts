import { expect, test } from 'vitest';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { openWire, post, type WireAnswer } from '../support/http/wire.ts';

/** What a client sends at once, and what it goes on sending, a piece each half second. */
const slowClients: Record<string, { first: string; piece?: string; id?: RegExp }> = {
  'one that sends nothing': { first: '' },
  'one that stops in its headers': { first: 'POST /graphql HTTP/1.1\r\nhost: gateway.test\r\nx-req' },
  'one that goes on sending headers': { first: 'GET /health HTTP/1.1\r\nhost: gateway.test\r\n', piece: 'a: b\r\n' },
  'one that sends no body': { first: post('', { 'content-length': '100' }) },
  'one that stops in its body': {
    first: post('{"query":', { 'content-length': '100', 'x-request-id': 'mine' }),
    id: /^mine$/,
  },
  'one that goes on sending a body': { first: post('{"query":', { 'content-length': '1000' }), piece: ' ' },
  'one that sends a chunk now and then': {
    first: post('').replace('content-length: 0', 'transfer-encoding: chunked'),
    piece: '1\r\n \r\n',
  },
};

/** The answer to a client that is slow, and after how many seconds it came. */
async function slowly(url: string, { first, piece }: { first: string; piece?: string }) {
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

test('headers and bodies have 15 seconds to arrive; then the answer is 408, and nobody else notices', async () => {
  const gateway = await createTestGateway();
  const url = await gateway.app.listen();
  const clients = Object.entries(slowClients).map(async ([name, client]) => [name, await slowly(url, client)] as const);
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
