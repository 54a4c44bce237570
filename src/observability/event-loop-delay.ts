import { Histogram } from './histogram.ts';

/** How often the delay is measured, in milliseconds. */
const sampleIntervalMs = 20;
/** In seconds. */
const bounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** How long work waits for its turn in the event loop. */
export interface EventLoopDelay {
  /** All samples, in seconds. */
  readonly samples: Histogram;
  /** The latest sample, in milliseconds. */
  latest(): number;
  stop(): void;
}

/** Measures how late a timer fires, fifty times a second: the same wait as that of a request that arrives then. */
export function measureEventLoopDelay(): EventLoopDelay {
  const samples = new Histogram(bounds);
  let latest = 0;
  let due = performance.now() + sampleIntervalMs;
  const timer = setInterval(() => {
    const now = performance.now();
    latest = Math.max(0, now - due);
    due = now + sampleIntervalMs;
    samples.observe(latest / 1000);
  }, sampleIntervalMs).unref();
  return { samples, latest: () => latest, stop: () => clearInterval(timer) };
}
