import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { ExperimentEvents } from '../domain/experiment/events.ts';
import { createRefreshQueue, type FindExperiment, type Watched } from './refresh-queue.ts';

/** Events that travel between processes. */
export interface RedisEvents extends ExperimentEvents {
  /** Connects, and again whenever the connection is lost. Does not wait for it. */
  connect(): void;
  /** Sends what was published, waiting a second at most, and ends the connections. */
  close(): Promise<void>;
}

export interface RedisEventsOptions {
  /** Reads a state from where the writes go: a replica that lags would answer an older one. */
  readonly find: FindExperiment;
  /** Redis is away (why, in a word that holds no credential), or back. Each is said once. */
  readonly report: (news: { readonly kind: 'away'; readonly reason: string } | { readonly kind: 'back' }) => void;
}

/** How many announcements wait for an answer of Redis; beyond it they are made up for later. */
const maxInFlight = 10_000;
/** How long Redis may take to answer until the connection counts as dead, and how often an idle one is tried. */
const answerTimeout = 2_500;
/** How many channels one command names. */
const batchSize = 1_000;

/**
 * Events inside this process as they are published; the other processes are told that an experiment changed, and those
 * that have listeners for it read its state from storage. The content never travels, so that what is in storage is the
 * only truth and a message that comes late, twice or never does no harm that reading again does not cure. All is read
 * again when a subscription takes effect, so after each reconnect too, and when a process says that it could not tell.
 *
 * A channel an experiment, subscribed to while somebody listens. With 10,000 writes a second and 1,000 listeners a
 * channel for all would bring each process 10,000 messages a second to take apart and throw away, whatever anybody
 * listens to: nine hundredths of a core (measured), times the processes, and Redis would send them all. It finds the
 * subscribers of a channel by a hash; the price is a SUBSCRIBE for the first listener (40 microseconds) and a read once
 * it took effect.
 */
