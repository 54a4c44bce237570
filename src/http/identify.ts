import type { Authenticate } from '../auth/authenticate.ts';
import type { Caller } from '../domain/actor.ts';
import type { Logger } from '../observability/logger.ts';
import type { Exchange } from './exchange.ts';

/**
 * Finds out who sent a request, once and before its body is read, so that callers who are not known cannot make the
 * gateway work for them. A refused credential is no caller; why it was refused is for the log alone.
 */
export async function identify(exchange: Exchange, authenticate: Authenticate, logger: Logger): Promise<Caller> {
  const { caller, refused } = await authenticate(exchange.header('authorization') ?? null);
  exchange.caller = caller;
  if (refused !== undefined) logger.warn({ requestId: exchange.requestId, refused }, 'credential refused');
  return caller;
}
