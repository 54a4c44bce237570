import type { Plugin } from 'graphql-yoga';
import type { Authenticate } from '../../auth/authenticate.ts';
import { type Actor, authorize, type Caller } from '../../domain/actor.ts';
import type { AnswerRoom } from '../../domain/answer-budget.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import { type Failure, notFound } from '../../domain/failure.ts';
import { stringifyJson } from '../../domain/json/exact-json.ts';
import type { Services } from '../../domain/services.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Exchange } from '../exchange.ts';
import { createNoRoomError } from '../graphql/answer-limit.ts';
import { identify } from '../identify.ts';
import { readJson } from '../json-body.ts';
import { createRefusal } from '../refusal.ts';
import { findExchange } from '../use-exchange.ts';
import { idempotencyKeyHeader, type RestOperation, readInput, toResource } from './experiment-resource.ts';
import { answerError, answerFailure, type RestAnswer } from './failures.ts';
import { buildOpenApiDocument } from './openapi.ts';

const collection = '/api/v2/experiments';
const onePath = new RegExp(`^${collection}/([^/]+)/?$`);
const documentPath = '/api/v2/openapi.json';

/** One request whose route, method and caller are known. */
interface Call {
  readonly exchange: Exchange;
  readonly caller: Caller;
  readonly id: string;
  readonly ifRevision: number | null;
}

interface RestParts extends Services {
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly answerRoom: AnswerRoom;
}

type Handler = (call: Call) => Promise<RestAnswer>;

/**
 * The documented REST operations (contract, section 6), served by the same domain code as GraphQL. It comes before the
 * 404 for unknown addresses.
 */
export function useRest(parts: RestParts): Plugin {
  const { experiments, datasets, authenticate, logger, answerRoom } = parts;

  async function answerExperiment(call: Call, experiment: Experiment, status = 200): Promise<RestAnswer> {
    const { id, revision } = experiment;
    const headers: Record<string, string> = { etag: `"${revision}"` };
    if (status === 201) headers.location = `${collection}/${encodeURIComponent(id)}/`;
    return { status, headers, body: toResource(experiment, await findDatasetName(call, experiment)) };
  }

  /** Returns null when the name cannot be read: a missing name must not make a committed write look failed. */
  async function findDatasetName({ caller, exchange }: Call, { datasetId }: Experiment): Promise<string | null> {
    if (datasetId === null || !caller) return null;
    try {
      return (await datasets.names(caller, [datasetId])).get(datasetId) ?? null;
    } catch (error) {
      logger.error({ requestId: exchange.requestId, err: error }, 'dataset name not available');
      return null;
    }
  }

  const onCollection: Record<string, Handler> = {
    POST: async (call) => {
      const { exchange, caller } = call;
      const idempotencyKey = exchange.header(idempotencyKeyHeader.toLowerCase());
      const input = await readBody(exchange, caller, 'create');
      const result = await experiments.create(caller, { input, idempotencyKey });
      return result.kind === 'written' ? answerExperiment(call, result.experiment, 201) : answerFailure(result, null);
    },
  };

  async function writeContent(call: Call, operation: 'replace' | 'update'): Promise<RestAnswer> {
    const { exchange, caller, id, ifRevision } = call;
    const input = await readBody(exchange, caller, operation);
    const result = await experiments[operation](caller, { id, ifRevision, input });
    return result.kind === 'written' ? answerExperiment(call, result.experiment) : answerFailure(result, ifRevision);
  }

  const onExperiment: Record<string, Handler> = {
    GET: async (call) => {
      const { caller, id } = call;
      const actor = authorize(caller, 'experiments:read');
      if ('kind' in actor) return answerFailure(actor, null);
      const experiment = await experiments.find(actor, id);
      return experiment ? answerExperiment(call, experiment) : answerFailure(notFound(id), null);
    },
    PUT: (call) => writeContent(call, 'replace'),
    PATCH: (call) => writeContent(call, 'update'),
    DELETE: async ({ caller, id, ifRevision }) => {
      const result = await experiments.delete(caller, { id, ifRevision });
      return result.kind === 'deleted' ? { status: 204 } : answerFailure(result, ifRevision);
    },
  };

  /**
   * `If-Match: "3"` is `ifRevision: 3`. Of several revisions, returns the one that is stored now; the write checks
   * whether it still is.
   */
  async function readIfRevision(exchange: Exchange, caller: Caller, id: string): Promise<number | null> {
    const [first, ...others] = parseIfMatch(exchange.header('if-match')?.trim() ?? '');
    if (first === undefined) return null;
    if (others.length === 0) return first;
    const stored = await experiments.presentRevision(caller, id);
    return [first, ...others].find((revision) => revision === stored) ?? noRevision;
  }

  async function answer(exchange: Exchange, path: string): Promise<RestAnswer | undefined> {
    const route = matchRoute(path);
    if (!route) return undefined;
    const handlers = route.kind === 'document' ? onDocument : route.kind === 'collection' ? onCollection : onExperiment;
    const handler = handlers[exchange.method === 'HEAD' ? 'GET' : exchange.method];
    if (!handler) {
      const allowed = Object.keys(handlers).join(', ');
      return { status: 405, headers: { allow: allowed }, body: { detail: `Allowed here: ${allowed}.` } };
    }
    const caller = await identify(exchange, authenticate, logger);
    return handler({ exchange, caller, id: route.id, ifRevision: await readIfRevision(exchange, caller, route.id) });
  }

  /** Returns the answer with its body as text. Never rejects: errors become answers too. */
  async function answerText(exchange: Exchange, path: string): Promise<WrittenRestAnswer> {
    try {
      const written = write((await answer(exchange, path)) ?? unknownAddress);
      // A write gets its answer even when other answers leave no room: its caller must learn that it was stored.
      if (exchange.method === 'GET') assertRoom(answerRoom, written.text ?? '');
      return written;
    } catch (error) {
      return write(answerError(error, exchange, logger));
    }
  }

  return {
    async onRequest({ request, fetchAPI, endResponse }) {
      const exchange = findExchange(request);
      if (!exchange.path.startsWith('/api/v2/')) return;
      const { status, headers, text } = await answerText(exchange, exchange.path);
      endResponse(new fetchAPI.Response(request.method === 'HEAD' ? null : text, { status, headers }));
    },
  };
}

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

