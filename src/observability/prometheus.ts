import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { Histogram } from './histogram.ts';
import type { Metrics } from './metrics.ts';

/** An amount of memory that requests share, in bytes. */
export interface Budget {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
}

/** What is read only when the metrics are written. */
export interface Readings {
  readonly eventLoopDelay: Histogram;
  listBudgets(): readonly Budget[];
  countConnections(): number;
  countSubscriptions(): number;
  /** How many writes wait for storage or are being written. */
  countWaitingWrites(): number;
  /** How many GraphQL operations came by each gate. */
  countByGate(): Readonly<Record<string, number>>;
}

type Labels = Readonly<Record<string, string | number>>;
type Value = { readonly labels: Labels; readonly value: number; readonly metricName?: string };

/** The figures of the process, which all gateways in it share. Created when the first one is asked for its metrics. */
let processRegistry: Registry | undefined;

/** Creates a function that writes all metrics of a gateway in the text format of Prometheus. */
export function createExposition(metrics: Metrics, readings: Readings): () => Promise<string> {
  const registry = new Registry();
  const add = (type: string, name: string, help: string, read: () => Iterable<Value>) => {
    const metric = { name, help, type, get: async () => ({ name, help, type, values: [...read()] }) };
    // prom-client writes any object like this one; its own classes would count a second time.
    registry.registerMetric(metric as unknown as Metric);
  };
  const addHistogram = (name: string, help: string, read: () => Iterable<readonly [Labels, Histogram]>) =>
    add('histogram', name, help, function* () {
      for (const [labels, histogram] of read()) yield* splitHistogram(name, labels, histogram);
    });

  addHistogram(
    'gateway_request_duration_seconds',
    'Time from the headers of a request to its answer, or to the start of its stream.',
    function* () {
      for (const { kind, name, durations } of metrics.listOperations()) yield [{ kind, operation: name }, durations];
    },
  );
  add('counter', 'gateway_requests_total', 'Requests that were answered, by HTTP status.', function* () {
    for (const { kind, name, byStatus } of metrics.listOperations())
      for (const [status, value] of byStatus) yield { labels: { kind, operation: name, status }, value };
  });
  add('counter', 'gateway_errors_total', 'Errors and typed failures in answers, by code.', () =>
    labelEach('code', metrics.errors),
  );
  add('counter', 'gateway_refused_credentials_total', 'Credentials that were refused, by reason.', () =>
    labelEach('reason', metrics.refusedCredentials),
  );
  add('counter', 'gateway_quota_refusals_total', 'Requests refused because of RATE_LIMIT, by kind.', () =>
    labelEach('kind', metrics.quotaRefusals),
  );
  add('counter', 'gateway_overload_refusals_total', 'Requests refused because the gateway had too much to do.', () => [
    { labels: {}, value: metrics.overloadRefusals },
  ]);
  add('counter', 'gateway_operations_by_gate_total', 'GraphQL operations, by the code path that read them.', () =>
    labelEach('gate', Object.entries(readings.countByGate())),
  );
  addHistogram('gateway_storage_duration_seconds', 'Time of each call to storage, with its wait.', function* () {
    for (const [call, durations] of metrics.storage)
      if (durations.counts.some((count) => count > 0)) yield [{ call }, durations];
  });
  addHistogram('gateway_storage_writes_per_commit', 'Writes that each commit made durable.', () => [
    [{}, metrics.writesPerCommit],
  ]);
  add('gauge', 'gateway_storage_waiting_writes', 'Writes that wait for storage or are being written.', () => [
    { labels: {}, value: readings.countWaitingWrites() },
  ]);
  addHistogram('gateway_event_loop_delay_seconds', 'How long work waits for its turn in the event loop.', () => [
    [{}, readings.eventLoopDelay],
  ]);
  add('gauge', 'gateway_open_subscriptions', 'Subscriptions that are open.', () => [
    { labels: {}, value: readings.countSubscriptions() },
  ]);
  add('gauge', 'gateway_open_connections', 'Connections of clients that are open.', () => [
    { labels: {}, value: readings.countConnections() },
  ]);
  add('gauge', 'gateway_budget_used_bytes', 'Memory that request bodies or answers take at the moment.', () =>
    readings.listBudgets().map(({ name, used }) => ({ labels: { budget: name }, value: used })),
  );
  add('gauge', 'gateway_budget_limit_bytes', 'Memory that they may take together; beyond it requests get 503.', () =>
    readings.listBudgets().map(({ name, limit }) => ({ labels: { budget: name }, value: limit })),
  );

  return async () => {
    processRegistry ??= createProcessRegistry();
    return (await registry.metrics()) + (await processRegistry.metrics());
  };
}

/** CPU, memory, file descriptors and garbage collection, by the names that dashboards for Node know. */
function createProcessRegistry(): Registry {
  const registry = new Registry();
  // `gateway_event_loop_delay_seconds` takes the place of prom-client's measurement, which is all but switched off.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 3_600_000 });
  for (const { name } of registry.getMetricsAsArray())
    if (name.startsWith('nodejs_eventloop_lag')) registry.removeSingleMetric(name);
  return registry;
}

function* labelEach(label: string, counts: Iterable<readonly [string, number]>): Iterable<Value> {
  for (const [name, value] of counts) yield { labels: { [label]: name }, value };
}

/** The series of a histogram: cumulative buckets, the sum and the count. */
function* splitHistogram(name: string, labels: Labels, { bounds, counts, sum }: Histogram): Iterable<Value> {
  let count = 0;
  for (const [at, inBucket] of counts.entries()) {
    count += inBucket;
    yield { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[at] ?? '+Inf' }, value: count };
  }
  yield { metricName: `${name}_sum`, labels, value: sum };
  yield { metricName: `${name}_count`, labels, value: count };
}
