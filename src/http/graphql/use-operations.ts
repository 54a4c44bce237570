import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from '../node-gate.ts';
import { findExchange } from '../use-exchange.ts';
import type { OperationHandler, Subscription } from './operation.ts';

/**
 * The gate of operations that come as fetch requests. It translates and decides nothing. For a subscription it gives
 * Yoga the validated document; Yoga then starts the subscription and writes the stream.
 */
export function useOperations(endpoint: string, handleOperation: OperationHandler): Plugin<object, ServerContext> {
  const subscriptions = new WeakMap<Request, Subscription>();
  const find = (context: unknown) => subscriptions.get((context as { request: Request }).request);
  return {
    async onRequest({ request, serverContext, fetchAPI, endResponse }) {
      const exchange = findExchange(request);
      if (exchange.path !== endpoint && exchange.path !== `${endpoint}/`) return;
      const answer = serverContext.subscription ?? (await handleOperation(exchange));
      if ('kind' in answer) return void subscriptions.set(request, answer);
      const { status, headers, body } = answer;
      endResponse(new fetchAPI.Response(request.method === 'HEAD' ? null : body, { status, headers }));
    },
    onRequestParse({ request, setRequestParser }) {
      const params = subscriptions.get(request)?.params;
      if (!params) return;
      // The operation handler has already negotiated. Yoga's own reading of `Accept` is stricter and would refuse some.
      request.headers.set('accept', 'text/event-stream');
      setRequestParser(() => ({ ...params }));
    },
    onParse({ context, setParsedDocument }) {
      const document = find(context)?.document;
      if (document) setParsedDocument(document);
    },
    onValidate({ context, setResult }) {
      if (find(context)) setResult([]);
    },
    onSubscribe({ args, setSubscribeFn }) {
      const subscription = find(args.contextValue);
      if (subscription) setSubscribeFn(() => subscription.start());
    },
    onResultProcess({ request, result, setResult, setResultProcessor }) {
      const subscription = subscriptions.get(request);
      if (!subscription || Array.isArray(result)) return;
      if (Symbol.asyncIterator in result) {
        // Yoga writes an event with the event's own `stringify`, if it has one.
        const toEvent = (event: ExecutionResult) => ({ stringify: () => subscription.presentEvent(event) });
        return setResult(mapEach(result, toEvent));
      }
      setResultProcessor((_, fetchAPI) => {
        const { status, headers, body } = subscription.present(result);
        return new fetchAPI.Response(body, { status, headers });
      }, 'application/json');
    },
  };
}

function mapEach<From, To>(source: AsyncIterable<From>, map: (value: From) => To): AsyncIterableIterator<To> {
  const iterator = source[Symbol.asyncIterator]();
  const mapResult = (result: IteratorResult<From>): IteratorResult<To> =>
    result.done ? { done: true, value: undefined } : { done: false, value: map(result.value) };
  return {
    next: async () => mapResult(await iterator.next()),
    return: async () => mapResult((await iterator.return?.()) ?? { done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
