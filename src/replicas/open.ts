import type { Config } from '../config.ts';
import type { Services } from '../domain/services.ts';
import type { Logger } from '../observability/logger.ts';
import { openReplicas } from '../storage/open.ts';
import { createLocalRecentWriters, type RecentWriters } from './read-your-writes.ts';
import { routeReadsToReplicas } from './route-reads.ts';

/** The services of an installation with read replicas, and what ends their connections. */
export async function createReplicatedServices(
  primary: Services,
  { databaseUrl, databaseReadUrls, redisUrl }: Config,
  logger: Logger,
): Promise<{ readonly services: Services; close(): Promise<void> }> {
  const replicas = await openReplicas(databaseUrl, databaseReadUrls, {
    report({ replica, ...news }) {
      if (news.kind === 'used') logger.info({ replica }, 'the read replica is used');
      else logger.warn({ replica, reason: news.reason }, 'the read replica is not used');
    },
  });
  const ownWrites = redisUrl === undefined ? createLocalRecentWriters() : await sharedOwnWrites(redisUrl, logger);
  if (redisUrl === undefined) {
    logger.warn(
      'REDIS_URL is not set: with several gateways a caller is sure to read his own writes only while his requests stay at one of them',
    );
  }
  return {
    services: routeReadsToReplicas(primary, replicas, ownWrites),
    async close() {
      ownWrites.close();
      await replicas.close();
    },
  };
}

async function sharedOwnWrites(url: string, logger: Logger): Promise<RecentWriters> {
  // Loaded only where it is used, as the engines of storage are.
  const { createRedisRecentWriters } = await import('./redis-read-your-writes.ts');
  return createRedisRecentWriters(url, {
    report(reason) {
      if (reason === undefined) logger.info('Redis keeps again who has written');
      else logger.warn({ reason }, 'Redis does not keep who has written: until it does, all reads go to the primary');
    },
  });
}
