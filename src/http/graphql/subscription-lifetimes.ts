import type { Authenticate } from '../../auth/authenticate.ts';
import type { EndSignal } from '../../domain/experiment/change-stream.ts';
import type { Exchange } from '../exchange.ts';

/** How often the credentials of open streams are judged again, in milliseconds. */
const recheckInterval = 2_000;

export interface SubscriptionLifetimes {
  /** What ends the streams of a request. */
  of(exchange: Exchange): EndSignal;
  /** Ends every stream, and every one that is opened later. */
  close(): void;
}

/**
 * Ends streams whose credential is refused by now (a revoked key, an expired token), and all of them at shutdown. Each
 * credential is judged once an interval, however many streams it has.
 */
export function createSubscriptionLifetimes(authenticate: Authenticate): SubscriptionLifetimes {
  const streams = new Map<string | null, Set<() => void>>();
  let isClosed = false;

  function endAll(ends: ReadonlySet<() => void>): void {
    for (const end of ends) end();
  }

  async function judge(authorization: string | null, ends: ReadonlySet<() => void>): Promise<void> {
    // Storage that does not answer ends nothing: the credential was good when it did.
    const authentication = await authenticate(authorization).catch(() => undefined);
    if (authentication?.caller === null) endAll(ends);
  }

  /** All at once: a credential that takes long to judge must not keep a revoked one alive. */
  async function judgeAgain(): Promise<void> {
    await Promise.all(Array.from(streams, ([authorization, ends]) => judge(authorization, ends)));
  }
  const timer = setInterval(judgeAgain, recheckInterval).unref();

  return {
    of: (exchange) => (end) => {
      const authorization = exchange.header('authorization') ?? null;
      const own = streams.get(authorization) ?? new Set();
      streams.set(authorization, own.add(end));
      if (isClosed) end();
      return () => {
        own.delete(end);
        if (own.size === 0) streams.delete(authorization);
      };
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      for (const ends of streams.values()) endAll(ends);
    },
  };
}
