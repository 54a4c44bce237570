import { describe, expect, onTestFinished, test } from 'vitest';
import { readLog } from '../support/gateway/log.ts';
import { mutations, steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openStream, type Stream } from '../support/http/stream.ts';
import {
  connectedGateways,
  isRedisMissing,
  redisUrl,
  space,
  startRedis,
  startRedisProxy,
  startTwoGateways,
  waitUntil,
} from '../support/storage/redis.ts';

const watch = (id = 'exp_live') => `subscription { experimentChanged(id: "${id}") { status revision batchSize } }`;
const seen = (answer: any) => answer.data.experimentChanged;
const create = (gateway: TestGateway, input: object = {}) =>
  gateway.data(mutations.create, { input: { experimentId: 'exp_live', ...input } });
const setSize = (gateway: TestGateway, batchSize: number) =>
  gateway.data(mutations.update, { id: 'exp_live', input: { batchSize } });

/** The batch sizes that a stream delivers, up to and including this one. */
async function readSizesUntil(changes: Stream, last: number): Promise<number[]> {
  const sizes: number[] = [];
  do sizes.push(seen(await changes.next()).batchSize);
  while (sizes.at(-1) !== last);
  return sizes;
}

const inOrder = (sizes: readonly number[]) => sizes.toSorted((one, other) => one - other);

/** The log messages of a gateway about Redis. */
const listNews = (log: readonly Record<string, any>[]) =>
  log.map(({ msg }) => msg).filter((message) => message.startsWith('Redis is'));