const onDocument: Record<string, Handler> = {
  GET: async () => ({ status: 200, body: buildOpenApiDocument() }),
};

const unknownAddress: RestAnswer = { status: 404, body: { detail: 'There is nothing here.' } };

type Route = { readonly kind: 'document' | 'collection' | 'experiment'; readonly id: string };

function matchRoute(path: string): Route | undefined {
  if (path === documentPath) return { kind: 'document', id: '' };
  if (path === collection || path === `${collection}/`) return { kind: 'collection', id: '' };
  const [, encoded] = onePath.exec(path) ?? [];
  if (encoded === undefined) return undefined;
  try {
    return { kind: 'experiment', id: decodeURIComponent(encoded) };
  } catch {
    return undefined;
  }
}

/**
 * Reads the body as an input. The body of a caller who may not write is ignored: the operation then refuses the caller
 * before it looks at the input.
 */
async function readBody(exchange: Exchange, caller: Caller, operation: RestOperation) {
  const actor: Actor | Failure = authorize(caller, 'experiments:write');
  if ('kind' in actor) return {};
  const body = await readJson(exchange);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw createRefusal(400, 'The body must be a JSON object.');
  return readInput(body, operation);
}

/** Matches no stored revision. */
const noRevision = -1;

/** The revisions in an `If-Match` header; none for `*`. An entity tag that we never issue becomes `noRevision`. */
function parseIfMatch(ifMatch: string): number[] {
  if (ifMatch === '' || ifMatch === '*') return [];
  return ifMatch.split(',').map((tag) => Number(/^"?(\d{1,10})"?$/.exec(tag.trim())?.[1] ?? noRevision));
}
