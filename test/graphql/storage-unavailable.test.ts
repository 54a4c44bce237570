import { renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createCalls, otherConnection } from '../support/gateway/calls.ts';
import { readLog } from '../support/gateway/log.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const create = (gateway: TestGateway, experimentId: string) =>
  gateway.graphql(mutations.create, { input: { experimentId } });

/** Expects the answer to a request while storage is unavailable. */
function expectUnavailable({ status, body }: { status: number; body: any }) {
  expect(status).toBe(503);
  expect(body.errors).toHaveLength(1);
  const [{ message, extensions }] = body.errors;
  expect(extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', status: 503 });
  expect(message).not.toMatch(/sqlite|locked|busy|database|file|\//i);
  for (const value of Object.values(body.data ?? {})) expect(value).toBeNull();
}

describe('while another program holds the lock', () => {
  test('while another program holds the lock, writes fail with SERVICE_UNAVAILABLE within 5 s and queries work', async () => {
    const gateway = await createTestGateway({ LOG_LEVEL: 'error' });
    const log = readLog(gateway);
    const calls = createCalls(gateway);
    await calls.created({ experimentId: 'a', name: 'First' });
    await calls.update({ id: 'a', input: { name: 'Second' } });
    const before = await calls.everything();
    const other = otherConnection(gateway);
    other.exec('BEGIN IMMEDIATE');
    const start = performance.now();
    const writes = Promise.all([
      create(gateway, 'b'),
      gateway.graphql(mutations.replace, { id: 'a', input: {} }),
      gateway.graphql(mutations.update, { id: 'a', input: { name: 'New' } }),
      gateway.graphql(mutations.delete, { id: 'a' }),
      gateway.graphql(mutations.restore, { id: 'a', revision: 1 }),
    ]);
    expect(await calls.stored('a')).toMatchObject({ name: 'Second' });
    const readAfter = performance.now() - start;
    for (const answer of await writes) expectUnavailable(answer);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(readAfter).toBeLessThan(1_000);
    expect(log.filter(({ level }) => level >= 50)).toHaveLength(5);

    other.exec('ROLLBACK');
    expect(await calls.everything()).toEqual(before);
    expect(await calls.created({ experimentId: 'b' })).toMatchObject({ revision: 1 });
    expect(await calls.delete({ id: 'a', ifRevision: 2 })).toMatchObject({ deletedExperimentId: 'a' });
  });

  test('a write waits for a lock that is released in time', async () => {
    const gateway = await createTestGateway();
    const other = otherConnection(gateway);
    other.exec('BEGIN EXCLUSIVE');
    const write = create(gateway, 'a');
    expect(await Promise.race([write, sleep(300, 'waiting')])).toBe('waiting');
    other.exec('COMMIT');
    expect(await write).toMatchObject({ status: 200, body: { data: { result: { experiment: { id: 'a' } } } } });
  });

  test('a document of several writes stops at the first failure', async () => {
    const gateway = await createTestGateway();
    const other = otherConnection(gateway);
    other.exec('BEGIN IMMEDIATE');
    const start = performance.now();
    const query = `mutation {
      a: createExperiment(input: { experimentId: "a" }) { __typename }
      b: createExperiment(input: { experimentId: "b" }) { __typename }
      c: createExperiment(input: { experimentId: "c" }) { __typename }
    }`;
    expectUnavailable(await gateway.graphql(query));
    expect(performance.now() - start).toBeLessThan(5_000);
    other.exec('COMMIT');
    expect((await createCalls(gateway).everything()).experiments.totalCount).toBe(0);
  });
});

test('every request fails with SERVICE_UNAVAILABLE while the database file is missing, and then recovers', async () => {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  await calls.created({ experimentId: 'a' });
  renameSync(gateway.databasePath, `${gateway.databasePath}.away`);
  expectUnavailable(await gateway.graphql('{ experiment(id: "a") { id } }'));
  expectUnavailable(await create(gateway, 'b'));
  renameSync(`${gateway.databasePath}.away`, gateway.databasePath);
  expect(await calls.stored('a')).toMatchObject({ id: 'a' });
  expect(await calls.stored('b')).toBeNull();
  expect(await calls.created({ experimentId: 'b' })).toMatchObject({ id: 'b' });
});
