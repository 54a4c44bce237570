import { randomInt } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { mayUse } from '../gateway/services.ts';
import { type AtEnd, createTestGateway, type TestGateway } from '../gateway/test-gateway.ts';

const redis = { host: '127.0.0.1', port: 6379 };

/** Whether to skip tests that need Redis. */
export const isRedisMissing = !mayUse('redis', await isReachable());

function isReachable(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(redis, () => socket.write('PING\r\n'));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(String(data).startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(false));
  });
}

/** Gives this run its own channels, which are named after the database number. */
export const space = randomInt(1_000, 1_000_000_000);
export const redisUrl = `redis://${redis.host}:${redis.port}/${space}`;

/** A separate connection for the test. */
export function startRedis(): Redis {
  const client = new Redis(redis);
  onTestFinished(() => client.disconnect());
  return client;
}

/** Two gateways over one database, with the same route to Redis or one each. */
export async function startTwoGateways(
  urls: readonly [string, string] = [redisUrl, redisUrl],
  environment: Record<string, string> = {},
): Promise<[TestGateway, TestGateway]> {
  const first = await createTestGateway({ ...environment, REDIS_URL: urls[0] });
  const DATABASE_URL = `file:${first.databasePath}`;
  return [first, await createTestGateway({ ...environment, DATABASE_URL, REDIS_URL: urls[1] })];
}

/** Two gateways that already receive each other's messages. */
export async function connectedGateways(): Promise<[TestGateway, TestGateway]> {
  const gateways = await startTwoGateways();
  const redis = startRedis();
  await waitUntil(async () => (await redis.pubsub('NUMSUB', `gateway:${space}:missed`))[1] === 2);
  return gateways;
}

export interface RedisProxy {
  readonly url: string;
  /** Ends every connection and accepts no new ones. */
  cut(): Promise<void>;
  /** Keeps every connection open, but lets nothing through. */
  freeze(): void;
  restore(): Promise<void>;
}

/** A route to Redis that can be cut. */
export async function startRedisProxy({ isCut = false } = {}, atEnd: AtEnd = onTestFinished): Promise<RedisProxy> {
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;

  async function open(): Promise<void> {
    server = createServer((client) => {
      const upstream = connect(redis);
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  }

  async function cut(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await open();
  if (isCut) await cut();
  atEnd(cut);
  return {
    url: `redis://127.0.0.1:${port}/${space}`,
    cut,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    restore: open,
  };
}

/** Waits until something that happens elsewhere makes a condition true. */
export async function waitUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}
