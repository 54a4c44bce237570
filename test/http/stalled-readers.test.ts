import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { bindPort } from '../../src/http/server.ts';

const timeouts = { arrival: 15_000, stalledReader: 1_500, lastRequests: 500, shutdown: 8_000 };
const large = 'x'.repeat(16 * 1024 * 1024);

/** Starts a server that answers with 16 MiB or an endless stream, with a short timeout for stalled readers. */
async function serve(answer: 'large' | 'stream'): Promise<string> {
  const server = await bindPort('127.0.0.1', 0, timeouts);
  server.serve(
    ({ socket }, response) => {
      if (answer === 'large') return response.end(large);
      // Yoga does this for its streams.
      socket.setTimeout(0);
      const write = () => {
        while (response.write(large.slice(0, 65_536)));
      };
      response.on('drain', write);
      return write();
    },
    () => undefined,
  );
  onTestFinished(() => server.close());
  return server.url;
}

/** Sends a request and never reads. Resolves when the server closes the connection. */
function neverRead(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  // A paused socket never sees the end of the connection; a write to a reset connection fails.
  return new Promise((resolve) => {
    const probe = setInterval(() => socket.write('x'), 100);
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearInterval(probe);
        resolve();
      });
  });
}

test.each(['large', 'stream'] as const)(
  'a client that reads nothing of a %s answer is disconnected',
  async (answer) => {
    expect(await neverRead(await serve(answer))).toBeUndefined();
  },
);

test('a client that pauses, then resumes in time, receives the whole answer', async () => {
  const socket = connect(Number(new URL(await serve('large')).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  let received = 0;
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('data', (chunk) => {
    const before = received;
    received += chunk.length;
    const step = large.length / 8;
    if (Math.floor(before / step) === Math.floor(received / step)) return;
    socket.pause();
    setTimeout(() => socket.resume(), timeouts.stalledReader / 5);
  });
  await ended;
  expect(received).toBeGreaterThan(large.length);
});
