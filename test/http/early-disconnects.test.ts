import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { createPostgresDatabase, hasServer } from '../support/storage/postgres.ts';

test.runIf(hasServer)(
  'a client that disconnects while its subscription is being started leaves no open stream behind',
  async () => {
    const gateway = await createTestGateway({ DATABASE_URL: await createPostgresDatabase(), PORT: '0' });
    const { port } = new URL(await gateway.app.listen());
    const body = JSON.stringify({ query: 'subscription { experimentsChanged { cursor } }' });
    const headers = ['host: x', 'accept: text/event-stream', 'content-type: application/json'];
    headers.push(`authorization: Bearer ${gateway.key}`, `content-length: ${body.length}`);
    for (let round = 0; round < 60; round++) {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
      // The start waits for PostgreSQL, so some of these are gone in the middle of it.
      socket.write(`POST /graphql HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`, () => {
        setImmediate(() => socket.destroy());
      });
      await sleep(round % 4);
    }
    const readMetrics = async () => (await gateway.fetch('/metrics')).text();
    await expect.poll(readMetrics, { timeout: 20_000 }).toMatch(/^gateway_open_connections 0$/m);
    await expect.poll(readMetrics, { timeout: 20_000 }).toMatch(/^gateway_open_subscriptions 0$/m);
  },
);
