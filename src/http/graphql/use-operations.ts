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
      if (request.method === 'HEAD') headers['content-length'] = String(Buffer.byteLength(body));
      endResponse(new fetchAPI.Response(request.method === 'HEAD' ? null : body, { status, headers }));
    },
    onRequestParse({ request, setRequestParser }) {
      const params = subscriptions.get(request)?.params;
      if (params) setRequestParser(() => ({ ...params }));
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
    onResultProcess({ request, result, setResultProcessor }) {
      const subscription = subscriptions.get(request);
      if (!subscription || Array.isArray(result)) return;
      setResultProcessor((_, fetchAPI) => {
        const { status, headers, body } = subscription.write(result);
        return new fetchAPI.Response(body, { status, headers });
      }, 'text/event-stream');
    },
  };
}
