import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { RequestTrace, Traceparent, Tracing } from './tracing.ts';

/** How long a stop waits for spans to be sent, in milliseconds. */
const closeTimeout = 2_000;

/** Reports when the collector stops accepting spans, with a reason for the log, and when it accepts them again. */
export type ReportCollector = (status: { readonly isUsable: boolean; readonly reason?: string }) => void;

/**
 * Sends spans to the collector at `endpoint`. The exporter itself reads the other standard variables
 * (OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME, …). A caller's `traceparent` decides whether their requests are
 * recorded; all others are. Spans that cannot be sent are dropped: at most 2,048 wait.
 */
export function createTracing(endpoint: string, report: ReportCollector): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'experiment-gateway' }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    spanProcessors: [new BatchSpanProcessor({ exporter: reportFailures(exporter, report) })],
  });
  const tracer = provider.getTracer('experiment-gateway');
  const current = new AsyncLocalStorage<Context>();

  return {
    async runRequest({ name, attributes, ...origin }, work, describe) {
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: { ...attributes } }, findParent(origin));
      try {
        const result = await current.run(trace.setSpan(ROOT_CONTEXT, span), () => work(toTraceparent(span)));
        const outcome = describe(result);
        span.setAttributes({ ...outcome.attributes });
        if (outcome.isFault) span.setStatus({ code: SpanStatusCode.ERROR });
        return result;
      } catch (error) {
        throw fail(span, error);
      } finally {
        span.end();
      }
    },
    async run(name, attributes, work) {
      const parent = current.getStore();
      // Work that belongs to no request, such as emptying the trash, makes no traces.
      if (!parent) return work();
      const span = tracer.startSpan(name, { attributes: { ...attributes } }, parent);
      try {
        return await current.run(trace.setSpan(parent, span), work);
      } catch (error) {
        throw fail(span, error);
      } finally {
        span.end();
      }
    },
    close: () =>
      Promise.race([provider.shutdown().catch(() => undefined), sleep(closeTimeout, undefined, { ref: false })]),
  };
}

function toTraceparent(span: Span): Traceparent {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, flags: traceFlags };
}

/** Marks a span as failed, without the error's message: it may hold what only the log may show. */
function fail(span: Span, error: unknown): unknown {
  span.setStatus({ code: SpanStatusCode.ERROR });
  return error;
}

/** The context of the span outside that a request continues. */
function findParent({ traceparent, tracestate }: Pick<RequestTrace, 'traceparent' | 'tracestate'>): Context {
  if (!traceparent) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = traceparent;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: flags,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  });
}

/** An exporter that reports once when it begins to fail, and once when it works again. */
function reportFailures(exporter: SpanExporter, report: ReportCollector): SpanExporter {
  let isUsable = true;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if ((result.error === undefined) !== isUsable) {
          isUsable = !isUsable;
          report({ isUsable, ...(result.error && { reason: result.error.message }) });
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
