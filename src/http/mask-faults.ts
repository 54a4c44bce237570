import type { Plugin } from 'graphql-yoga';
import { describeWireFault, wireFaults } from './malformed-requests.ts';
import { findExchange } from './use-exchange.ts';

/**
 * The same plugin, whose faults are logged and answered with a masked 500. The server below Yoga would answer with the
 * stack.
 */
export function maskFaults({ onRequest, ...rest }: Plugin): Plugin {
  if (!onRequest) return rest;
  return {
    ...rest,
    async onRequest(payload) {
      try {
        await onRequest(payload);
      } catch (err) {
        const exchange = findExchange(payload.request);
        exchange.logFault(err);
        exchange.noteError(wireFaults.fault[1]);
        const { status, headers, body } = describeWireFault(wireFaults.fault, exchange.requestId);
        payload.endResponse(new payload.fetchAPI.Response(body, { status, headers }));
      }
    },
  };
}
