import type { TestGateway } from './test-gateway.ts';

/** The metrics of a gateway at one moment. */
export interface SeenMetrics {
  readonly text: string;
  /** The names of all metrics, as they are written. A histogram has its name, without those of its series. */
  readonly names: ReadonlySet<string>;
  /** The value of each series by its name and labels, such as `a_total{b="c"}`. */
  readonly series: ReadonlyMap<string, number>;
  /** The value of a series; 0 when there is none. */
  value(series: string): number;
}

/** Reads `/metrics` as Prometheus does, and throws for a line that it could not parse. */
export async function readMetrics({ fetch }: Pick<TestGateway, 'fetch'>): Promise<SeenMetrics> {
  const response = await fetch('/metrics');
  const text = await response.text();
  if (response.status !== 200) throw new Error(`/metrics returned ${response.status}: ${text}`);
  const names = new Set<string>();
  const series = new Map<string, number>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, described] = /^# (?:HELP|TYPE) ([a-z_]+) .+$/.exec(line) ?? [];
    const [, name, value] =
      /^([a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*\})?) (-?\d[\d.e+-]*|NaN|\+Inf)$/.exec(line) ?? [];
    if (described !== undefined) names.add(described);
    else if (name !== undefined && !series.has(name)) series.set(name, Number(value));
    else throw new Error(`/metrics has a line that is not valid, or is there twice: ${line}`);
  }
  return { text, names, series, value: (wanted) => series.get(wanted) ?? 0 };
}
