import type { Authenticate } from '../auth/authenticate.ts';
import type { Caller } from '../domain/actor.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Exchange } from './exchange.ts';
import { createRefusal } from './refusal.ts';

const tooManyRefused = 'Too many credentials from your address were refused: try again in a moment.';

/**
 * Identifies the caller, once and before the body is read, so that anonymous callers cannot make the gateway work.
 * Returns null for a missing or refused credential; only the log and the metrics say why it was refused. Rejects with
 * `ServiceUnavailable` when the credential cannot be checked, and with a refusal (429) when it is not, because many
 * from the same address were refused.
 */
export async function identify(
  exchange: Exchange,
  { authenticate, logger, metrics }: { authenticate: Authenticate; logger: Logger; metrics: Metrics },
): Promise<Caller> {
  const verdict = await authenticate(exchange.header('authorization') ?? null, exchange);
  const { caller, refused, reason } = verdict;
  if (reason !== undefined) metrics.countRefusedCredential(reason);
  if (reason === 'not checked') throw createRefusal(429, tooManyRefused, { 'retry-after': '1' });
  exchange.caller = caller;
  exchange.isRefused = refused !== undefined;
  if (refused !== undefined) logger.warn({ requestId: exchange.requestId, refused }, 'credential refused');
  return caller;
}
