import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { readMetrics, type SeenMetrics } from './support/gateway/metrics.ts';
import { createTestGateway } from './support/gateway/test-gateway.ts';

const read = (file: string) => readFileSync(new URL(`../docs/${file}`, import.meta.url), 'utf8');

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard: { readonly panels: readonly Panel[] } = JSON.parse(read('operations/grafana.json'));
const panels = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const));
const alerts = Array.from(
  read('operations/alerts.yml').matchAll(/- alert: (\w+)\n +expr: (.+)\n/g),
  ([, name = '', expr = '']) => [name, expr] as const,
);
const page = read('operations.md');

/** The metrics in an expression that a gateway writes itself, with the labels that are asked of each. */
function findAsked(expression: string): { metric: string; labels: string[] }[] {
  const found = expression.matchAll(/\b((?:gateway|process|nodejs)_[a-z_]+)(?:\{([^}]*)\})?/g);
  return Array.from(found, ([, metric = '', matchers = '']) => ({
    metric,
    labels: Array.from(matchers.matchAll(/(\w+)(?:=~|!=|=)"/g), ([, label = '']) => label),
  }));
}

let metrics: SeenMetrics;
/** The names of all series, with the labels that they have. */
const written = new Map<string, Set<string>>();

beforeAll(async () => {
  const ends: (() => void | Promise<void>)[] = [];
  const gateway = await createTestGateway({}, (end) => ends.push(end));
  await gateway.data('mutation { createExperiment(input: {experimentId: "a"}) { __typename } }');
  await gateway.data('query Find { experiment(id: "a") { name } }');
  await gateway.graphql('{ viewer { organization } }', {}, { key: 'wrong' });
  // The process is watched from the first scrape on, and garbage collection shows up when there was one since.
  const hasCollected = () =>
    [...metrics.series.keys()].some((name) => name.startsWith('nodejs_gc_duration_seconds_sum'));
  metrics = await readMetrics(gateway);
  for (let times = 0; times < 200 && !hasCollected(); times++) {
    Array.from({ length: 1_000_000 }, () => ({}));
    await sleep(10);
    metrics = await readMetrics(gateway);
  }
  for (const series of metrics.series.keys()) {
    const [, name = '', labels = ''] = /^([a-z_]+)(?:\{(.*)\})?$/.exec(series) ?? [];
    const known = written.get(name) ?? new Set();
    written.set(name, known);
    for (const [, label = ''] of labels.matchAll(/([a-z_]+)="/g)) known.add(label);
  }
  for (const end of ends.toReversed()) await end();
});

/** The labels that Prometheus adds. */
const added = new Set(['instance', 'job']);

describe.each([
  ['panel', panels],
  ['alert', alerts],
] as const)('the %s', (_kind, expressions) => {
  test.each(expressions)('%s asks only for metrics and labels that a gateway writes', (_name, expression) => {
    const asked = findAsked(expression);
    expect(asked.length > 0 || expression.startsWith('up{')).toBe(true);
    for (const { metric, labels } of asked) {
      expect([...written.keys()]).toContain(metric);
      for (const label of labels.filter((each) => !added.has(each))) expect(written.get(metric)).toContain(label);
    }
  });
});

test('the dashboard has panels, each with an id of its own, and there are alerts', () => {
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(panels.length).toBeGreaterThan(15);
  expect(alerts.length).toBe(read('operations/alerts.yml').match(/- alert:/g)?.length);
});

test('docs/operations.md describes every metric that a gateway writes, and no other', () => {
  const own = [...metrics.names].filter((name) => name.startsWith('gateway_'));
  const described = Array.from(page.matchAll(/^\| `(gateway_\w+)`/gm), ([, name = '']) => name);
  expect(described.toSorted()).toEqual(own.toSorted());
});

test('docs/operations.md says what each alert means', () => {
  const described = Array.from(page.matchAll(/^\| `(Gateway\w+)` \|/gm), ([, name = '']) => name);
  expect(described).toEqual(alerts.map(([name]) => name));
});

test('docs/operations.md describes every field of the line of a request', async () => {
  const source = readFileSync(new URL('../src/observability/logger.ts', import.meta.url), 'utf8');
  const [, fields = ''] = /interface RequestLine \{([^}]*)\}/.exec(source) ?? [];
  const names = Array.from(fields.matchAll(/readonly (\w+):/g), ([, name = '']) => name);
  const section = page.slice(page.indexOf('## The log'), page.indexOf('## Traces'));
  for (const name of names) expect(section).toContain(`\`${name}\``);
});
