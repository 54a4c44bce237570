import type { RateLimiter, RateLimitRule } from '../domain/rate-limit.ts';
import type { Logger } from '../observability/logger.ts';

/** Counts calls in Redis when its URL is given, and in this process otherwise. */
export async function openRateLimiter(
  rule: RateLimitRule,
  redisUrl: string | undefined,
  logger: Logger,
): Promise<RateLimiter> {
  // Loaded on demand, like the storage engines.
  if (redisUrl === undefined) return (await import('./memory.ts')).createMemoryRateLimiter(rule);
  const { openRedisRateLimiter } = await import('./redis.ts');
  return await openRedisRateLimiter(redisUrl, rule, {
    report(reason) {
      if (reason === undefined) logger.info('Redis counts the calls of all gateways again');
      else logger.warn({ reason }, 'Redis does not count calls: until it does, each gateway counts its own');
    },
  });
}
