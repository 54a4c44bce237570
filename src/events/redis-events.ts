import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { ExperimentEvents } from '../domain/experiment/events.ts';
import { createOrganizationNews } from './organization-news.ts';
import { answerTimeout, closed, describeError, parseRedisUrl } from './redis-connection.ts';
import { type Message, parseMessage } from './redis-message.ts';
import { createRefreshQueue, type FindExperiment, type Watched } from './refresh-queue.ts';

/** Events that travel between processes. */
export interface RedisEvents extends ExperimentEvents {
  /** Starts connecting, without waiting for it, and reconnects whenever the connection is lost. */
  connect(): void;
  /** Sends pending announcements, waiting at most 1 s, and closes the connections. */
  close(): Promise<void>;
}

export interface RedisEventsOptions {
  /** Reads an experiment from the primary: a lagging replica could return an older state. */
  readonly find: FindExperiment;
  /** Reports once that Redis is down, with a reason that contains no credentials, and once that it is back. */
  readonly report: (news: { readonly kind: 'down'; readonly reason: string } | { readonly kind: 'back' }) => void;
}

/** The most announcements that wait for a reply from Redis; more are dropped and made up for later. */
const maxInFlight = 10_000;
/** The most channels in one command. */
const batchSize = 1_000;

/**
 * Delivers events directly inside this process. Other processes receive only the news that an experiment changed, and
 * those that have listeners for it read its state from storage. Content is never sent, so storage is the only source of
 * truth, and reading again repairs the harm of a late, repeated or lost message. A process reads again when a
 * subscription takes effect, so after each reconnect too, and when another process reports dropped announcements.
 *
 * Each experiment has a channel, subscribed to while it has listeners. One channel for all was rejected: with 10,000
 * writes a second and 1,000 listeners, every process would parse and discard 10,000 messages a second, which takes 0.09
 * of a core (measured) in each process, and Redis would send them all. Redis finds the subscribers of a channel by
 * hash; the price is a SUBSCRIBE for the first listener (40 µs) and a read once it takes effect.
 *
 * Each organization has a channel as well, for listeners to all of its experiments.
 */
export function createRedisEvents(url: string, { find, report }: RedisEventsOptions): RedisEvents {
  const { connection, keyPrefix } = parseRedisUrl(url);
  const processId = randomUUID();
  const broadcastChannel = `${keyPrefix}:missed`;
  const watching = new Map<string, Watched>();
  /** The listeners to whole organizations, by channel. */
  const following = new Map<string, Set<() => void>>();
  const refresh = createRefreshQueue(find);
  const publisher = new Redis(connection);
  const subscriber = new Redis(connection);
  const connections = [publisher, subscriber];
  const toChannel = (organization: string, id: string) =>
    `${keyPrefix}:experiment:${JSON.stringify([organization, id])}`;
  const toOrganizationChannel = (organization: string) => `${keyPrefix}:organization:${JSON.stringify(organization)}`;
  const news = createOrganizationNews((organization) =>
    announce(toOrganizationChannel(organization), { kind: 'changed' }),
  );
  let heartbeat: NodeJS.Timeout | undefined;
  let isDown = false;
  let isClosed = false;
  let inFlight = 0;
  /** Some announcements were dropped; which ones is unknown. */
  let hasMissed = false;

  function reportLoss(reason: string): void {
    if (isDown || isClosed) return;
    isDown = true;
    report({ kind: 'down', reason });
  }

  function reportRecovery(): void {
    if (!isDown || connections.some(({ status }) => status !== 'ready')) return;
    isDown = false;
    report({ kind: 'back' });
  }

  for (const client of connections) {
    let reason = closed;
    client.on('error', (error) => {
      reason = describeError(error);
    });
    client.on('close', () => {
      reportLoss(reason);
      reason = closed;
    });
  }

  /** Never waits and never throws: `announceMissed` makes up for what cannot be sent. */
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
        if (isReply(error)) reportLoss(describeError(error));
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
    reportRecovery();
  });

  /**
   * Subscribes, then reads each experiment: changes committed before the subscription took effect were not received.
   * Returns whether it took effect.
   */
  async function subscribe(channels: readonly string[]): Promise<boolean> {
    try {
      await subscriber.subscribe(...channels);
    } catch (error) {
      // A lost connection subscribes to everything again once it is back.
      if (isReply(error)) reportLoss(describeError(error));
      return false;
    }
    for (const channel of channels) refreshListeners(channel);
    return true;
  }

  /** Makes up for missed messages of a channel. */
  function refreshListeners(channel: string): void {
    const watched = watching.get(channel);
    if (watched) refresh(watched);
    for (const listener of following.get(channel) ?? []) listener();
  }

  function unsubscribe(channel: string): void {
    if (subscriber.status === 'ready') subscriber.unsubscribe(channel).catch(ignore);
  }

  subscriber.on('ready', async () => {
    const channels = [broadcastChannel, ...watching.keys(), ...following.keys()];
    const batches = [];
    // All batches at once: otherwise an UNSUBSCRIBE could overtake the SUBSCRIBE that it cancels.
    for (let start = 0; start < channels.length; start += batchSize) {
      batches.push(subscribe(channels.slice(start, start + batchSize)));
    }
    if ((await Promise.all(batches)).every(Boolean)) reportRecovery();
  });

  subscriber.on('message', (channel: string, text: string) => {
    const message = parseMessage(text);
    if (!message || message.from === processId) return;
    if (channel === broadcastChannel) {
      for (const each of [...watching.keys(), ...following.keys()]) refreshListeners(each);
      return;
    }
    if (message.kind === 'changed') return refreshListeners(channel);
    const watched = watching.get(channel);
    if (!watched) return;
    // Not read again: the id may already belong to another experiment.
    const { organization, id, listeners } = watched;
    for (const listener of listeners) listener({ kind: 'deleted', organization, id, version: message.version });
  });

  return {
    publish(event) {
      const { organization, id } = event.kind === 'changed' ? event.experiment : event;
      const channel = toChannel(organization, id);
      for (const listener of watching.get(channel)?.listeners ?? []) listener(event);
      for (const listener of following.get(toOrganizationChannel(organization)) ?? []) listener();
      news.record(organization);
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
        unsubscribe(channel);
      };
    },

    listenToOrganization(organization, listener) {
      const channel = toOrganizationChannel(organization);
      const listeners = following.get(channel) ?? new Set();
      listeners.add(listener);
      if (!following.has(channel)) {
        following.set(channel, listeners);
        if (subscriber.status === 'ready') void subscribe([channel]);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0 || following.get(channel) !== listeners) return;
        following.delete(channel);
        unsubscribe(channel);
      };
    },

    connect() {
      for (const client of connections) client.connect().catch(ignore);
      // An idle subscriber cannot tell silence from a cut network, so it has to ping.
      heartbeat = setInterval(() => {
        if (subscriber.status === 'ready') subscriber.ping().catch(ignore);
      }, answerTimeout).unref();
    },

    async close() {
      news.flush();
      isClosed = true;
      clearInterval(heartbeat);
      subscriber.disconnect();
      if (publisher.status === 'ready') {
        await Promise.race([publisher.quit().catch(ignore), sleep(1_000, undefined, { ref: false })]);
      }
      publisher.disconnect();
    },
  };
}

/** Whether Redis itself refused a command over a working connection. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

function ignore(): void {
  // The lost connection is reported by its own events.
}
