import type { Authenticate } from '../auth/authenticate.ts';
import type { Caller } from '../domain/actor.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Exchange } from './exchange.ts';

/**
 * Identifies the caller, once and before the body is read, so that anonymous callers cannot make the gateway work.
 * Returns null for a missing or refused credential; only the log and the metrics say why it was refused. Rejects with
 * `ServiceUnavailable` when the credential cannot be checked.
 */
export async function identify(
  exchange: Exchange,
  { authenticate, logger, metrics }: { authenticate: Authenticate; logger: Logger; metrics: Metrics },
): Promise<Caller> {
  const { caller, refused, reason } = await authenticate(exchange.header('authorization') ?? null);
  exchange.caller = caller;
  exchange.isRefused = refused !== undefined;
  if (refused !== undefined) logger.warn({ requestId: exchange.requestId, refused }, 'credential refused');
  if (reason !== undefined) metrics.countRefusedCredential(reason);
  return caller;
}
