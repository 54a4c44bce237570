import type { Gateway } from './gateway.ts';
import type { Series } from './slopes.ts';

/** What is watched: its name and unit, and how much it may rise in an hour. */
const figures = {
  resident: ['resident memory', 'MB', 60],
  heap: ['heap after a collection', 'MB', 15],
  external: ['memory outside the heap', 'MB', 15],
  files: ['open files and sockets', '', 30],
  handles: ['handles', '', 30],
  log: ['log of SQLite (-wal)', 'MB', 30],
  delay: ['event loop delay, mean', 'ms', 5],
} as const;
type Figure = keyof typeof figures;

/** Collects the figures of a gateway. */
export function createSampler(gateway: Gateway) {
  const started = performance.now();
  const points = new Map<Figure, (readonly [number, number])[]>();
  let delays = { sum: 0, count: 0 };

  async function readDelay(): Promise<number> {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    const read = (name: string) =>
      Number(new RegExp(`^gateway_event_loop_delay_seconds_${name} (\\S+)$`, 'm').exec(text)?.[1]);
    const now = { sum: read('sum'), count: read('count') };
    const mean = (now.sum - delays.sum) / Math.max(1, now.count - delays.count);
    delays = now;
    return mean * 1000;
  }

  return {
    async sample(): Promise<void> {
      // Before the probe, whose garbage collection gives memory back.
      const resident = gateway.readResidentMegabytes();
      const { heap, external, handles } = await gateway.probe();
      const found: Record<Figure, number | undefined> = {
        resident,
        heap: heap / 2 ** 20,
        external: external / 2 ** 20,
        files: gateway.countFiles(),
        handles,
        log: gateway.measureLog(),
        delay: await readDelay(),
      };
      const seconds = (performance.now() - started) / 1000;
      for (const [figure, value] of Object.entries(found) as [Figure, number | undefined][]) {
        if (value === undefined) continue;
        const known = points.get(figure) ?? [];
        known.push([seconds, value]);
        points.set(figure, known);
      }
    },
    list: (): Series[] =>
      [...points].map(([figure, found]) => {
        const [name, unit, bound] = figures[figure];
        return { name, unit, bound, points: found };
      }),
  };
}
