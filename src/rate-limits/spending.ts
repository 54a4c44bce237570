import type { RateLimiter, RateLimitRule } from '../domain/rate-limit.ts';

/** Points taken in a period, those of a refused call included. */
interface Count {
  readonly consumedPoints: number;
  readonly msBeforeNext: number;
}

/** What a caller has left, given the count that includes a call. A call that exceeds the limit is taken out again. */
export function toSpending(
  { points, seconds }: RateLimitRule,
  cost: number,
  { consumedPoints, msBeforeNext }: Count,
): Awaited<ReturnType<RateLimiter['spend']>> {
  const isExceeded = consumedPoints > points;
  const remaining = points - (isExceeded ? consumedPoints - cost : consumedPoints);
  const ms = msBeforeNext > 0 ? msBeforeNext : seconds * 1000;
  return { isExceeded, limit: points, cost, remaining: Math.max(0, remaining), resetAt: new Date(Date.now() + ms) };
}
