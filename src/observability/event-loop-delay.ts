import { Histogram } from './histogram.ts';

/** How often the delay is sampled, in milliseconds. */
const sampleIntervalMs = 20;
/** The most samples of which the median is taken: those of ten seconds. */
const maxRecent = 500;
/** In seconds. */
const bounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Measures how late the event loop gets to its work. */
export interface DelayMeter {
  /** All samples, in seconds. */
  readonly samples: Histogram;
  /**
   * The median delay since the last call, or of the last ten seconds, in milliseconds; 0 when nothing was sampled. The
   * median, since one long turn is no overload.
   */
  measure(): number;
  stop(): void;
}

/**
 * Starts measuring how late a timer fires, fifty times a second: the same wait as that of a request that arrives then.
 */
export function startDelayMeter(): DelayMeter {
  const samples = new Histogram(bounds);
  let recent: number[] = [];
  let due = performance.now() + sampleIntervalMs;
  const timer = setInterval(() => {
    const now = performance.now();
    const delay = Math.max(0, now - due);
    due = now + sampleIntervalMs;
    samples.observe(delay / 1000);
    recent.push(delay);
    if (recent.length > maxRecent) recent.shift();
  }, sampleIntervalMs).unref();
  return {
    samples,
    measure() {
      const ascending = recent.toSorted((one, other) => one - other);
      recent = [];
      return ascending[(ascending.length - 1) >> 1] ?? 0;
    },
    stop: () => clearInterval(timer),
  };
}
