import type { Authenticate } from '../../auth/authenticate.ts';
import type { EndSignal } from '../../domain/experiment/change-stream.ts';
import type { Exchange } from '../exchange.ts';

/** How often the credentials of open streams are checked again. */
const recheckIntervalMs = 2_000;

export interface SubscriptionLifetimes {
  /** Returns the signal that ends the streams of a request. */
  getEndSignal(exchange: Exchange): EndSignal;
  /** How many streams are open. */
  countOpen(): number;
  /** Ends every open stream, and every stream that opens later. */
  close(): void;
}

/**
 * Ends streams whose client has disconnected or whose credential has become invalid (a revoked key, an expired token),
 * and all streams at shutdown. Each credential is checked once per interval, however many streams it has.
 */
export function createSubscriptionLifetimes(authenticate: Authenticate): SubscriptionLifetimes {
  const streams = new Map<string | null, Set<() => void>>();
  let isClosed = false;

  function endAll(ends: ReadonlySet<() => void>): void {
    for (const end of ends) end();
  }

  async function recheck(authorization: string | null, ends: ReadonlySet<() => void>): Promise<void> {
    // When storage does not answer, the stream stays open: the credential was valid at the last check.
    const authentication = await authenticate(authorization).catch(() => undefined);
    if (authentication?.caller === null) endAll(ends);
  }

  /** All in parallel: a slow check must not keep the streams of a revoked credential alive. */
  async function recheckAll(): Promise<void> {
    await Promise.all(Array.from(streams, ([authorization, ends]) => recheck(authorization, ends)));
  }
  const timer = setInterval(recheckAll, recheckIntervalMs).unref();

  return {
    getEndSignal: (exchange) => (end) => {
      const authorization = exchange.header('authorization') ?? null;
      const own = streams.get(authorization) ?? new Set();
      streams.set(authorization, own.add(end));
      if (isClosed) end();
      // A client that disconnects while its stream is being started never becomes a reader who could leave.
      const forget = exchange.onDisconnect(end);
      return () => {
        forget();
        own.delete(end);
        if (own.size === 0) streams.delete(authorization);
      };
    },
    countOpen: () => Array.from(streams.values(), ({ size }) => size).reduce((sum, size) => sum + size, 0),
    close() {
      isClosed = true;
      clearInterval(timer);
      for (const ends of streams.values()) endAll(ends);
    },
  };
}
