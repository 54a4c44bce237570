import { Redis } from 'ioredis';
import { describeError, parseRedisUrl } from '../events/redis-events.ts';
import { createLocalRecentWriters, nameWriter, type RecentWriters, recentWriteMs } from './read-your-writes.ts';

/** How long a write or a read waits for Redis, in milliseconds. */
const patience = 500;

export interface RedisRecentWritersOptions {
  /** Why Redis keeps nothing, in a word that holds no credential; undefined when it does again. Each is said once. */
  readonly report: (reason: string | undefined) => void;
}

/**
 * Who has written through any gateway that shares a Redis, which keeps a mark of each for as long as it counts. Asked
 * only about those who are not known to have written through this process. While Redis does not answer anybody may have
 * written; and for as long as a mark counts after it is back, since a Redis that was started again has lost its marks.
 */
export function createRedisRecentWriters(url: string, { report }: RedisRecentWritersOptions): RecentWriters {
  const { connection, space: keyPrefix } = parseRedisUrl(url);
  const redis = new Redis({ ...connection, commandTimeout: patience });
  const local = createLocalRecentWriters();
  const toMarkKey = (name: string) => `${keyPrefix}:wrote:${name}`;
  let isAway = false;

  async function ask<Result>(question: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const answer = await question();
      if (isAway) report(undefined);
      isAway = false;
      return answer;
    } catch (error) {
      if (!isAway) report(describeError(error));
      isAway = true;
      return undefined;
    }
  }

  redis.on('error', () => undefined);
  redis.on('ready', () => local.forget());
  redis.connect().catch(() => undefined);

  return {
    async note(actor) {
      local.note(actor);
      await ask(() => redis.set(toMarkKey(nameWriter(actor)), '', 'PX', recentWriteMs));
    },
    async mayHave(actor) {
      if (local.mayHave(actor)) return true;
      return (await ask(() => redis.exists(toMarkKey(nameWriter(actor))))) !== 0;
    },
    close: () => redis.disconnect(),
  };
}
