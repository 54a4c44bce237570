import type { Plugin } from 'graphql-yoga';
import type { Caller } from '../../domain/actor.ts';
import type { AnswerRoom } from '../../domain/answer-budget.ts';
import { stringifyJson } from '../../domain/json/exact-json.ts';
import type { Exchange } from '../exchange.ts';
import { createNoRoomError } from '../graphql/answer-limit.ts';
import { identify } from '../identify.ts';
import { traceOperation, traceRequest } from '../traces.ts';
import { findExchange } from '../use-exchange.ts';
import { createExperimentHandlers } from './experiment-handlers.ts';
import { answerError, type RestAnswer } from './failures.ts';
import { type Handlers, type RestParts, takeCallPoints } from './handler.ts';
import { createListHandlers } from './list-handlers.ts';
import { buildOpenApiDocument } from './openapi.ts';
import { findOrigin } from './page-links.ts';
import { matchRoute, type RouteKind } from './routes.ts';

/**
 * The documented REST operations (contract, section 6), served by the same domain code as GraphQL. It comes before the
 * 404 for unknown addresses.
 */
export function useRest(parts: RestParts): Plugin {
  const { experiments, logger, answerRoom, tracing, admit } = parts;
  const { onCollection, onExperiment } = createExperimentHandlers(parts);
  const { onList, onSummary } = createListHandlers(parts);
  const handlersByRoute: Record<Exclude<RouteKind, 'results'>, Handlers> = {
    document: { GET: async () => ({ status: 200, body: buildOpenApiDocument(), needsRoom: true }) },
    collection: { GET: onList.GET, ...onCollection } as Handlers,
    list: onList,
    summary: onSummary,
    experiment: onExperiment,
  };

  /**
   * `If-Match: "3"` is `ifRevision: 3`. Of several revisions, returns the one that is stored now; the write checks
   * whether it still is.
   */
  async function readIfRevision(exchange: Exchange, caller: Caller, id: string): Promise<number | null> {
    const [first, ...others] = parseIfMatch(exchange.header('if-match'));
    if (first === undefined) return null;
    if (others.length === 0) return first;
    const stored = await experiments.presentRevision(caller, id);
    return [first, ...others].find((revision) => revision === stored) ?? noRevision;
  }

  async function answer(exchange: Exchange, url: string): Promise<RestAnswer> {
    const route = matchRoute(exchange.path);
    if (!route) return unknownAddress;
    if (route.kind === 'results') return resultsNotKept;
    const handlers = handlersByRoute[route.kind];
    const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    if (!handler) return refuseMethod(handlers);
    exchange.operationName = `${method} ${route.kind}`; // for metrics, the log line and traces
    await admit(exchange);
    const caller = await identify(exchange, parts);
    const kind = findPriceKind(route.kind, exchange.method);
    if (kind) await takeCallPoints(parts, exchange, kind);
    const ifRevision = await readIfRevision(exchange, caller, route.id);
    const call = { exchange, caller, id: route.id, ifRevision, origin: findOrigin(url, exchange) };
    return traceOperation(tracing, exchange, () => handler(call));
  }

  /** Returns the answer with its body as text. Never rejects: errors become answers too. */
  async function answerText(exchange: Exchange, url: string): Promise<WrittenRestAnswer> {
    try {
      const found = await answer(exchange, url);
      const written = write(found);
      if (found.needsRoom) assertRoom(answerRoom, written.text ?? '');
      if (found.code !== undefined) exchange.noteError(found.code);
      return written;
    } catch (error) {
      const failed = answerError(error, exchange, logger);
      if (failed.code !== undefined) exchange.noteError(failed.code);
      return write(failed);
    }
  }

  return {
    async onRequest({ request, fetchAPI, endResponse }) {
      const exchange = findExchange(request);
      if (!exchange.path.startsWith(restPath)) return;
      exchange.operation = 'rest';
      const work = () => answerText(exchange, request.url);
      const { status, headers, text } = await traceRequest(tracing, exchange, restPath, work);
      endResponse(new fetchAPI.Response(request.method === 'HEAD' ? null : text, { status, headers }));
    },
  };
}

/** The path that all addresses of REST begin with. */
const restPath = '/api/v2/';

/** An answer up to this many characters always has room, whatever else is in progress. */
const maxSmallAnswerCharacters = 64 * 1024;

/** Throws a refusal (503) when the other answers leave no room for a large text. */
function assertRoom(room: AnswerRoom, text: string): void {
  if (text.length <= maxSmallAnswerCharacters) return;
  const bytes = Buffer.byteLength(text);
  if (!room.take(bytes)) throw createNoRoomError();
  // From here on it counts as waiting for its reader.
  room.give(bytes);
}

/** Whether a call reads or writes one experiment. A list takes its points when it knows how many rows it may return. */
function findPriceKind(route: RouteKind, method: string): 'read' | 'write' | undefined {
  const isRead = method === 'GET' || method === 'HEAD';
  if (route === 'experiment') return isRead ? 'read' : 'write';
  return route === 'collection' && !isRead ? 'write' : undefined;
}

interface WrittenRestAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string | null;
}

function write({ status, headers, body }: RestAnswer): WrittenRestAnswer {
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
  const text = body === undefined ? null : stringifyJson(body);
  return { status, headers: { ...type, 'cache-control': 'no-store', ...headers }, text };
}

const unknownAddress: RestAnswer = { status: 404, code: 'NOT_FOUND', body: { detail: 'There is nothing here.' } };
const resultsNotKept: RestAnswer = {
  status: 404,
  code: 'NOT_FOUND',
  body: { detail: 'This gateway keeps experiments, but not their results: no logs, scores or histograms.' },
};

/** Refuses a method that a route does not know. Every route that serves GET also serves HEAD. */
function refuseMethod(handlers: Handlers): RestAnswer {
  const allowed = Object.keys(handlers)
    .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method))
    .join(', ');
  const body = { detail: `Allowed here: ${allowed}.` };
  return { status: 405, code: 'METHOD_NOT_ALLOWED', headers: { allow: allowed }, body };
}

/** Matches no stored revision. */
const noRevision = -1;

/**
 * The revisions in an `If-Match` header; none without the header or for `*`. An entity tag that we never issue becomes
 * `noRevision`, and so does an empty header: a client that has lost its tag must not overwrite what it did not read.
 */
function parseIfMatch(ifMatch: string | undefined): number[] {
  if (ifMatch === undefined || ifMatch.trim() === '*') return [];
  return ifMatch.split(',').map((tag) => Number(/^"?(\d{1,10})"?$/.exec(tag.trim())?.[1] ?? noRevision));
}
