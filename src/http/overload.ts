import { setTimeout as sleep } from 'node:timers/promises';
import type { Metrics } from '../observability/metrics.ts';
import type { Exchange } from './exchange.ts';
import { createRefusal } from './refusal.ts';

/** For how long requests are started in one turn of the event loop, in milliseconds: further ones wait for the next turn. */
const maxTurnTime = 3;
/** The most requests that are started in one turn. */
const maxStarts = 64;
/** How many requests may wait; organizations that wait share these places equally. */
const maxWaiting = 100;
/** In how many successive turns requests have to wait before any is refused: a burst is served. */
const patience = 50;
/** The share of the places in storage's queue beyond which too much work waits there. At 1, storage itself refuses more. */
const maxQueueShare = 0.8;
/** How long a refusal is held back, in milliseconds: its sender may not heed Retry-After. */
const holdMs = 500;
/** The most refusals that are held back at a time. */
const maxHeld = 1_000;

/**
 * Admits a request whose caller is known: at once, or when it is its organization's turn. Rejects with a refusal (503)
 * when the gateway has too much to do.
 */
export type Admit = (exchange: Exchange) => Promise<void> | undefined;

export interface Admission {
  readonly admit: Admit;
  /** How many requests wait for their turn. */
  countWaiting(): number;
}

/**
 * Lets requests wait for their turn where one turn of the event loop would take too long, so that the loop stays
 * responsive, and takes them from the waiting organizations in rotation, so that none waits for the backlog of another.
 * Where requests go on waiting, those beyond an organization's share of the places are refused.
 *
 * `measureQueue` returns the share of the places in storage's queue that are taken, from 0 to 1.
 */
export function createAdmission(measureQueue: () => number, metrics: Metrics): Admission {
  /** The starts of waiting requests, by organization. The first organization is next. */
  const waiting = new Map<string, (() => void)[]>();
  let countWaiting = 0;
  /** In how many turns some have waited without a pause. */
  let countTurns = 0;
  /** When no further request may be started in this turn of the event loop; undefined before the first one. */
  let turnEnd: number | undefined;
  /** How many have been started in this turn without waiting. */
  let countStarted = 0;
  /** The same for those that waited: however long it takes to let others wait, some of them are started. */
  let batchEnd: number | undefined;
  let scheduled = 0;
  let held = 0;

  /** Node finishes what an immediate starts before it calls the next one, so each may see how long those before it took. */
  function schedule(): void {
    scheduled = Math.max(1, Math.min(countWaiting, maxStarts));
    for (let count = 0; count < scheduled; count++) setImmediate(startNext);
  }

  function startNext(): void {
    const now = performance.now();
    batchEnd ??= now + maxTurnTime;
    if (countWaiting > 0 && now < batchEnd) {
      const [organization, starts] = waiting.entries().next().value as [string, (() => void)[]];
      waiting.delete(organization);
      const start = starts.shift();
      if (starts.length > 0) waiting.set(organization, starts);
      countWaiting--;
      start?.();
    }
    scheduled--;
    if (scheduled > 0) return;
    turnEnd = undefined;
    countStarted = 0;
    batchEnd = undefined;
    if (countWaiting === 0) countTurns = 0;
    else {
      countTurns++;
      schedule();
    }
  }

  function isTooMuch(organization: string): boolean {
    if (measureQueue() > maxQueueShare) return true;
    if (countWaiting < maxWaiting || countTurns < patience) return false;
    return (waiting.get(organization)?.length ?? 0) >= maxWaiting / waiting.size;
  }

  async function refuse(): Promise<never> {
    metrics.countOverloadRefusal();
    if (held < maxHeld) {
      held++;
      await sleep(holdMs);
      held--;
    }
    throw tooBusy;
  }

  function admit({ caller }: Exchange): Promise<void> | undefined {
    const now = performance.now();
    const organization = caller?.organization ?? '';
    if (isTooMuch(organization)) return refuse();
    if (scheduled === 0) schedule();
    turnEnd ??= now + maxTurnTime;
    if (countWaiting === 0 && now < turnEnd && countStarted++ < maxStarts) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const starts = waiting.get(organization);
    if (starts) starts.push(resolve);
    else waiting.set(organization, [resolve]);
    countWaiting++;
    return promise;
  }

  return { admit, countWaiting: () => countWaiting };
}

/** The same for all, since an error of its own would double what a refusal costs. */
const tooBusy = createRefusal(503, 'The gateway has too much to do: try again in a moment. Nothing was written.', {
  'retry-after': '1',
});