export function createRedisEvents(url: string, { find, report }: RedisEventsOptions): RedisEvents {
  const { connection, space: keyPrefix } = parseRedisUrl(url);
  const processId = randomUUID();
  const broadcastChannel = `${keyPrefix}:missed`;
  const watching = new Map<string, Watched>();
  const reread = createRefreshQueue(find);
  const publisher = new Redis(connection);
  const subscriber = new Redis(connection);
  const connections = [publisher, subscriber];
  const toChannel = (organization: string, id: string) =>
    `${keyPrefix}:experiment:${JSON.stringify([organization, id])}`;
  let heartbeat: NodeJS.Timeout | undefined;
  let isAway = false;
  let isClosed = false;
  let inFlight = 0;
  /** Whether something was not announced: nobody knows any more what. */
  let hasMissed = false;

  function noteLoss(reason: string): void {
    if (isAway || isClosed) return;
    isAway = true;
    report({ kind: 'away', reason });
  }

  function restored(): void {
    if (!isAway || connections.some(({ status }) => status !== 'ready')) return;
    isAway = false;
    report({ kind: 'back' });
  }

  for (const client of connections) {
    let reason = closed;
    client.on('error', (error) => {
      reason = describeError(error);
    });
    client.on('close', () => {
      noteLoss(reason);
      reason = closed;
    });
  }

  /** Never waits and never fails: what cannot be sent is made up for by `announceMissed`. */
  function announce(channel: string, { kind, version }: Omit<Message, 'from'>): void {
    if (publisher.status !== 'ready' || inFlight >= maxInFlight) {
      hasMissed = true;
      return;
    }
    inFlight++;
    publisher.publish(channel, JSON.stringify({ kind, version, from: processId } satisfies Message)).then(
      () => {
        inFlight--;
        if (inFlight === 0) announceMissed();
      },
      (error: unknown) => {
        inFlight--;
        hasMissed = true;
        if (isReply(error)) noteLoss(describeError(error));
      },
    );
  }

  function announceMissed(): void {
    if (!hasMissed) return;
    hasMissed = false;
    announce(broadcastChannel, { kind: 'changed' });
  }

  publisher.on('ready', () => {
    announceMissed();
    restored();
  });

  /**
   * What was committed before the subscription took effect was told to nobody here: it is read. Answers whether it took
   * effect.
   */
  async function subscribe(channels: readonly string[]): Promise<boolean> {
    try {
      await subscriber.subscribe(...channels);
    } catch (error) {
      // A connection that is gone subscribes to everything when it is back.
      if (isReply(error)) noteLoss(describeError(error));
      return false;
    }
    for (const channel of channels) {
      const watched = watching.get(channel);
      if (watched) reread(watched);
    }
    return true;
  }

  subscriber.on('ready', async () => {
    const channels = [broadcastChannel, ...watching.keys()];
    const batches = [];
    // All at once: an UNSUBSCRIBE in between would come before the SUBSCRIBE that it takes back.
    for (let start = 0; start < channels.length; start += batchSize) {
      batches.push(subscribe(channels.slice(start, start + batchSize)));
    }
    if ((await Promise.all(batches)).every(Boolean)) restored();
  });

  subscriber.on('message', (channel: string, text: string) => {
    const message = parseMessage(text);
    if (!message || message.from === processId) return;
    if (channel === broadcastChannel) {
      for (const watched of watching.values()) reread(watched);
      return;
    }
    const watched = watching.get(channel);
    if (!watched) return;
    if (message.kind === 'changed') return reread(watched);
    // Not read again: by now there may be another one with this id.
    const { organization, id, listeners } = watched;
    for (const listener of listeners) listener({ kind: 'deleted', organization, id, version: message.version });
  });

  return {
    publish(event) {
      const { organization, id } = event.kind === 'changed' ? event.experiment : event;
      const channel = toChannel(organization, id);
      for (const listener of watching.get(channel)?.listeners ?? []) listener(event);
      announce(channel, event.kind === 'deleted' ? { kind: event.kind, version: event.version } : { kind: event.kind });
    },

    listen(organization, id, listener) {
      const channel = toChannel(organization, id);
      const watched = watching.get(channel) ?? { organization, id, listeners: new Set() };
      watched.listeners.add(listener);
      if (!watching.has(channel)) {
        watching.set(channel, watched);
        if (subscriber.status === 'ready') void subscribe([channel]);
      }
      return () => {
        watched.listeners.delete(listener);
        if (watched.listeners.size > 0 || watching.get(channel) !== watched) return;
        watching.delete(channel);
        if (subscriber.status === 'ready') subscriber.unsubscribe(channel).catch(ignored);
      };
    },

    connect() {
      for (const client of connections) client.connect().catch(ignored);
      // A subscriber hears nothing while nothing happens, and nothing when the network is cut: it has to ask.
      heartbeat = setInterval(() => {
        if (subscriber.status === 'ready') subscriber.ping().catch(ignored);
      }, answerTimeout).unref();
    },

    async close() {
      isClosed = true;
      clearInterval(heartbeat);
      subscriber.disconnect();
      if (publisher.status === 'ready') {
        await Promise.race([publisher.quit().catch(ignored), sleep(1_000, undefined, { ref: false })]);
      }
      publisher.disconnect();
    },
  };
}

/** What is sent; the channel says of which experiment. States have their version, which puts them in order. */
interface Message {
  readonly kind: 'changed' | 'deleted';
  /** The last version of what was deleted: by now there may be another one with this id. */
  readonly version?: number | undefined;
  /** The process that it comes from. */
  readonly from: string;
}

function parseMessage(text: string): Message | undefined {
  try {
    const { kind, version, from } = JSON.parse(text);
    return kind === 'changed' || kind === 'deleted' ? { kind, version, from } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * How to connect, and what the channels' names begin with. Redis has the same channels in all its databases; here the
 * number keeps apart the installations that share a Redis. Only the parts of the URL are handed on: ioredis would take
 * each parameter of it for an option, before ours.
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
    // Nothing is kept for later, sent twice, or subscribed to behind our back.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    retryStrategy: (times: number) => Math.min(50 * 2 ** times, 2_000) * (0.5 + Math.random() / 2),
  };
  return { connection, space: `gateway:${Number(pathname.slice(1))}` };
}

const closed = 'connection closed';

/** The code of the system or of Redis. Messages may hold more than the log should; commands hold the password. */
export function describeError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? /^[A-Z]{2,}\b/.exec(message)?.[0] ?? closed;
}

/** Whether Redis itself refused a command, over a connection that works. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

function ignored(): void {
  // The connection is gone, and says so itself.
}
