import type { Plugin } from 'graphql-yoga';
import type { Logger } from '../observability/logger.ts';
import { describeWireFault, wireFaults } from './malformed-requests.ts';
import { findExchange } from './use-exchange.ts';

/**
 * The same plugin, whose faults are logged and answered with a masked 500. The server below Yoga would answer with the
 * stack.
 */
export function maskFaults({ onRequest, ...rest }: Plugin, logger: Logger): Plugin {
  if (!onRequest) return rest;
  return {
    ...rest,
    async onRequest(payload) {
      try {
        await onRequest(payload);
      } catch (err) {
        const exchange = findExchange(payload.request);
        const { requestId } = exchange;
        logger.error({ requestId, err }, 'fault');
        exchange.noteError(wireFaults.fault[1]);
        const { status, headers, body } = describeWireFault(wireFaults.fault, requestId);
        payload.endResponse(new payload.fetchAPI.Response(body, { status, headers }));
      }
    },
  };
}
