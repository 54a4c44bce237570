import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A span as it was sent to the collector. */
export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** 1 for internal work, 2 for a request that was served. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2 for an error. */
  readonly status: number;
}

/** A collector of OpenTelemetry traces on a port of its own, closed at the end of the test. */
export interface Collector {
  readonly url: string;
  /** All spans received so far. */
  readonly spans: SeenSpan[];
  /** The attributes of what sent them. */
  readonly resource: Record<string, unknown>;
  /** Everything received so far, as it was sent. */
  text(): string;
}

/** Starts a collector that answers every request with `status`. */
export async function startCollector(status = 200): Promise<Collector> {
  const spans: SeenSpan[] = [];
  const resource: Record<string, unknown> = {};
  let all = '';
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    all += text;
    if (request.url === '/v1/traces')
      for (const { resource: from, scopeSpans } of JSON.parse(text).resourceSpans) {
        Object.assign(resource, readAttributes(from.attributes));
        for (const scope of scopeSpans) spans.push(...scope.spans.map(readSpan));
      }
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, spans, resource, text: () => all };
}

function readSpan({ traceId, spanId, parentSpanId, name, kind, attributes, status }: any): SeenSpan {
  const parent = parentSpanId === '' ? undefined : parentSpanId;
  return {
    traceId,
    spanId,
    parentSpanId: parent,
    name,
    kind,
    attributes: readAttributes(attributes),
    status: status.code,
  };
}

function readAttributes(attributes: { key: string; value: Record<string, unknown> }[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
