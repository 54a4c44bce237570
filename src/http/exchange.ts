import type { IncomingMessage } from 'node:http';
import type { Caller } from '../domain/actor.ts';
import { ServiceUnavailable } from '../domain/faults.ts';
import type { RateLimit } from '../domain/rate-limit.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics, OperationKind } from '../observability/metrics.ts';
import { ArrivingBody, type BodyBudgets, collectFetchBody, collectNodeBody } from './body.ts';
import { toRequestId } from './request-id.ts';

/** The gate by which a request comes: as a request of `node:http`, or as one of the fetch standard. */
export type Gate = 'node' | 'fetch';

/** How many GraphQL operations came by each gate since the start. */
export type GateCounts = Record<Gate, number>;

/** What all exchanges share. */
export interface ExchangeParts {
  readonly bodies: BodyBudgets;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** One request, whichever gate it came through, and what the steps learn about it. */
export abstract class Exchange {
  abstract readonly gate: Gate;
  /** The IP address of the connection, a proxy's if there is one; undefined without a connection. */
  abstract readonly address: string | undefined;
  /** When it began, in milliseconds of `performance.now()`. */
  readonly start = performance.now();
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** The query string with its question mark; empty without one. */
  readonly search: string;
  /** Null until the caller is identified. */
  caller: Caller = null;
  /** Whether it has a credential that was refused, once the caller is identified. */
  isRefused = false;
  /** What it asks for, once that is known, by the names that metrics, the log and traces share. */
  operation: OperationKind = 'other';
  operationName: string | undefined = undefined;
  /** The code of the first error, or failure that a caller can expect, in the answer. */
  errorCode: string | undefined = undefined;
  /** The trace that it belongs to, when it is traced. */
  traceId: string | undefined = undefined;
  /** What it cost and left; null unless it is counted. */
  rateLimit: RateLimit | null = null;
  /** Headers to add to the answer. */
  extraHeaders: Readonly<Record<string, string>> | undefined = undefined;
  readonly #budgets: BodyBudgets;
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  #body: ArrivingBody | undefined;

  constructor({ bodies, metrics, logger }: ExchangeParts, method: string, target: string, requestId: unknown) {
    this.#budgets = bodies;
    this.#metrics = metrics;
    this.#logger = logger;
    this.method = method;
    const mark = target.indexOf('?');
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.search = mark < 0 ? '' : target.slice(mark);
    this.requestId = toRequestId(requestId);
  }

  /** A header by its lower-case name. Repeated headers are joined by commas (RFC 9110, section 5.3). */
  abstract header(name: string): string | undefined;
  /** Calls `listener` once the client has disconnected, now if it has already. Returns a function that forgets it. */
  abstract onDisconnect(listener: () => void): () => void;
  protected abstract collect(body: ArrivingBody): Promise<ArrivingBody>;

  /**
   * Reads the body within the limits of its caller, so `caller` must be set first. Throws or rejects with a refusal
   * (408, 413, 503).
   */
  readBody(): Promise<ArrivingBody> {
    this.#body = new ArrivingBody(this.#budgets, this.caller, this.header('content-length'));
    return this.collect(this.#body);
  }

  /** Adds headers to the answer. */
  addHeaders(headers: Readonly<Record<string, string>>): void {
    this.extraHeaders = this.extraHeaders ? { ...this.extraHeaders, ...headers } : headers;
  }

  /** Notes an error, or a failure that a caller can expect, that goes into the answer. */
  noteError(code: string): void {
    this.errorCode ??= code;
    this.#metrics.countError(code);
  }

  /** Logs what went wrong on our side, with the id of the request. The caller sees none of it. */
  logFault(err: unknown): void {
    const message = err instanceof ServiceUnavailable ? 'service unavailable' : 'fault';
    this.#logger.error({ requestId: this.requestId, err }, message);
  }

  /** Logs and notes a fault that an answer only hints at. */
  noteFault(err: unknown): void {
    this.logFault(err);
    this.noteError(err instanceof ServiceUnavailable ? 'SERVICE_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR');
  }

  /** Call it once the answer is ready: it releases the body's share of the budget. */
  end(): void {
    this.#body?.release();
  }
}

export class NodeExchange extends Exchange {
  readonly gate = 'node';
  readonly #request: IncomingMessage;

  constructor(parts: ExchangeParts, request: IncomingMessage) {
    super(parts, request.method ?? '', request.url ?? '', request.headers['x-request-id']);
    this.#request = request;
  }

  /** Read when it is needed: nearly every request does without it. */
  get address(): string | undefined {
    return this.#request.socket.remoteAddress;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  onDisconnect(listener: () => void): () => void {
    const { socket } = this.#request;
    if (socket.destroyed) listener();
    socket.once('close', listener);
    return () => void socket.off('close', listener);
  }

  protected collect(body: ArrivingBody): Promise<ArrivingBody> {
    return collectNodeBody(this.#request, body);
  }
}

export class FetchExchange extends Exchange {
  readonly gate = 'fetch';
  readonly address: string | undefined;
  readonly #request: Request;

  constructor(parts: ExchangeParts, request: Request, address: string | undefined) {
    const target = request.url.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
    super(parts, request.method, target, request.headers.get('x-request-id'));
    this.address = address;
    this.#request = request;
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }

  onDisconnect(listener: () => void): () => void {
    const { signal } = this.#request;
    if (signal.aborted) listener();
    signal.addEventListener('abort', listener, { once: true });
    return () => signal.removeEventListener('abort', listener);
  }

  protected collect(body: ArrivingBody): Promise<ArrivingBody> {
    return collectFetchBody(this.#request, body);
  }
}
