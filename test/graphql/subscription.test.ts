import { expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { mutations, steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openStream } from '../support/http/stream.ts';

const watch = (fields = 'status progress revision batchSize') =>
  `subscription { experimentChanged(id: "exp_live") { ${fields} } }`;
const readState = (answer: { data: { experimentChanged: unknown } }) => answer.data.experimentChanged;

async function createGatewayWithExperiment(): Promise<TestGateway> {
  const gateway = await createTestGateway();
  await gateway.data(mutations.create, { input: { experimentId: 'exp_live' } });
  return gateway;
}

test('a subscriber receives the current state, then each change in commit order', async () => {
  const gateway = await createGatewayWithExperiment();
  const changes = await openStream(gateway, watch());
  expect(changes.response.headers.get('content-type')).toContain('text/event-stream');
  expect(readState(await changes.next())).toEqual({ status: 'PENDING', progress: 0, revision: 1, batchSize: 100 });
  await gateway.data(steps.start, { id: 'exp_live' });
  await gateway.data(steps.reportProgress, { id: 'exp_live', progress: 10 });
  await gateway.data(mutations.update, { id: 'exp_live', input: { batchSize: 5 } });
  await gateway.data(steps.complete, { id: 'exp_live' });
  const answers = [await changes.next(), await changes.next(), await changes.next(), await changes.next()];
  expect(answers.map(readState)).toEqual([
    { status: 'RUNNING', progress: 0, revision: 1, batchSize: 100 },
    { status: 'RUNNING', progress: 10, revision: 1, batchSize: 100 },
    { status: 'RUNNING', progress: 10, revision: 2, batchSize: 5 },
    { status: 'COMPLETED', progress: 100, revision: 2, batchSize: 5 },
  ]);
});

test('writes that change nothing and writes to other experiments send no event', async () => {
  const gateway = await createGatewayWithExperiment();
  await gateway.data(mutations.create, { input: { experimentId: 'exp_other' } });
  const changes = await openStream(gateway, watch());
  await changes.next();
  await gateway.data(mutations.replace, { id: 'exp_live', input: {} });
  await gateway.data(mutations.replace, { id: 'exp_live', input: { batchSize: 9 }, dryRun: true });
  await gateway.data(mutations.update, { id: 'exp_other', input: { batchSize: 3 } });
  await gateway.data(steps.start, { id: 'exp_live' });
  await gateway.data(steps.reportProgress, { id: 'exp_live', progress: 0 });
  await gateway.data(mutations.update, { id: 'exp_live', input: { batchSize: 2 } });
  expect([readState(await changes.next()), readState(await changes.next())]).toMatchObject([
    { status: 'RUNNING', batchSize: 100 },
    { batchSize: 2 },
  ]);
});

test('no write between the first state and the stream is lost', async () => {
  const gateway = await createGatewayWithExperiment();
  for (let round = 1; round <= 20; round++) {
    const [changes] = await Promise.all([
      openStream(gateway, watch('batchSize')),
      gateway.data(mutations.update, { id: 'exp_live', input: { batchSize: round } }),
    ]);
    let state: any;
    do state = readState(await changes.next());
    while (state.batchSize !== round);
    await changes.leave();
    expect(state).toEqual({ batchSize: round });
  }
});

test('a slow reader may miss intermediate states, but never the newest', async () => {
  const gateway = await createGatewayWithExperiment();
  const changes = await openStream(gateway, watch('batchSize description'));
  await changes.next();
  for (let size = 1; size <= 300; size++) {
    const description = `${size}`.repeat(3_000);
    await gateway.data(mutations.update, { id: 'exp_live', input: { batchSize: size, description } });
  }
  const sizes: number[] = [];
  do sizes.push((readState(await changes.next()) as { batchSize: number }).batchSize);
  while (sizes.at(-1) !== 300);
  expect(sizes.length).toBeLessThan(100);
  expect(sizes).toEqual(sizes.toSorted((one, other) => one - other));
});

test('a stream completes when its experiment is deleted', async () => {
  const gateway = await createGatewayWithExperiment();
  const changes = await openStream(gateway, watch());
  await changes.next();
  await gateway.data(mutations.delete, { id: 'exp_live' });
  expect(await changes.next()).toBe('complete');
});

test('a stream completes within five seconds after its key is revoked, and others continue', async () => {
  const gateway = await createGatewayWithExperiment();
  const { id, secret } = await gateway.issueKey();
  const revoked = await openStream(gateway, watch(), { key: secret });
  const other = await openStream(gateway, watch());
  await Promise.all([revoked.next(), other.next()]);
  await gateway.revokeKey(id);
  const start = Date.now();
  expect(await revoked.next()).toBe('complete');
  expect(Date.now() - start).toBeLessThan(5_000);
  await gateway.data(steps.start, { id: 'exp_live' });
  expect(readState(await other.next())).toMatchObject({ status: 'RUNNING' });
});

test('a stream completes when the gateway shuts down', async () => {
  const gateway = await createGatewayWithExperiment();
  const changes = await openStream(gateway, watch());
  await changes.next();
  await gateway.app.close();
  expect(await changes.next()).toBe('complete');
});

test('a subscription to another organization, or without a key or scope, receives one error event', async () => {
  const gateway = await createGatewayWithExperiment();
  const { secret: stranger } = await gateway.issueKey({ organization: 'other' });
  const { secret: writer } = await gateway.issueKey({ scopes: ['experiments:write'] });
  const cases = [
    [stranger, 'NOT_FOUND', 404],
    [writer, 'FORBIDDEN', 403],
    [null, 'UNAUTHENTICATED', 401],
  ] as const;
  for (const [key, code, status] of cases) {
    const changes = await openStream(gateway, watch(), { key });
    expect((await changes.next()).errors).toMatchObject([{ extensions: { code, status } }]);
    expect(await changes.next()).toBe('complete');
  }
});

test('JSON in an event is returned as it was sent, digit for digit', async () => {
  const gateway = await createGatewayWithExperiment();
  const response = await gateway.fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${gateway.key}`,
    },
    body: JSON.stringify({ query: watch('workflow') }),
  });
  const query =
    'mutation { updateExperiment(id: "exp_live", input: {workflow: [{n: 1.0, big: 12345678901234567890}]}) { __typename } }';
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream() as never)
    .getReader();
  await gateway.data(query);
  let text = '';
  while (!text.includes('big')) text += ((await reader.read()) as { value: string }).value;
  await reader.cancel();
  expect(text).toContain('"workflow":[{"n":1.0,"big":12345678901234567890}]');
});

test('a client that disconnects leaves no stream open', async () => {
  const gateway = await createGatewayWithExperiment();
  for (let round = 0; round < 50; round++) {
    const changes = await openStream(gateway, watch());
    await changes.next();
    await changes.leave();
  }
  // An open stream would delay the shutdown or complete with an error.
  await gateway.app.close();
  const again = await createApp(readConfig({ DATABASE_URL: `file:${gateway.databasePath}`, LOG_LEVEL: 'silent' }));
  await expect(again.close()).resolves.toBeUndefined();
});
