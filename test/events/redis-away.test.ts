import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openStream } from '../support/http/stream.ts';
import { startGateway } from '../support/process/process.ts';

/** An address where nothing listens. */
const nowhere = 'redis://runner:hunter2@127.0.0.1:1/3';
const watch = 'subscription { experimentChanged(id: "exp_live") { batchSize } }';

async function readSizes(gateway: TestGateway): Promise<unknown[]> {
  await gateway.data(mutations.create, { input: { experimentId: 'exp_live' } });
  const changes = await openStream(gateway, watch);
  const answers = [await changes.next()];
  for (const batchSize of [1, 2, 3]) {
    await gateway.data(mutations.update, { id: 'exp_live', input: { batchSize } });
    answers.push(await changes.next());
  }
  await gateway.data(mutations.delete, { id: 'exp_live' });
  answers.push(await changes.next());
  return answers.map((answer) => answer.data?.experimentChanged.batchSize ?? answer);
}

test.each([
  ['without REDIS_URL', {}],
  ['while Redis is down', { REDIS_URL: nowhere }],
])('%s a gateway writes, and its own watchers see each change', async (_name, environment) => {
  expect(await readSizes(await createTestGateway(environment))).toEqual([100, 1, 2, 3, 'complete']);
});

test('while Redis is down, 200 writes succeed as fast as usual, and the gateway closes', async () => {
  const gateway = await createTestGateway({ REDIS_URL: nowhere });
  await gateway.data(mutations.create, { input: { experimentId: 'exp_live' } });
  const start = performance.now();
  for (let batchSize = 1; batchSize <= 200; batchSize++)
    await gateway.data(mutations.update, { id: 'exp_live', input: { batchSize } });
  expect(performance.now() - start).toBeLessThan(10_000);
  await gateway.app.close();
});

test('a gateway starts while Redis is down, logs it once, and never logs the password', async () => {
  const gateway = await startGateway({ env: { REDIS_URL: nowhere } });
  const said = await gateway.until(/Redis is down/);
  gateway.signal('SIGTERM');
  const { code, stdout, stderr } = await gateway.ended;
  expect(code).toBe(0);
  expect(said).toBeDefined();
  expect(`${stdout}${stderr}`.match(/Redis is/g)).toHaveLength(1);
  expect(`${stdout}${stderr}`).toContain('ECONNREFUSED');
  expect(`${stdout}${stderr}`).not.toMatch(/hunter2|runner/);
});

test.each(['redis://localhost', 'rediss://user:p%40ss@redis.test:6380/7', 'redis://:secret@[::1]:6379/'])(
  'REDIS_URL may be %s',
  (url) => {
    expect(readConfig({ REDIS_URL: url }).redisUrl).toBe(url);
  },
);
