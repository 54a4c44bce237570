import type { RateLimit, RateLimiter, RateLimitRule } from '../domain/rate-limit.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Exchange } from './exchange.ts';
import { createRefusal } from './refusal.ts';

/**
 * Takes the points of a call from its caller, and notes for its answer what is left. Calls of anonymous callers are not
 * counted. Rejects with a refusal (429) when they exceed `RATE_LIMIT`.
 */
export async function takePoints(
  exchange: Exchange,
  limiter: RateLimiter,
  metrics: Metrics,
  cost: number,
): Promise<void> {
  if (!exchange.caller) return;
  const { isExceeded, ...rateLimit } = await limiter.spend(exchange.caller, cost);
  exchange.rateLimit = rateLimit;
  exchange.addHeaders(describeInHeaders(limiter.rule, rateLimit));
  if (!isExceeded) return;
  metrics.countQuotaRefusal(exchange.operation);
  const hint = cost > rateLimit.limit ? 'ask for less at once' : `try again in ${countSeconds(rateLimit)} s`;
  throw createRefusal(
    429,
    `This request costs ${cost} ${cost === 1 ? 'point' : 'points'}, and you have ${rateLimit.remaining} of ${rateLimit.limit} left: ${hint}.`,
    { 'retry-after': String(countSeconds(rateLimit)) },
  );
}

/** The headers of draft-ietf-httpapi-ratelimit-headers. */
function describeInHeaders({ points, seconds }: RateLimitRule, rateLimit: RateLimit): Record<string, string> {
  return {
    'ratelimit-policy': `"default";q=${points};w=${seconds}`,
    ratelimit: `"default";r=${rateLimit.remaining};t=${countSeconds(rateLimit)}`,
  };
}

/** Whole seconds until the points come back, at least one. */
function countSeconds({ resetAt }: RateLimit): number {
  return Math.max(1, Math.ceil((resetAt.getTime() - Date.now()) / 1000));
}
