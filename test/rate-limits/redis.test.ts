import { Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readLog } from '../support/gateway/log.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { readRemaining } from '../support/http/rate-limit.ts';
import { isRedisMissing, redisUrl, startRedis, startRedisProxy, startTwoGateways } from '../support/storage/redis.ts';

const read = '{ viewer { keyId } }';
const write = 'mutation { cancelExperiment(id: "none") { __typename } }';

/** What is left of the quota of a key after a call. */
const call = async (gateway: TestGateway, key: string, query = read) =>
  readRemaining(await gateway.graphql(query, {}, { key }));

describe.skipIf(isRedisMissing)('a rate limit with Redis', () => {
  test('gateways that share a Redis share one quota', async () => {
    const [one, two] = await startTwoGateways([redisUrl, redisUrl], { RATE_LIMIT: '11/60' });
    expect(await call(one, one.key, write)).toBe(6);
    expect(await call(two, one.key)).toBe(5);
    expect(await call(one, one.key, write)).toBe(0);
    for (const gateway of [one, two]) {
      const { status, headers } = await gateway.graphql(read, {}, { key: one.key });
      expect([status, headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^([1-9]|[1-5]\d|60)$/)]);
    }
  });

  test('many calls at once through both gateways never spend more than the quota', async () => {
    const [one, two] = await startTwoGateways([redisUrl, redisUrl], { RATE_LIMIT: '23/60' });
    const calls = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? one : two).graphql(read, {}, { key: one.key }));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(23);
    expect(statuses.filter((status) => status === 429)).toHaveLength(17);
  });

  test('a refused call takes no points from any gateway', async () => {
    const [one, two] = await startTwoGateways([redisUrl, redisUrl], { RATE_LIMIT: '7/60' });
    expect(await call(one, one.key, write)).toBe(2);
    for (const gateway of [one, two, one]) {
      const { status, headers } = await gateway.graphql(write, {}, { key: one.key });
      expect([status, readRemaining({ headers })]).toEqual([429, 2]);
    }
    expect(await call(two, one.key)).toBe(1);
  });

  test('counts expire in Redis by themselves', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '7/60', REDIS_URL: redisUrl });
    await call(gateway, gateway.key);
    const redis = startRedis();
    const { viewer } = await gateway.data(read);
    const [name = ''] = await redis.keys(`gateway:*:calls:7/60:*${viewer.keyId}*`);
    expect(await redis.ttl(name)).toBeGreaterThan(0);
    expect(await redis.ttl(name)).toBeLessThanOrEqual(60);
  });

  test('a gateway whose event loop is late does not take that for a Redis that is down', async () => {
    const gateway = await createTestGateway({ RATE_LIMIT: '11/60', REDIS_URL: redisUrl, LOG_LEVEL: 'info' });
    const log = readLog(gateway);
    const { write: send } = Socket.prototype;
    const writing = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
      const isSent = send.apply(this, args);
      if (String(args[0]).includes('eval')) for (const end = Date.now() + 800; Date.now() < end; );
      return isSent;
    });
    onTestFinished(() => writing.mockRestore());
    expect(await call(gateway, gateway.key, write)).toBe(6);
    expect(writing.mock.calls.some(([text]) => String(text).includes('eval'))).toBe(true);
    expect(log.map(({ msg }) => msg).filter((msg) => /Redis/.test(msg))).toEqual([]);
  });

  test('while Redis is down each gateway counts its own calls, and says so once', async () => {
    const proxy = await startRedisProxy();
    const gateway = await createTestGateway({ RATE_LIMIT: '9/60', REDIS_URL: proxy.url, LOG_LEVEL: 'info' });
    const log = readLog(gateway);
    expect(await call(gateway, gateway.key, write)).toBe(4);
    await proxy.cut();
    expect(await call(gateway, gateway.key, write)).toBe(4);
    expect((await gateway.graphql(write)).status).toBe(429);
    const lines = () => log.map(({ msg }) => msg).filter((msg) => /Redis .*count/.test(msg));
    expect(lines()).toEqual(['Redis does not count calls: until it does, each gateway counts its own']);
    await proxy.restore();
    await expect.poll(() => call(gateway, gateway.key), { timeout: 15_000, interval: 100 }).toBeLessThan(4);
    await expect
      .poll(
        async () => {
          await call(gateway, gateway.key);
          return lines();
        },
        { timeout: 15_000, interval: 100 },
      )
      .toEqual([expect.any(String), 'Redis counts the calls of all gateways again']);
  });

  test('a Redis that does not reply delays a call by half a second at most, and the next ones not at all', async () => {
    const proxy = await startRedisProxy();
    const gateway = await createTestGateway({ RATE_LIMIT: '900/60', REDIS_URL: proxy.url });
    await call(gateway, gateway.key);
    proxy.freeze();
    expect(await call(gateway, gateway.key)).toBe(899);
    expect(await call(gateway, gateway.key)).toBe(898);
  });
});
