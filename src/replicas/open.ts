import type { Config } from '../config.ts';
import type { Services } from '../domain/services.ts';
import type { Logger } from '../observability/logger.ts';
import { openReplicas } from '../storage/open.ts';
import type { ReplicasOptions } from '../storage/storage.ts';
import { createLocalRecentWriters, type RecentWriters } from './read-your-writes.ts';
import { routeReadsToReplicas } from './route-reads.ts';

/** The services of an installation with read replicas. `close` ends the connections to the replicas and to Redis. */
export async function createReplicatedServices(
  primary: Services,
  { databaseUrl, databaseReadUrls, redisUrl }: Config,
  logger: Logger,
  observe: NonNullable<ReplicasOptions['observe']>,
): Promise<{ readonly services: Services; close(): Promise<void> }> {
  const replicas = await openReplicas(databaseUrl, databaseReadUrls, {
    observe,
    report({ replica, ...news }) {
      if (news.kind === 'used') logger.info({ replica }, 'the read replica is used');
      else logger.warn({ replica, reason: news.reason }, 'the read replica is not used');
    },
  });
  const recentWriters =
    redisUrl === undefined ? createLocalRecentWriters() : await openSharedRecentWriters(redisUrl, logger);
  if (redisUrl === undefined) {
    logger.warn(
      'REDIS_URL is not set: with several gateways, callers are sure to read their own writes only while their requests go to the same one',
    );
  }
  return {
    services: routeReadsToReplicas(primary, replicas, recentWriters),
    async close() {
      recentWriters.close();
      await replicas.close();
    },
  };
}

async function openSharedRecentWriters(url: string, logger: Logger): Promise<RecentWriters> {
  // Loaded on demand, like the storage engines.
  const { createRedisRecentWriters } = await import('./redis-read-your-writes.ts');
  return createRedisRecentWriters(url, {
    report(reason) {
      if (reason === undefined) logger.info('Redis records recent writers again');
      else logger.warn({ reason }, 'Redis does not record recent writers: until it does, all reads go to the primary');
    },
  });
}
