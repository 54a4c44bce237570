import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { nameActor } from '../domain/actor.ts';
import type { RateLimiter, RateLimitRule } from '../domain/rate-limit.ts';
import { toSpending } from './spending.ts';

/** How many callers have a count of their own at a time. Each takes about 500 bytes. */
const maxCallers = 100_000;
/** All callers beyond `maxCallers` share one count. No caller has this name. */
const everyoneElse = 'everyone else';

/** Counts the calls that this process receives. */
export function createMemoryRateLimiter(rule: RateLimitRule, max: number = maxCallers): RateLimiter {
  const counts = new RateLimiterMemory({ points: rule.points, duration: rule.seconds });
  const periodMs = rule.seconds * 1000;
  // A count lives for one period, so no more live ones exist than have begun in the last two.
  let begun = 0;
  let begunBefore = 0;
  let since = performance.now();

  function isFull(): boolean {
    const now = performance.now();
    if (now - since >= periodMs) {
      begunBefore = now - since >= 2 * periodMs ? 0 : begun;
      begun = 0;
      since = now;
    }
    return begun + begunBefore >= max;
  }

  async function findName(name: string): Promise<string> {
    return isFull() && (await counts.get(name)) === null ? everyoneElse : name;
  }

  return {
    rule,
    async spend(actor, cost) {
      const name = await findName(nameActor(actor));
      const result = await counts.consume(name, cost).catch((exceeded: RateLimiterRes) => exceeded);
      if (result.isFirstInDuration) begun++;
      if (result.consumedPoints > rule.points) await counts.reward(name, cost);
      return toSpending(rule, cost, result);
    },
    close: () => undefined,
  };
}
