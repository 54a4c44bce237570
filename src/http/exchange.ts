import type { IncomingMessage } from 'node:http';
import type { Caller } from '../domain/actor.ts';
import { ArrivingBody, type BodyBudgets, collectFetchBody, collectNodeBody } from './body.ts';
import { toRequestId } from './request-id.ts';

/** One request, whichever gate it came by, and what becomes known of it on its way. */
export abstract class Exchange {
  /** When it began, by `performance.now()`. */
  readonly start = performance.now();
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** The query string with its question mark; empty without one. */
  readonly search: string;
  /** Who is calling, once that is known. */
  caller: Caller = null;
  readonly #budgets: BodyBudgets;
  #body: ArrivingBody | undefined;

  constructor(budgets: BodyBudgets, method: string, target: string, requestId: unknown) {
    this.#budgets = budgets;
    this.method = method;
    const mark = target.indexOf('?');
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.search = mark < 0 ? '' : target.slice(mark);
    this.requestId = toRequestId(requestId);
  }

  /** A header by its name in lower case; several of one name are joined as HTTP says. */
  abstract header(name: string): string | undefined;
  protected abstract collect(body: ArrivingBody): Promise<ArrivingBody>;

  /**
   * Reads the body within the limits of its caller, who is known by now. Throws or rejects with a refusal (408, 413,
   * 503).
   */
  readBody(): Promise<ArrivingBody> {
    this.#body = new ArrivingBody(this.#budgets, this.caller, this.header('content-length'));
    return this.collect(this.#body);
  }

  /** The answer is made: the body counts no more. */
  end(): void {
    this.#body?.release();
  }
}

export class NodeExchange extends Exchange {
  readonly #request: IncomingMessage;

  constructor(budgets: BodyBudgets, request: IncomingMessage) {
    super(budgets, request.method ?? '', request.url ?? '', request.headers['x-request-id']);
    this.#request = request;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  protected collect(body: ArrivingBody): Promise<ArrivingBody> {
    return collectNodeBody(this.#request, body);
  }
}

export class FetchExchange extends Exchange {
  readonly #request: Request;

  constructor(budgets: BodyBudgets, request: Request) {
    const target = request.url.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
    super(budgets, request.method, target, request.headers.get('x-request-id'));
    this.#request = request;
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }

  protected collect(body: ArrivingBody): Promise<ArrivingBody> {
    return collectFetchBody(this.#request, body);
  }
}
