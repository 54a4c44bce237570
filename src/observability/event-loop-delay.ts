import { Histogram } from './histogram.ts';

/** How often the delay is sampled, in milliseconds. */
const sampleIntervalMs = 20;
/** The most samples of which the median is taken: those of ten seconds. */
const maxRecent = 500;
/** In seconds. */
const bounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
/** The share of a core below which other processes cause the delay: to refuse work would not shorten it. */
const minOwnShare = 0.4;

/** Measures how late the event loop gets to its work. */
export interface DelayMeter {
  /** All samples, in seconds, whatever causes them. */
  readonly samples: Histogram;
  /**
   * The median delay since the last call, or of the last ten seconds, in milliseconds, since one long turn is not overload;
   * 0 when nothing was sampled, or when this process hardly ran.
   */
  measure(): number;
  stop(): void;
}

/**
 * Starts measuring how late a timer fires, fifty times a second: the same wait as that of a request that arrives then.
 */
export function startDelayMeter(readCpu: () => NodeJS.CpuUsage = () => process.cpuUsage()): DelayMeter {
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
  let before = { cpu: sumCpu(readCpu()), at: performance.now() };
  return {
    samples,
    measure() {
      const now = { cpu: sumCpu(readCpu()), at: performance.now() };
      const isOwn = now.cpu - before.cpu >= minOwnShare * (now.at - before.at);
      const ascending = recent.toSorted((one, other) => one - other);
      before = now;
      recent = [];
      return isOwn ? (ascending[(ascending.length - 1) >> 1] ?? 0) : 0;
    },
    stop: () => clearInterval(timer),
  };
}

/** In milliseconds. */
function sumCpu({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}
