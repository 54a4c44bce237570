import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { post } from '../support/http/wire.ts';

/** Sends a request and never reads the answer. */
function stall(url: string, bytes: string): void {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined).pause();
  socket.write(bytes);
}

test('beyond 64 MiB of unread answers large queries are refused, but writes and small queries are not', async () => {
  const gateway = await createTestGateway();
  const url = await gateway.app.listen();
  const input = { experimentId: 'large', workflow: [{ text: 'x'.repeat(1_000_000) }] };
  const create = 'mutation ($input: CreateExperimentInput!) { createExperiment(input: $input) { __typename } }';
  await gateway.data(create, { input });
  const fields = Array.from({ length: 15 }, (_, index) => `a${index}: workflow`).join(' ');
  const query = `{ experiment(id: "large") { ${fields} } }`;
  const bearer = { authorization: `Bearer ${gateway.key}` };
  for (let count = 0; count < 8; count++) stall(url, post(JSON.stringify({ query }), bearer));

  await expect
    .poll(async () => (await gateway.graphql(query)).body.errors?.[0].extensions, { timeout: 15_000 })
    .toEqual({ code: 'SERVICE_UNAVAILABLE', status: 503 });
  const rest = await gateway.fetch('/api/v2/experiments/large/', { headers: bearer });
  // The kernel buffers part of each answer, so there may still be room for one megabyte.
  expect([200, 503]).toContain(rest.status);
  expect(await gateway.data('{ experiment(id: "large") { name } }')).toBeDefined();
  const rename =
    'mutation { updateExperiment(id: "large", input: { name: "x" }) { __typename ...on UpdateExperimentSuccess { experiment { workflow } } } }';
  expect((await gateway.data(rename)).updateExperiment.__typename).toBe('UpdateExperimentSuccess');
}, 60_000);
