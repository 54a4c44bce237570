import { Redis } from 'ioredis';
import { nameActor } from '../domain/actor.ts';
import { describeError, parseRedisUrl, replyWithin } from '../events/redis-connection.ts';
import { createLocalRecentWriters, type RecentWriters, recentWriteMs } from './read-your-writes.ts';

/** How long a write or read waits for Redis, in milliseconds. */
const commandTimeout = 500;

export interface RedisRecentWritersOptions {
  /**
   * Called once when Redis fails, with a reason that contains no credentials, and once with undefined when it works
   * again.
   */
  readonly report: (reason: string | undefined) => void;
}

/**
 * Tracks writes through any gateway that shares a Redis, which keeps a mark for each writer for `recentWriteMs`. Redis
 * is queried only for actors who have not recently written through this process. While Redis does not respond, every
 * actor may have written; and also for `recentWriteMs` after it is back, since a restarted Redis has lost its marks.
 */
export function createRedisRecentWriters(url: string, { report }: RedisRecentWritersOptions): RecentWriters {
  const { connection, keyPrefix } = parseRedisUrl(url);
  const redis = new Redis(connection);
  const local = createLocalRecentWriters();
  const toMarkKey = (name: string) => `${keyPrefix}:wrote:${name}`;
  let isDown = false;

  async function ask<Result>(question: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const answer = await replyWithin(commandTimeout, question());
      if (isDown) report(undefined);
      isDown = false;
      return answer;
    } catch (error) {
      if (!isDown) report(describeError(error));
      isDown = true;
      return undefined;
    }
  }

  redis.on('error', () => undefined);
  redis.on('ready', () => local.forget());
  redis.connect().catch(() => undefined);

  return {
    async record(actor) {
      local.record(actor);
      await ask(() => redis.set(toMarkKey(nameActor(actor)), '', 'PX', recentWriteMs));
    },
    async mayHaveWritten(actor) {
      if (local.mayHaveWritten(actor)) return true;
      return (await ask(() => redis.exists(toMarkKey(nameActor(actor))))) !== 0;
    },
    close: () => redis.disconnect(),
  };
}
