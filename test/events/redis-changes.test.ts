import { describe, expect, test } from 'vitest';
import { findChangesCursor, openChanges } from '../support/gateway/change-feed.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { createPostgresDatabase, hasServer } from '../support/storage/postgres.ts';
import {
  isRedisMissing,
  redisUrl,
  space,
  startRedis,
  startRedisProxy,
  startTwoGateways,
  waitUntil,
} from '../support/storage/redis.ts';

const create = (gateway: TestGateway, id: string) => gateway.data(mutations.create, { input: { experimentId: id } });

/** Waits until this many gateways receive the news of the organization. */
const followed = async (count: number) => {
  const redis = startRedis();
  await waitUntil(async () => (await redis.pubsub('NUMSUB', `gateway:${space}:organization:"acme"`))[1] === count);
};

describe.skipIf(isRedisMissing)('with a Redis at 127.0.0.1:6379, streams of changes', () => {
  test('have what another gateway writes as soon as it is on disk, long before the next look without news', async () => {
    const [one, other] = await startTwoGateways();
    const [first, second] = [await openChanges(one), await openChanges(one)];
    await followed(1);
    for (const id of ['a', 'b', 'c']) {
      await create(other, id);
      const start = performance.now();
      expect(await Promise.all([first.take(1), second.take(1)])).toEqual([[`SAVED ${id}`], [`SAVED ${id}`]]);
      expect(performance.now() - start).toBeLessThan(1_000);
    }
    await first.leave();
    await create(other, 'd');
    expect(await second.take(1)).toEqual(['SAVED d']);
    await second.leave();
    await followed(0);
  });

  test('have what was written while the connection to Redis was cut, once it is back', async () => {
    const proxy = await startRedisProxy();
    const [one, other] = await startTwoGateways([proxy.url, redisUrl]);
    const changes = await openChanges(one);
    await followed(1);
    await create(other, 'before');
    expect(await changes.take(1)).toEqual(['SAVED before']);
    await proxy.cut();
    await followed(0);
    await create(other, 'meanwhile');
    const start = performance.now();
    await proxy.restore();
    expect(await changes.take(1)).toEqual(['SAVED meanwhile']);
    expect(performance.now() - start).toBeLessThan(8_000);
    await followed(1);
    await create(other, 'after');
    expect(await changes.take(1)).toEqual(['SAVED after']);
  });

  test.runIf(hasServer)('of two gateways on PostgreSQL end with what is stored, while both write', async () => {
    const environment = { DATABASE_URL: await createPostgresDatabase(), REDIS_URL: redisUrl };
    const gateways = [await createTestGateway(environment), await createTestGateway(environment)] as const;
    const ids = Array.from({ length: 5 }, (_, index) => `exp_${index}`);
    for (const id of ids) await create(gateways[0], id);
    const since = await findChangesCursor(gateways[1]);
    const streams = await Promise.all(gateways.map((each) => openChanges(each, { since, fields: 'batchSize' })));
    const readToEnd = async (changes: (typeof streams)[number]) => {
      const known = new Map<string, number>();
      for (;;) {
        const { experimentId, experiment } = await changes.next();
        if (experimentId === 'end') return known;
        known.set(experimentId, experiment.batchSize);
      }
    };
    const reading = Promise.all(streams.map(readToEnd));
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        gateways[index % 2 === 0 ? 0 : 1].data(mutations.update, {
          id: ids[index % 5],
          input: { batchSize: index + 1 },
        }),
      ),
    );
    const { experiments } = await gateways[0].data('{ experiments { nodes { id batchSize } } }');
    await create(gateways[1], 'end');
    const stored = experiments.nodes.map(({ id, batchSize }: { id: string; batchSize: number }) => [id, batchSize]);
    for (const known of await reading) expect(new Map(stored)).toEqual(known);
  });
});
