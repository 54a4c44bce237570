import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { findCause, isSilence, toUnavailable } from './faults.ts';
import { createLanes, type Lane, type Lanes, type LanesOptions } from './read-write-lanes.ts';

/** The connections to one server. */
export interface Connections {
  /**
   * Runs work on a connection that it has to itself. Rejects with `StorageUnavailable` when none is free in time. A
   * connection on which work failed is closed instead of reused, so that the server rolls back what was begun on it.
   */
  use<Result>(lane: Lane, work: (client: PoolClient) => Promise<Result>): Promise<Result>;
  /** See `Lanes`. */
  readonly measureQueue: Lanes['measureQueue'];
  close(): Promise<void>;
}

/** A pool whose connections are divided between reads and writes. */
export function openConnections(config: PoolConfig, options: LanesOptions): Connections {
  const pool = new Pool({ ...config, max: options.connections, connectionTimeoutMillis: options.wait });
  const lanes = createLanes(options);
  // An idle connection that breaks leaves the pool by itself; the next call opens another.
  pool.on('error', () => undefined);
  const openedAt = new WeakMap<PoolClient, number>();
  pool.on('connect', (client) => void openedAt.set(client, performance.now()));
  /** Connections opened before this moment may be dead: one of them did not respond in time. */
  let distrustedBefore = 0;

  async function checkOut(): Promise<PoolClient> {
    for (;;) {
      // Every reason for having no connection means the same to the caller.
      const client = await pool.connect().catch((error: unknown) => {
        throw toUnavailable(error);
      });
      if ((openedAt.get(client) ?? 0) >= distrustedBefore) return client;
      client.release(true);
    }
  }

  async function use<Result>(lane: Lane, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const leave = await lanes.enter(lane);
    try {
      const client = await checkOut();
      const ignore = () => undefined;
      client.on('error', ignore);
      try {
        const result = await work(client);
        client.release();
        return result;
      } catch (error) {
        if (isSilence(findCause(error))) distrustedBefore = performance.now();
        client.release(true);
        throw error;
      } finally {
        client.off('error', ignore);
      }
    } finally {
      leave();
    }
  }

  return {
    use,
    measureQueue: lanes.measureQueue,
    // A server that does not respond must not keep the process from stopping.
    close: () => Promise.race([pool.end(), sleep(options.wait, undefined, { ref: false })]),
  };
}
