/**
 * How long Redis may take to reply before its connection counts as dead, in milliseconds. Idle ones are pinged as
 * often.
 */
export const answerTimeout = 2_500;

/**
 * The connection options and the prefix for keys and channels. Redis shares channels between its databases, so the
 * database number in the prefix separates installations that share a Redis. Passes on the parts of the URL instead of
 * the URL itself, because ioredis would let its query parameters override our options.
 */
export function parseRedisUrl(url: string) {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const connection = {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || 6379),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
    lazyConnect: true,
    connectTimeout: 2 * answerTimeout,
    socketTimeout: answerTimeout,
    // ioredis must not queue, resend or resubscribe by itself.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    retryStrategy: (times: number) => Math.min(50 * 2 ** times, 2_000) * (0.5 + Math.random() / 2),
  };
  return { connection, keyPrefix: `gateway:${Number(pathname.slice(1))}` };
}

/**
 * Rejects when Redis does not reply within a time, in milliseconds. A reply that has arrived counts, however late the
 * event loop gets to it. ioredis's own timeout fires first: a busy gateway would take its delay for a Redis that is down.
 */
export async function replyWithin<Reply>(milliseconds: number, reply: Promise<Reply>): Promise<Reply> {
  const silence = Promise.withResolvers<never>();
  // The loop reads replies after its timers and before its immediates.
  const timer = setTimeout(() => setImmediate(() => silence.reject(new Error('no reply'))), milliseconds);
  try {
    return await Promise.race([reply, silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The reason for a lost connection when nothing says more. */
export const closed = 'connection closed';

/** The error code of the system or of Redis. Messages may hold more than the log should, and commands the password. */
export function describeError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? /^[A-Z]{2,}\b/.exec(message)?.[0] ?? closed;
}
