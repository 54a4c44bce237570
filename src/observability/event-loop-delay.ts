import { Histogram } from './histogram.ts';

/** How often the delay is sampled, in milliseconds. */
const sampleIntervalMs = 20;
/** In seconds. */
const bounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Measures how late the event loop gets to its work. */
export interface DelayMeter {
  /** In seconds, whatever causes the delay. */
  readonly samples: Histogram;
  stop(): void;
}

/**
 * Starts measuring how late a timer fires, fifty times a second: the same wait as that of a request that arrives then.
 */
export function startDelayMeter(): DelayMeter {
  const samples = new Histogram(bounds);
  let due = performance.now() + sampleIntervalMs;
  const timer = setInterval(() => {
    const now = performance.now();
    samples.observe(Math.max(0, now - due) / 1000);
    due = now + sampleIntervalMs;
  }, sampleIntervalMs).unref();
  return { samples, stop: () => clearInterval(timer) };
}
