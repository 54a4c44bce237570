import type { Metrics } from '../observability/metrics.ts';
import type { Exchange } from './exchange.ts';
import { createRefusal } from './refusal.ts';

/** The median delay of the event loop, in milliseconds, beyond which it has too much to do. */
const maxDelay = 250;
/** The share of the places in storage's queue beyond which too much work waits there. At 1, storage itself refuses more. */
const maxQueueShare = 0.8;
/** How often the load is measured, in milliseconds. */
const intervalMs = 500;
/** For how many intervals the load has to be too high before requests are refused: a burst is served. */
const patience = 3;
/** The smallest share of requests that is admitted: they show when the overload is over. */
const minAdmitted = 0.05;
/** How much more is admitted after each interval without overload. */
const recovery = 0.1;

/** What the gateway has to do. */
export interface Load {
  /** The median delay of the event loop since the last call, in milliseconds. */
  measureDelay(): number;
  /** The share of the places in storage's queue that are taken, from 0 to 1. */
  measureQueue(): number;
}

/** Throws a refusal (503) when the gateway has too much to do. */
export type Admit = (exchange: Exchange) => void;

/**
 * Admits a share of the requests, which falls while the load stays too high and rises again after. Admitting all
 * of them would make every caller wait, and alternating between all and none would waste half of the time. The load is
 * measured when requests arrive.
 */
export function createAdmission({ measureDelay, measureQueue }: Load, metrics: Metrics): Admit {
  let admitted = 1;
  let credit = 0;
  let tooHighFor = 0;
  let measuredAt = performance.now();

  function adjust(intervals: number): void {
    const excess = Math.max(measureDelay() / maxDelay, measureQueue() / maxQueueShare);
    tooHighFor = excess > 1 ? tooHighFor + 1 : 0;
    if (tooHighFor === 0) admitted = Math.min(1, admitted + recovery * intervals);
    else if (tooHighFor >= patience) admitted = Math.max(minAdmitted, admitted * Math.max(0.5, 1 / excess));
  }

  return ({ start }) => {
    const intervals = Math.floor((start - measuredAt) / intervalMs);
    if (intervals >= 1) {
      measuredAt = start;
      adjust(intervals);
    }
    if (admitted === 1) return;
    credit += admitted;
    if (credit < 1) {
      metrics.countOverloadRefusal();
      throw createRefusal(503, tooBusy, { 'retry-after': '1' });
    }
    credit -= 1;
  };
}

const tooBusy = 'The gateway has too much to do: try again in a moment. Nothing was written.';
