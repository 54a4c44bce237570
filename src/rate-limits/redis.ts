import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { nameActor } from '../domain/actor.ts';
import type { RateLimiter, RateLimitRule } from '../domain/rate-limit.ts';
import { describeError, parseRedisUrl, replyWithin } from '../events/redis-connection.ts';
import { createMemoryRateLimiter } from './memory.ts';
import { toSpending } from './spending.ts';

/** How long a call waits for Redis, in milliseconds. */
const commandTimeout = 500;
/** How long a start waits for Redis, in milliseconds. */
const connectWait = 1_000;
/** How long Redis is not asked again after it has failed, in milliseconds. */
const pauseMs = 1_000;

/** Like the library's script, but a call that exceeds the limit takes nothing. Returns the count as if it had. */
const takeIfLeft = `
redis.call('set', KEYS[1], 0, 'EX', ARGV[2], 'NX')
local count = tonumber(redis.call('get', KEYS[1])) + tonumber(ARGV[1])
if count <= tonumber(ARGV[3]) then redis.call('incrby', KEYS[1], ARGV[1]) end
return {count, redis.call('pttl', KEYS[1])}
`;

export interface RedisRateLimiterOptions {
  /**
   * Called once when Redis fails, with a reason that contains no credentials, and once with undefined when it works
   * again.
   */
  readonly report: (reason: string | undefined) => void;
}

/**
 * Counts the calls that all gateways with the same Redis and the same rule receive. While Redis does not respond, each
 * gateway counts its own. Resolves when Redis is connected, after a second at the latest.
 */
export async function openRedisRateLimiter(
  url: string,
  rule: RateLimitRule,
  { report }: RedisRateLimiterOptions,
): Promise<RateLimiter> {
  const { connection, keyPrefix } = parseRedisUrl(url);
  const redis = new Redis(connection);
  const counts = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: `${keyPrefix}:calls:${rule.points}/${rule.seconds}`,
    points: rule.points,
    duration: rule.seconds,
    customIncrTtlLuaScript: takeIfLeft,
    rejectIfRedisNotReady: true,
  });
  const own = createMemoryRateLimiter(rule);
  let pausedUntil = 0;
  let isDown = false;

  function noteFailure(error: unknown): void {
    pausedUntil = performance.now() + pauseMs;
    if (!isDown) report(describeError(error));
    isDown = true;
  }

  redis.on('error', () => undefined);
  const connected = redis.connect().catch(() => undefined);
  await Promise.race([connected, sleep(connectWait, undefined, { ref: false })]);

  return {
    rule,
    async spend(actor, cost) {
      if (performance.now() < pausedUntil) return own.spend(actor, cost);
      try {
        const count = await replyWithin(commandTimeout, counts.consume(nameActor(actor), cost)).catch(returnCount);
        if (isDown) report(undefined);
        isDown = false;
        return toSpending(rule, cost, count);
      } catch (error) {
        noteFailure(error);
        return own.spend(actor, cost);
      }
    },
    close: () => redis.disconnect(),
  };
}

/** The library rejects with the count of a call that exceeds the limit, and with an error when Redis fails. */
function returnCount(rejection: RateLimiterRes | Error): RateLimiterRes {
  if (rejection instanceof Error) throw rejection;
  return rejection;
}
