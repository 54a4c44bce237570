import type { Authenticate } from '../../auth/authenticate.ts';
import type { Caller } from '../../domain/actor.ts';
import type { AnswerRoom } from '../../domain/answer-budget.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { StructureLimits } from '../../domain/json/json-structure.ts';
import { findPrice, type RateLimiter } from '../../domain/rate-limit.ts';
import type { Services } from '../../domain/services.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Tracing } from '../../observability/tracing.ts';
import type { Exchange } from '../exchange.ts';
import { isObject, readJson } from '../json-body.ts';
import type { Admit } from '../overload.ts';
import { takePoints } from '../rate-limit.ts';
import { createRefusal } from '../refusal.ts';
import type { RestAnswer } from './failures.ts';

export interface RestParts extends Services {
  readonly authenticate: Authenticate;
  readonly rateLimiter: RateLimiter | undefined;
  readonly admit: Admit;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
  readonly answerRoom: AnswerRoom;
}

/** One request whose route, method and caller are known. */
export interface Call {
  readonly exchange: Exchange;
  readonly caller: Caller;
  readonly id: string;
  readonly ifRevision: number | null;
  /** The scheme, host and port by which the caller reached the gateway. */
  readonly origin: string;
}

export type Handler = (call: Call) => Promise<RestAnswer>;
/** The handlers of a route by method. GET also serves HEAD. */
export type Handlers = Readonly<Record<string, Handler>>;

/** Takes the points of a call that writes, or reads up to `rows` rows. Rejects with a refusal (429). */
export async function takeCallPoints(
  { rateLimiter, metrics }: RestParts,
  exchange: Exchange,
  kind: 'read' | 'write',
  rows = 0,
): Promise<void> {
  if (rateLimiter) await takePoints(exchange, rateLimiter, metrics, findPrice(kind, rows));
}

/** Reads a body that must be a JSON object. Rejects with a refusal (400, 408, 413, 415, 503). */
export async function readObject(
  exchange: Exchange,
  limits?: StructureLimits,
): Promise<Readonly<Record<string, unknown>>> {
  const body = await readJson(exchange, limits);
  if (!isObject(body)) throw createRefusal(400, 'The body must be a JSON object.');
  return body;
}

/**
 * The names of the experiments' datasets, by id. Returns none when they cannot be read: a missing name must not make a
 * committed write look failed.
 */
export async function findDatasetNames(
  { datasets, logger }: RestParts,
  { caller, exchange }: Call,
  experiments: readonly Experiment[],
): Promise<ReadonlyMap<string | null, string>> {
  const ids = new Set(experiments.flatMap(({ datasetId }) => datasetId ?? []));
  if (ids.size === 0 || !caller) return new Map();
  try {
    return await datasets.names(caller, [...ids]);
  } catch (error) {
    logger.error({ requestId: exchange.requestId, err: error }, 'dataset names not available');
    return new Map();
  }
}
