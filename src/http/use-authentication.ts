import type { Plugin } from 'graphql-yoga';
import type { Authenticate } from '../auth/authenticate.ts';
import type { Logger } from '../observability/logger.ts';
import { identify } from './caller.ts';

/**
 * Finds out who is calling. Stands before the body is read and the document parsed, so that nothing is judged for
 * somebody who is nobody. It refuses no request itself: each field says what it needs.
 */
export function useAuthentication(authenticate: Authenticate, logger: Logger): Plugin {
  return {
    async onRequestParse({ request }) {
      await identify(request, authenticate, logger);
    },
  };
}
