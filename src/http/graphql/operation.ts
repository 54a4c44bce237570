import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
} from 'graphql';
import type { Authenticate } from '../../auth/authenticate.ts';
import type { Caller } from '../../domain/actor.ts';
import { AnswerBudget, type AnswerRoom } from '../../domain/answer-budget.ts';
import type { RateLimiter } from '../../domain/rate-limit.ts';
import type { Services } from '../../domain/services.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { GatewayContext } from '../../schema/context.ts';
import type { Exchange, GateCounts } from '../exchange.ts';
import { identify } from '../identify.ts';
import type { Admit } from '../overload.ts';
import { takePoints } from '../rate-limit.ts';
import { createRefusal } from '../refusal.ts';
import { continueTrace } from '../traces.ts';
import { limitAnswer } from './answer-limit.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { type Documents, InvalidDocument } from './document-cache.ts';
import type { Executor } from './executor.ts';
import { type Accepted, type MediaType, negotiate } from './media-type.ts';
import type { SelectDocument } from './persisted-operations.ts';
import { createPresenter } from './present.ts';
import { type RequestParams, readParams } from './request-params.ts';
import type { Answer, HttpAnswer, HttpStream } from './response.ts';
import type { SubscriptionLifetimes } from './subscription-lifetimes.ts';

export interface OperationParts extends Services {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly selectDocument: SelectDocument;
  readonly executor: Executor;
  readonly authenticate: Authenticate;
  readonly rateLimiter: RateLimiter | undefined;
  readonly admit: Admit;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly isProduction: boolean;
  readonly answerRoom: AnswerRoom;
  readonly gateCounts: GateCounts;
  readonly lifetimes: Pick<SubscriptionLifetimes, 'getEndSignal'>;
}

/** A subscription that may start. The gate hands it to Yoga, which writes its stream. */
export interface Subscription {
  readonly kind: 'subscription';
  readonly params: Pick<RequestParams, 'operationName' | 'variables'> & { readonly query: string };
  readonly document: DocumentNode;
  /** Starts it. Resolves to its events, or to the errors that prevented the start. */
  start(): Promise<AsyncIterableIterator<Answer> | Answer>;
  /** Writes what `start` resolved to: a stream of its events, or an answer with the errors. */
  write(result: AsyncIterable<Answer> | Answer): HttpAnswer | HttpStream;
}

export type OperationHandler = (exchange: Exchange) => Promise<HttpAnswer | Subscription>;

/** The most bytes of `Accept` headers that one generation of their cache keeps, by an estimate. */
const maxCachedAcceptBytes = 256 * 1024;

/**
 * Every GraphQL operation takes these steps, whichever gate it came through. A step refuses by throwing; the number
 * beside it is the HTTP status that may leave it. Refusals and faults of all steps become an answer in one place.
 */
