import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStorage } from '../../src/storage/open.ts';
import { createCalls } from '../support/gateway/calls.ts';
import { readLog } from '../support/gateway/log.ts';
import { type AtEnd, createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openStream } from '../support/http/stream.ts';
import { freePort, startGateway } from '../support/process/process.ts';
import { createPostgresDatabase, hasServer, recordStatements, withClient } from '../support/storage/postgres.ts';
import { isRedisMissing, type RedisProxy, redisUrl, startRedisProxy, waitUntil } from '../support/storage/redis.ts';
import { canReplicate, type Server, startReplication } from '../support/storage/replication.ts';

const nameQuery = '{ experiment(id: "exp_1") { name } }';

describe.runIf(canReplicate && !isRedisMissing)('on a PostgreSQL server with a standby and a Redis, gateways', () => {
  const ends: (() => void | Promise<void>)[] = [];
  let primary: Server;
  let standby: Server;
  let one: TestGateway;
  let other: TestGateway;
  /** A gateway whose replica is a server that follows no primary. */
  let apart: TestGateway;
  let redis: RedisProxy;

  const nameIn = async (gateway: TestGateway, key: string) =>
    (await gateway.data(nameQuery, {}, { key })).experiment?.name;
  const newKey = async () => (await one.issueKey()).secret;
  const sentTo = ({ port }: Server) => recordStatements((client) => client.port === port);
  const listNames = (statements: readonly { name: string }[]) =>
    [...new Set(statements.map(({ name }) => name))].filter(Boolean).toSorted();
  let log: Record<string, any>[];
  /** The log messages of the first gateway about the standby from now on. */
  const newsFromNow = () => {
    const start = log.length;
    return () => log.slice(start).filter(({ replica }) => replica === standby.url.replace('postgres@', ''));
  };
  const onStandby = (statement: string) => withClient(standby.url, (client) => client.query(statement));

  /** Waits until a gateway reads from its replica. */
  async function readsFrom(server: Server, gateway: TestGateway): Promise<void> {
    const sent = sentTo(server);
    const key = await newKey();
    await expect
      .poll(() => nameIn(gateway, key).then(() => listNames(sent)), { timeout: 15_000, interval: 100 })
      .toContain('find_experiment');
  }

  beforeAll(async () => {
    const atEnd: AtEnd = (end) => void ends.push(end);
    ({ primary, standby } = await startReplication(atEnd));
    const alone = primary.url.replace(/postgres$/, 'alone');
    await withClient(primary.url, (client) => client.query('CREATE DATABASE alone'));
    const copy = await createPostgresDatabase('', atEnd);
    await (await openStorage(copy)).close();
    redis = await startRedisProxy({}, atEnd);
    const gone = `postgres://127.0.0.1:${await freePort()}/gone`;
    const shared = { DATABASE_URL: primary.url, REDIS_URL: redisUrl };
    one = await createTestGateway(
      { ...shared, LOG_LEVEL: 'info', DATABASE_READ_URLS: `${standby.url}, ${gone}` },
      atEnd,
    );
    log = readLog(one);
    other = await createTestGateway({ ...shared, DATABASE_READ_URLS: standby.url }, atEnd);
    apart = await createTestGateway({ DATABASE_URL: alone, DATABASE_READ_URLS: copy, REDIS_URL: redis.url }, atEnd);
    await createCalls(one).created({ experimentId: 'exp_1', name: 'First', datasetId: 'ds_1' });
    await createCalls(apart).created({ experimentId: 'exp_1', name: 'In the primary' });
    await withClient(copy, (client) =>
      client.query(`INSERT INTO datasets VALUES ('acme', 'ds_1', 'Only in the copy', 1, 1)`),
    );
  }, 60_000);

  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  }, 60_000);

  test('read from the primary until they can know the recent writers', async () => {
    const sent = sentTo(standby);
    for (let time = 0; time < 6; time++) {
      expect(await nameIn(other, await newKey())).toBe('First');
      await sleep(50);
    }
    expect(listNames(sent)).toEqual([]);
  });

  test('serve plain reads from the replica, and nothing else', async () => {
    await Promise.all([readsFrom(standby, one), readsFrom(standby, other)]);
    const toPrimary = sentTo(primary);
    const toStandby = sentTo(standby);
    const key = await newKey();
    const headers = { authorization: `Bearer ${key}` };
    toPrimary.length = 0;
    const answer = await one.data(
      `{ experiment(id: "exp_1") { datasetName revisions { edges { node { name authorName } } } } node(id: "exp_1") { id }
        dataset: node(id: "dataset:none") { id } experiments { totalCount edges { node { name } } } datasets { totalCount edges { node { name } } } }`,
      {},
      { key },
    );
    expect(answer.experiment.revisions.edges).toEqual([{ node: { name: 'First', authorName: null } }]);
    expect(answer.experiments).toEqual({ totalCount: 1, edges: [{ node: { name: 'First' } }] });
    expect((await one.fetch('/api/v2/experiments/exp_1', { headers })).status).toBe(200);
    expect(listNames(toPrimary)).toEqual(['find_api_key']);
    expect(listNames(toStandby)).toEqual([
      'api_key_names',
      'count_datasets',
      'count_experiments',
      'dataset_names',
      'find_dataset',
      'find_experiment',
      expect.stringMatching(/^page_/),
      expect.stringMatching(/^revisions_/),
    ]);

    // Reads on which a write or an event depends, each by a caller who has not written, including nested fields.
    const nested = 'experiment { datasetName revisions { totalCount edges { node { name } } } }';
    toStandby.length = 0;
    const dryRun = '__typename ... on ExperimentPreview { datasetName }';
    for (const mutation of [
      `replaceExperiment(id: "exp_1", input: {name: "Dry"}, dryRun: true) { ${dryRun} }`,
      `updateExperiment(id: "exp_1", input: {name: "Dry"}, dryRun: true) { ${dryRun} }`,
      `restoreExperimentRevision(id: "exp_1", revision: 1, dryRun: true) { ${dryRun} }`,
      `updateExperiment(id: "exp_1", input: {}) { ... on UpdateExperimentSuccess { ${nested} } }`,
      `replaceExperiment(id: "exp_1", input: {}, ifRevision: 9) { ... on ConflictError { current { datasetName } } }`,
      `startExperiment(id: "nobody") { ... on NotFoundError { missingId } }`,
    ])
      await one.data(`mutation { result: ${mutation} }`, {}, { key: await newKey() });
    const changes = await openStream(
      one,
      'subscription { experimentChanged(id: "exp_1") { name datasetName revisions { edges { node { name } } } } }',
      { key: await newKey() },
    );
    await changes.next();
    await createCalls(other).update({ id: 'exp_1', input: { name: 'Second' } });
    expect((await changes.next()).data.experimentChanged).toEqual({
      name: 'Second',
      datasetName: null,
      revisions: { edges: [{ node: { name: 'Second' } }, { node: { name: 'First' } }] },
    });
    expect((await one.fetch('/ready')).status).toBe(200);
    expect(listNames(toStandby)).toEqual([]);
  });

  test('do not ask the primary for an answer that is too large', async () => {
    const { created } = createCalls(one);
    for (let index = 0; index < 17; index++)
      await created({ name: 'Large', workflow: [{ prompt: `${index}`.padEnd(1_000_000) }] });
    const key = await newKey();
    await readsFrom(standby, one);
    const large = 'experiments(filter: { nameContains: "Large" })';
    const count = () => one.data(`{ ${large} { totalCount } }`, {}, { key });
    await expect.poll(count, { timeout: 10_000 }).toEqual({ experiments: { totalCount: 17 } });
    const toPrimary = sentTo(primary);
    const { status } = await one.graphql(`{ ${large} { nodes { workflow } } }`, {}, { key });
    expect(status).toBe(400);
    expect(listNames(toPrimary)).not.toContainEqual(expect.stringMatching(/^page_/));
  });

  test('show callers their own writes immediately, and others a state that is at most five seconds old', async () => {
    const news = newsFromNow();
    const [writer, reader] = [await newKey(), await newKey()];
    await Promise.all([readsFrom(standby, one), readsFrom(standby, other)]);
    const before = await nameIn(one, reader);
    await onStandby('SELECT pg_wal_replay_pause()');
    await waitUntil(
      async () => (await onStandby('SELECT pg_get_wal_replay_pause_state() AS state')).rows[0].state === 'paused',
    );
    await createCalls(one, { key: writer }).update({ id: 'exp_1', input: { name: 'Third' } });
    const written = performance.now();
    expect(await nameIn(other, writer)).toBe('Third');
    expect(await nameIn(one, writer)).toBe('Third');
    expect(await nameIn(one, reader)).toBe(before);
    expect(await nameIn(other, reader)).toBe(before);
    await waitUntil(async () => (await nameIn(one, reader)) === 'Third' && (await nameIn(other, reader)) === 'Third');
    expect(performance.now() - written).toBeLessThan(6_000);

    await waitUntil(() => news().length === 1);
    const sent = sentTo(standby);
    for (const gateway of [one, other]) expect(await nameIn(gateway, reader)).toBe('Third');
    expect(listNames(sent)).toEqual([]);

    await onStandby('SELECT pg_wal_replay_resume()');
    await Promise.all([readsFrom(standby, one), readsFrom(standby, other)]);
    expect(await nameIn(one, reader)).toBe('Third');
    await waitUntil(() => news().length === 2);
    expect(news()).toMatchObject([
      { msg: 'the read replica is not used', reason: 'it is more than 5 s behind the primary' },
      { msg: 'the read replica is used' },
    ]);
  });

  test('read from the primary while the replica is down, and from the replica once it is back', async () => {
    const news = newsFromNow();
    const reader = await newKey();
    await readsFrom(standby, one);
    await standby.kill();
    const started = performance.now();
    for (let time = 0; time < 20; time++) expect(await nameIn(one, reader)).toBe('Third');
    expect(performance.now() - started).toBeLessThan(4_000);
    await waitUntil(() => news().length === 1);
    await standby.start();
    await readsFrom(standby, one);
    expect(await nameIn(one, reader)).toBe('Third');
    await waitUntil(() => news().length === 2);
    expect(news()).toMatchObject([
      { reason: expect.stringMatching(/^it does not answer/) },
      { msg: 'the read replica is used' },
    ]);
  });

  test('notice that a standby was promoted and no longer follows the primary', async () => {
    const reader = await newKey();
    await readsFrom(standby, one);
    await onStandby('SELECT pg_promote()');
    await createCalls(one).update({ id: 'exp_1', input: { name: 'Fourth' } });
    const written = performance.now();
    expect(await nameIn(one, reader)).toBe('Third');
    await waitUntil(async () => (await nameIn(one, reader)) === 'Fourth');
    expect(performance.now() - written).toBeLessThan(6_000);
  });

  test('use a server that follows no primary as it is, and read from the primary while Redis is down', async () => {
    const key = (await apart.issueKey()).secret;
    const state = () => apart.data('{ datasets { totalCount } experiments { totalCount } }', {}, { key });
    const ofCopy = { datasets: { totalCount: 1 }, experiments: { totalCount: 0 } };
    const ofPrimary = { datasets: { totalCount: 0 }, experiments: { totalCount: 1 } };
    await expect.poll(state, { timeout: 10_000 }).toEqual(ofCopy);
    await redis.cut();
    expect(await state()).toEqual(ofPrimary);
    // Redis may have lost its marks.
    await redis.restore();
    await sleep(300);
    expect(await state()).toEqual(ofPrimary);
  });
});

test.runIf(hasServer)('an unusable replica does not keep a gateway from starting, and the log says why', async () => {
  const port = await freePort();
  const database = await createPostgresDatabase();
  const strange = database.replace(/[^/]*$/, 'template1');
  const { output, until: said } = await startGateway({
    env: {
      NODE_ENV: 'production',
      DATABASE_URL: database,
      DATABASE_READ_URLS: `postgres://nobody:hunter2@127.0.0.1:${port}/gone,${strange}`,
    },
  });
  const [gone] = await said(new RegExp(`{[^\n]*"replica":"postgres://127.0.0.1:${port}/gone"[^\n]*}`));
  expect(JSON.parse(gone)).toMatchObject({ level: 40, reason: 'it does not answer (ECONNREFUSED)' });
  const [other] = await said(/{[^\n]*"it does not hold a gateway database"[^\n]*}/);
  expect(JSON.parse(other)).toMatchObject({ replica: strange.replace('postgres@', '') });
  await said(/REDIS_URL is not set: with several gateways/);
  expect(output()).not.toMatch(/hunter2|nobody/);
});
