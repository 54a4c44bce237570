import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the delay is sampled, in milliseconds. */
const resolution = 20;
/** The share of a core below which other processes cause the delay: to refuse work would not shorten it. */
const minOwnShare = 0.4;

/** Measures how late the event loop gets to its work. */
export interface DelayMeter {
  /**
   * The median delay since the last call, in milliseconds, since one long turn is no overload; 0 when nothing was sampled,
   * or when this process hardly ran.
   */
  measure(): number;
  stop(): void;
}

/** Starts measuring. */
export function startDelayMeter(readCpu: () => NodeJS.CpuUsage = () => process.cpuUsage()): DelayMeter {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  let before = { cpu: sumCpu(readCpu()), at: performance.now() };
  return {
    measure() {
      const now = { cpu: sumCpu(readCpu()), at: performance.now() };
      const isOwn = now.cpu - before.cpu >= minOwnShare * (now.at - before.at);
      // In nanoseconds, the interval between two samples included.
      const delay = isOwn && histogram.count > 0 ? histogram.percentile(50) / 1e6 - resolution : 0;
      before = now;
      histogram.reset();
      return Math.max(0, delay);
    },
    stop: () => void histogram.disable(),
  };
}

/** In milliseconds. */
function sumCpu({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}
