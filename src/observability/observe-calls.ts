import type { Metrics } from './metrics.ts';
import type { Tracing } from './tracing.ts';

type Call = (...values: unknown[]) => Promise<unknown>;

/** Wraps the functions of a port to storage: each call is timed, and is a span where requests are traced. */
export function observeCalls<Port extends object>(
  name: string,
  port: Port,
  metrics: Metrics,
  tracing: Tracing | undefined,
): Port {
  const wrapped = Object.entries(port).map(([method, call]) => [
    method,
    observeCall(`${name}.${method}`, call as Call, metrics, tracing),
  ]);
  return Object.fromEntries(wrapped) as Port;
}

function observeCall(name: string, call: Call, metrics: Metrics, tracing: Tracing | undefined): Call {
  const durations = metrics.findStorageCall(name);
  const timed: Call = (...values) => {
    const start = performance.now();
    const observe = () => durations.observe((performance.now() - start) / 1000);
    const result = call(...values);
    result.then(observe, observe);
    return result;
  };
  if (!tracing) return timed;
  const attributes = { 'db.operation.name': name };
  return (...values) => tracing.run(`storage ${name}`, attributes, () => timed(...values));
}
