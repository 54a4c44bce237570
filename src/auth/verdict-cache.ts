import type { Authentication } from './authenticate.ts';

/** So that a revoked key is refused, and a new one accepted, within a second. */
const maxAgeMs = 500;
const maxVerdicts = 10_000;

export interface Verdicts {
  find(key: string): Authentication | undefined;
  /**
   * Keeps a verdict until half a second after its verification started, at `since` by `performance.now()`, and not
   * beyond the expiry of its key.
   */
  remember(key: string, verdict: Authentication, since: number): void;
}

/** Creates a cache of verdicts. It is emptied half a second after its first entry, and when it is full. */
export function createVerdicts(): Verdicts {
  let verdicts = new Map<string, { readonly verdict: Authentication; readonly until: number }>();
  return {
    find(key) {
      const found = verdicts.get(key);
      return found && isCurrent(found.until) ? found.verdict : undefined;
    },
    remember(key, verdict, since) {
      const { expiresAt } = verdict;
      const expiry = expiresAt ? performance.now() + expiresAt.getTime() - Date.now() : Number.POSITIVE_INFINITY;
      const until = Math.min(since + maxAgeMs, expiry);
      if (!isCurrent(until)) return;
      if (verdicts.size >= maxVerdicts) verdicts = new Map();
      if (verdicts.size === 0) {
        const filled = verdicts;
        setTimeout(() => {
          if (verdicts === filled) verdicts = new Map();
        }, maxAgeMs).unref();
      }
      verdicts.set(key, { verdict, until });
    },
  };
}

/** Whether a verification that started at `since` may be shared with a request that arrives now. */
export function isRecent(since: number): boolean {
  return isCurrent(since + maxAgeMs);
}

function isCurrent(until: number): boolean {
  return performance.now() < until;
}
