import type { Authenticate } from '../auth/authenticate.ts';
import type { Caller } from '../domain/actor.ts';
import type { Logger } from '../observability/logger.ts';
import { requestIdOf } from './request-id.ts';

const callers = new WeakMap<Request, Caller>();

/** Finds out who sent a request, and remembers it for all that handles the request later. */
export async function identify(request: Request, authenticate: Authenticate, logger: Logger): Promise<Caller> {
  const { caller, refused } = await authenticate(request.headers.get('authorization'));
  callers.set(request, caller);
  if (refused !== undefined) logger.warn({ requestId: requestIdOf(request), refused }, 'credential refused');
  return caller;
}

export function callerOf(request: Request): Caller {
  return callers.get(request) ?? null;
}
