import { type DelayMeter, startDelayMeter } from './event-loop-delay.ts';
import type { Logger } from './logger.ts';
import { Metrics } from './metrics.ts';
import { observeCalls } from './observe-calls.ts';
import type { Tracing } from './tracing.ts';

/** What watches one gateway. */
export interface Observability {
  readonly metrics: Metrics;
  /** Undefined where requests are not traced. */
  readonly tracing: Tracing | undefined;
  readonly delayMeter: DelayMeter;
  /** Wraps ports to storage, so that their calls are timed and traced. */
  observePorts<Ports extends object>(ports: Ports): Ports;
  /** Sends the last spans, and stops measuring. */
  close(): Promise<void>;
}

/** Creates what watches a gateway. It sends traces to the collector at `otlpEndpoint`, if there is one. */
export async function createObservability(logger: Logger, otlpEndpoint: string | undefined): Promise<Observability> {
  const metrics = new Metrics();
  const tracing = otlpEndpoint === undefined ? undefined : await openTracing(otlpEndpoint, logger);
  const delayMeter = startDelayMeter();
  return {
    metrics,
    tracing,
    delayMeter,
    observePorts<Ports extends object>(ports: Ports): Ports {
      const observed = Object.entries(ports).map(([name, port]) => [name, observeCalls(name, port, metrics, tracing)]);
      return Object.fromEntries(observed) as Ports;
    },
    async close() {
      delayMeter.stop();
      await tracing?.close();
    },
  };
}

async function openTracing(endpoint: string, logger: Logger): Promise<Tracing> {
  // Loaded on demand: other gateways do not pay for it.
  const { createTracing } = await import('./open-telemetry.ts');
  return createTracing(endpoint, ({ isUsable, reason }) => {
    if (isUsable) logger.info('the collector accepts traces again');
    else logger.warn({ reason }, 'the collector does not accept traces: they are dropped until it does');
  });
}
