import type { Actor } from './actor.ts';
import { prices } from './limits.ts';

/** How many points a caller may spend in a period that begins with their first call. */
export interface RateLimitRule {
  readonly points: number;
  readonly seconds: number;
}

/** What a call costs, and what its caller has left. */
export interface RateLimit {
  /** The points of a period. */
  readonly limit: number;
  /** The points of this call, whether or not it may be made. */
  readonly cost: number;
  /** The points left until `resetAt`, after this call. */
  readonly remaining: number;
  readonly resetAt: Date;
}

/** Counts the calls of each caller. */
export interface RateLimiter {
  readonly rule: RateLimitRule;
  /**
   * Takes the points of a call from its caller: an API key, or the subject of a token within an organization. A call
   * that exceeds the limit takes none, so a cheaper one may still be made. Never rejects.
   */
  spend(actor: Actor, cost: number): Promise<RateLimit & { readonly isExceeded: boolean }>;
  close(): void;
}

/** The points of one field, or of one REST call, that writes or could return `rows` rows (contract, section 7). */
export function findPrice(kind: 'read' | 'write', rows: number): number {
  return prices[kind] + Math.floor(rows / prices.rowsPerPoint);
}