export function createOperationHandler(parts: OperationParts): OperationHandler {
  const {
    schema,
    documents,
    selectDocument,
    executor,
    logger,
    metrics,
    isProduction,
    answerRoom,
    gateCounts,
    lifetimes,
    rateLimiter,
    admit,
  } = parts;
  const { presentError, presentResult, presentStart } = createPresenter(logger);
  const negotiated = createBoundedCache<Accepted>(maxCachedAcceptBytes);
  const mayIntrospect = (caller: Caller) => caller !== null || !isProduction;

  return async (exchange) => {
    gateCounts[exchange.gate]++;
    let mediaType: MediaType = 'application/json';
    try {
      assertMethod(exchange.method); // 405
      const accepted = findAccepted(exchange.header('accept') || '*/*'); // 406
      ({ mediaType } = accepted);
      const turn = admit(exchange); // 503
      if (turn) await turn;
      const caller = await identify(exchange, parts); // 429, 503; each field says what it needs
      const params = await readParams(exchange); // 400, 408, 413, 415, 503
      const query = selectDocument(params); // 400; 200 for PersistedQueryNotSupported
      const document = findDocument(query, mayIntrospect(caller)); // 400
      const operation = selectOperation(document, params.operationName); // 400
      nameOperation(exchange, operation); // for metrics, the log line and traces
      assertAllowed(operation, exchange.method); // 405
      const variableValues = params.variables;
      const excess = documents.findExcess(document, operation, variableValues);
      if (excess) throw mayIntrospect(caller) ? excess : createRefusal(400, notValid); // 400
      const isMutation = operation.operation === 'mutation';
      const isSubscription = operation.operation === 'subscription';
      const { streamType } = accepted;
      if (isSubscription && !streamType) throw createNoStreamRefusal(); // 406
      if (rateLimiter) {
        const cost = documents.findCost(document, operation, variableValues);
        await takePoints(exchange, rateLimiter, metrics, cost); // 429
      }
      // A mutation may already have written, so it gets its answer even when other answers leave no room.
      const budget = new AnswerBudget(isMutation ? undefined : answerRoom);
      const endSignal = isSubscription ? lifetimes.getEndSignal(exchange) : neverEnds;
      const contextValue = new GatewayContext(exchange, parts, endSignal, budget);
      const hideSuggestions = !mayIntrospect(caller);
      const conceal = <Result extends Answer | AsyncIterable<Answer>>(result: Result): Result | Answer =>
        hideSuggestions && isRequestError(result) ? { errors: [new GraphQLError(notValid)] } : result;
      const execution = { schema, document, operation, variableValues, contextValue, hideSuggestions, budget };
      if (isSubscription && streamType) {
        return {
          kind: 'subscription',
          params: { query, operationName: params.operationName, variables: variableValues },
          document,
          start: continueTrace(async () => conceal(await executor.subscribe(execution))),
          write: (result) => presentStart(result, exchange, { mediaType, streamType }, budget),
        };
      }
      try {
        const result = limitAnswer(conceal(await executor.execute(execution)), budget, isMutation); // 400, 503
        return presentResult(result, exchange, mediaType, isMutation); // 400
      } finally {
        budget.restart();
      }
    } catch (error) {
      return presentError(error, exchange, mediaType);
    }
  };

  function findAccepted(accept: string): Accepted {
    const known = negotiated.get(accept);
    if (known) return known;
    const accepted = negotiate(accept);
    if (!accepted) throw createRefusal(406, 'The answer is JSON: accept application/json.');
    negotiated.set(accept, accepted, 200 + 2 * accept.length);
    return accepted;
  }

  function findDocument(text: string, mayIntrospect: boolean): DocumentNode {
    try {
      return documents.find(text, mayIntrospect);
    } catch (error) {
      // The errors would reveal the schema to callers who may not introspect it.
      if (error instanceof InvalidDocument && !mayIntrospect)
        throw error.isRefusal ? createRefusal(400, notValid) : new GraphQLError(notValid);
      throw error;
    }
  }
}

const notValid = 'The document is not valid. Send a valid credential to see why.';

/**
 * Whether the variables prevented the execution. Such errors name input types and their fields. Those of the source of a
 * subscription have a path.
 */
function isRequestError(result: Answer | AsyncIterable<Answer>): boolean {
  if (Symbol.asyncIterator in result || result.data !== undefined) return false;
  return result.errors?.every(({ path }) => path === undefined) ?? false;
}

/** For queries and mutations, which end on their own. */
const neverEnds = () => () => undefined;

function nameOperation(exchange: Exchange, { operation, name }: OperationDefinitionNode): void {
  exchange.operation = operation;
  exchange.operationName = name?.value;
}

/** HEAD is GET without the body (RFC 9110, section 9.3.2), which the gate leaves out. */
function assertMethod(method: string): void {
  if (method === 'POST' || method === 'GET' || method === 'HEAD') return;
  throw createRefusal(405, 'GraphQL takes GET and POST requests.', { allow: 'GET, HEAD, POST' });
}

/** Refuses mutations by GET, and subscriptions by HEAD, whose stream would have no reader. */
function assertAllowed({ operation }: OperationDefinitionNode, method: string): void {
  if (operation === 'mutation' && method !== 'POST')
    throw createRefusal(405, 'Send mutations with POST.', { allow: 'POST' });
  if (operation === 'subscription' && method === 'HEAD')
    throw createRefusal(405, 'Send subscriptions with GET or POST.', { allow: 'GET, POST' });
}

function selectOperation(document: DocumentNode, operationName: string | undefined): OperationDefinitionNode {
  const operation = getOperationAST(document, operationName);
  if (operation) return operation;
  throw createRefusal(
    400,
    operationName === undefined
      ? 'The document has several operations or none: name one in operationName.'
      : 'The document has no operation with this operationName.',
  );
}

/** The refusal of a subscription whose client does not accept a stream. */
function createNoStreamRefusal(): GraphQLError {
  return createRefusal(
    406,
    'Subscriptions are sent as a stream: accept text/event-stream, or multipart/mixed with subscriptionSpec=1.0.',
  );
}
