/** A span, in the form in which W3C Trace Context passes it on (section 3.2). */
export interface Traceparent {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
  /** Bit 0 says that the trace is recorded. */
  readonly flags: number;
}

const traceparentForm = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Reads a `traceparent` header; undefined when there is none, or not a valid one. */
export function parseTraceparent(header: string | undefined): Traceparent | undefined {
  if (header === undefined) return undefined;
  const [, version, traceId, spanId, flags, rest] = traceparentForm.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // Only later versions may append to it.
  if (version === '00' && rest !== undefined) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** Writes a `traceparent`, or a `traceresponse`, which has the same form. */
export function formatTraceparent({ traceId, spanId, flags }: Traceparent): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
}

/** What a span says about itself. Nothing secret belongs here. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Where a request's span begins. */
export interface RequestTrace {
  readonly name: string;
  readonly traceparent: Traceparent | undefined;
  readonly tracestate: string | undefined;
  readonly attributes: Attributes;
}

/** How a request ended. */
export interface RequestOutcome {
  readonly attributes: Attributes;
  readonly isFault: boolean;
}

/** Records spans. Exists only when OTEL_EXPORTER_OTLP_ENDPOINT is set. */
export interface Tracing {
  /**
   * Runs a request in its own span, which `describe` completes once the work has settled. `work` gets the
   * span.
   */
  runRequest<Result>(
    request: RequestTrace,
    work: (span: Traceparent) => Promise<Result>,
    describe: (result: Result) => RequestOutcome,
  ): Promise<Result>;
  /** Runs work in a child of the span that it is called in. The work keeps its way of failing. */
  run<Result>(name: string, attributes: Attributes, work: () => Result | Promise<Result>): Promise<Result>;
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>;
}
