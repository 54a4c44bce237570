import type { Authentication } from './authenticate.ts';

/** How long a verdict holds, in milliseconds: a revoked key is refused within a second, and a new one accepted. */
const maxAge = 500;
/** The most verdicts that are remembered at once. */
const maxVerdicts = 10_000;

export interface Verdicts {
  find(key: string): Authentication | undefined;
  /** Remembers a verdict until half a second after its judgement began, `since` by `performance.now()`. */
  remember(key: string, verdict: Authentication, since: number): void;
}

/** Verdicts that are forgotten, keys and all, half a second after the first of them, and when there are too many. */
export function createVerdicts(): Verdicts {
  let verdicts = new Map<string, { readonly verdict: Authentication; readonly until: number }>();
  return {
    find(key) {
      const found = verdicts.get(key);
      return found && isCurrent(found.until) ? found.verdict : undefined;
    },
    remember(key, verdict, since) {
      const until = since + maxAge;
      if (!isCurrent(until)) return;
      if (verdicts.size >= maxVerdicts) verdicts = new Map();
      if (verdicts.size === 0) {
        const filled = verdicts;
        setTimeout(() => {
          if (verdicts === filled) verdicts = new Map();
        }, maxAge).unref();
      }
      verdicts.set(key, { verdict, until });
    },
  };
}

/** Whether a judgement that began at `since` may be shared with a request that arrives now. */
export function isRecent(since: number): boolean {
  return isCurrent(since + maxAge);
}

function isCurrent(until: number): boolean {
  return performance.now() < until;
}