describe.skipIf(isRedisMissing)('two gateways and a Redis at 127.0.0.1:6379:', () => {
  test('a subscriber of one sees each change made through the other, in order', async () => {
    const [one, other] = await connectedGateways();
    await create(other);
    const changes = await openStream(one, watch());
    const states = [seen(await changes.next())];
    for (const write of [
      () => other.data(steps.start, { id: 'exp_live' }),
      () => setSize(other, 5),
      () => setSize(one, 6),
      () => setSize(other, 7),
      () => other.data(steps.complete, { id: 'exp_live' }),
    ]) {
      await write();
      states.push(seen(await changes.next()));
    }
    expect(states).toEqual([
      { status: 'PENDING', revision: 1, batchSize: 100 },
      { status: 'RUNNING', revision: 1, batchSize: 100 },
      { status: 'RUNNING', revision: 2, batchSize: 5 },
      { status: 'RUNNING', revision: 3, batchSize: 6 },
      { status: 'RUNNING', revision: 4, batchSize: 7 },
      { status: 'COMPLETED', revision: 4, batchSize: 7 },
    ]);
  });

  test('nothing is lost while a stream starts, whenever the writes happen', async () => {
    const [one, other] = await startTwoGateways();
    await create(other);
    for (let round = 1; round <= 20; round++) {
      const [changes] = await Promise.all([openStream(one, watch()), setSize(other, round)]);
      expect((await readSizesUntil(changes, round)).length).toBeLessThanOrEqual(2);
      await changes.leave();
    }
  });

  test('a burst of 300 writes ends with the newest state, for every subscriber', async () => {
    const [one, other] = await connectedGateways();
    await create(other);
    const streams = await Promise.all([openStream(one, watch()), openStream(one, watch()), openStream(other, watch())]);
    await Promise.all(streams.map((changes) => changes.next()));
    for (let size = 101; size <= 400; size++) await setSize(other, size);
    for (const changes of streams) {
      const sizes = await readSizesUntil(changes, 400);
      expect(sizes).toEqual(inOrder(sizes));
    }
  });

  test('writes through both end with the newest state', async () => {
    const [one, other] = await startTwoGateways();
    await create(other);
    const changes = await openStream(one, watch());
    for (let size = 101; size <= 150; size++) await Promise.all([setSize(one, size), setSize(other, 1_000 + size)]);
    await setSize(other, 9_999);
    const revisions: number[] = [];
    for (;;) {
      const { revision, batchSize } = seen(await changes.next());
      revisions.push(revision);
      if (batchSize === 9_999) break;
    }
    expect(revisions).toEqual(inOrder([...new Set(revisions)]));
  });

  test('a deletion ends the streams of the other, and a new experiment with that id has new streams', async () => {
    const [one, other] = await connectedGateways();
    await create(other);
    await setSize(other, 7);
    const changes = await openStream(one, watch());
    await changes.next();
    await other.data(mutations.delete, { id: 'exp_live' });
    await create(other, { batchSize: 8 });
    expect(await changes.next()).toBe('complete');
    const next = await openStream(one, watch());
    expect(seen(await next.next())).toMatchObject({ batchSize: 8 });
    await setSize(other, 9);
    expect(await readSizesUntil(next, 9)).toEqual([9]);
  });

  test('another organization receives nothing about an experiment with the same id', async () => {
    const [one, other] = await connectedGateways();
    const { secret: stranger } = await one.issueKey({ organization: 'other' });
    await create(other);
    await other.data(mutations.create, { input: { experimentId: 'exp_live', batchSize: 1 } }, { key: stranger });
    const changes = await openStream(one, watch(), { key: stranger });
    await changes.next();
    await setSize(other, 50);
    await other.data(mutations.delete, { id: 'exp_live' });
    await other.data(mutations.update, { id: 'exp_live', input: { batchSize: 2 } }, { key: stranger });
    expect(await readSizesUntil(changes, 2)).toEqual([2]);
  });

  test.each([
    ['of the receiving gateway', [0]],
    ['of the sending gateway', [1]],
    ['of both gateways', [0, 1]],
  ] as const)('when the connection %s is cut, missed changes are made up for', async (_, cut) => {
    const proxies = await Promise.all([startRedisProxy(), startRedisProxy()]);
    const gateways = await startTwoGateways([proxies[0].url, proxies[1].url], { LOG_LEVEL: 'info' });
    const [one, other] = gateways;
    const logs = gateways.map(readLog);
    await create(other);
    await create(other, { experimentId: 'exp_gone' });
    await create(other, { experimentId: 'exp_reborn' });
    const changes = await openStream(one, watch());
    const gone = await openStream(one, watch('exp_gone'));
    const reborn = await openStream(one, watch('exp_reborn'));
    await Promise.all([changes.next(), gone.next(), reborn.next()]);
    await setSize(other, 101);
    await readSizesUntil(changes, 101);

    for (const index of cut) await proxies[index]?.cut();
    for (const index of cut) await waitUntil(() => listNews(logs[index] ?? []).length === 1);
    for (let size = 102; size <= 130; size++) await setSize(other, size);
    await other.data(mutations.delete, { id: 'exp_gone' });
    await other.data(mutations.delete, { id: 'exp_reborn' });
    await create(other, { experimentId: 'exp_reborn' });
    for (const index of cut) await proxies[index]?.restore();

    // The newest state must be seen, in order. Since writes are committed in groups, an intermediate state is also seen
    // now and then; what triggers that read is not known yet.
    const sizes = await readSizesUntil(changes, 130);
    expect(sizes).toEqual(inOrder(sizes));
    expect(await gone.next()).toBe('complete');
    expect(await reborn.next()).toBe('complete');
    for (const index of cut) await waitUntil(() => listNews(logs[index] ?? []).length === 2);
    await setSize(other, 131);
    expect(await readSizesUntil(changes, 131)).toEqual([131]);
    const news = [
      'Redis is down: change events stay inside this gateway until it is back',
      'Redis is back: change events travel between gateways again',
    ];
    expect(logs.map(listNews)).toEqual([0, 1].map((index) => ((cut as readonly number[]).includes(index) ? news : [])));
  });

  test('a gateway that starts without Redis receives everything once Redis is up', async () => {
    const proxy = await startRedisProxy({ isCut: true });
    const [one, other] = await startTwoGateways([proxy.url, redisUrl]);
    await create(other);
    const changes = await openStream(one, watch());
    await changes.next();
    await setSize(other, 5);
    await proxy.restore();
    expect(await readSizesUntil(changes, 5)).toEqual([5]);
    await setSize(other, 6);
    expect(await readSizesUntil(changes, 6)).toEqual([6]);
  });

  test('a connection that falls silent is detected', async () => {
    const proxy = await startRedisProxy();
    const [one, other] = await startTwoGateways([proxy.url, redisUrl]);
    await create(other);
    const changes = await openStream(one, watch());
    await changes.next();
    await setSize(other, 5);
    await readSizesUntil(changes, 5);
    proxy.freeze();
    await setSize(other, 6);
    expect(await readSizesUntil(changes, 6)).toEqual([6]);
  });

  test('a gateway subscribes to an experiment while it has listeners, and its connections end with it', async () => {
    const redis = startRedis();
    const heard = async () => (await redis.pubsub('CHANNELS', `gateway:${space}:*`)) as string[];
    const [one, other] = await startTwoGateways();
    await create(one);
    const streams = [await openStream(one, watch()), await openStream(one, watch())];
    for (const changes of streams) await changes.next();
    await waitUntil(async () => (await heard()).length === 2);
    await streams[0]?.leave();
    await setSize(one, 5);
    expect(await heard()).toHaveLength(2);
    await streams[1]?.leave();
    await waitUntil(async () => (await heard()).length === 1);
    await Promise.all([one.app.close(), other.app.close()]);
    await waitUntil(async () => (await heard()).length === 0);
  });

  test('a Redis that refuses the password or the channels counts as down; the log has no secret', async () => {
    const redis = startRedis();
    const name = `gateway-test-${space}`;
    await redis.acl('SETUSER', name, 'on', '>hunter2', '+@all', 'resetchannels');
    onTestFinished(async () => void (await redis.acl('DELUSER', name)));
    for (const [password, reason] of [
      ['hunter3', 'WRONGPASS'],
      ['hunter2', 'NOPERM'],
    ]) {
      const url = redisUrl.replace('//', `//${name}:${password}@`);
      const gateway = await createTestGateway({ REDIS_URL: url, LOG_LEVEL: 'info' });
      const log = readLog(gateway);
      await waitUntil(() => listNews(log).length > 0);
      await create(gateway);
      await setSize(gateway, 5);
      expect(log.filter(({ msg }) => msg.startsWith('Redis is'))).toMatchObject([{ reason }]);
      expect(JSON.stringify(log)).not.toMatch(new RegExp(`hunter|${name}`));
      await gateway.app.close();
    }
  });
});
