import type { Plugin } from 'graphql-yoga';
import type { Authenticate } from '../auth/authenticate.ts';
import type { Logger } from '../observability/logger.ts';
import { setCaller } from './caller.ts';
import { requestIdOf } from './request-id.ts';

/**
 * Finds out who is calling. Stands before the body is read and the document parsed, so that nothing is judged for
 * somebody who is nobody. It refuses no request itself: each field says what it needs.
 */
export function useAuthentication(authenticate: Authenticate, logger: Logger): Plugin {
  return {
    async onRequestParse({ request }) {
      const { caller, refused } = await authenticate(request.headers.get('authorization'));
      setCaller(request, caller);
      if (refused !== undefined) logger.warn({ requestId: requestIdOf(request), refused }, 'credential refused');
    },
  };
}
