import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the delay is sampled, in milliseconds. */
const resolution = 20;

/** Measures how late the event loop gets to its work. */
export interface DelayMeter {
  /**
   * The median delay since the last call, in milliseconds; 0 when nothing was sampled. The median, since one long turn is
   * no overload.
   */
  measure(): number;
  stop(): void;
}

/** Starts measuring. */
export function startDelayMeter(): DelayMeter {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return {
    measure() {
      // In nanoseconds, the interval between two samples included.
      const delay = histogram.count === 0 ? 0 : histogram.percentile(50) / 1e6 - resolution;
      histogram.reset();
      return Math.max(0, delay);
    },
    stop: () => void histogram.disable(),
  };
}
