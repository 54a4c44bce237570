import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { findCause, isSilence, toUnavailable } from './faults.ts';
import { createLanes, type Lane, type LanesOptions } from './lanes.ts';

/** The connections to one server. */
export interface Connections {
  /**
   * Does work on a connection of its own. Rejects with `StorageUnavailable` when none can be had in time. A connection
   * on which work failed is closed, and never given back: the server undoes what was begun on it.
   */
  use<Result>(lane: Lane, work: (client: PoolClient) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** A pool whose connections are divided between what reads and what writes. */
export function openConnections(config: PoolConfig, options: LanesOptions): Connections {
  const pool = new Pool({ ...config, max: options.connections, connectionTimeoutMillis: options.wait });
  const lanes = createLanes(options);
  // An idle connection that broke has left the pool already: the next call opens another.
  pool.on('error', () => undefined);
  const bornAt = new WeakMap<PoolClient, number>();
  pool.on('connect', (client) => void bornAt.set(client, performance.now()));
  /** Connections that are older may be as dead as one that has said nothing in time. */
  let distrusted = 0;

  async function checkOut(): Promise<PoolClient> {
    for (;;) {
      // Why there is no connection does not matter.
      const client = await pool.connect().catch((error: unknown) => {
        throw toUnavailable(error);
      });
      if ((bornAt.get(client) ?? 0) >= distrusted) return client;
      client.release(true);
    }
  }

  async function use<Result>(lane: Lane, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const leave = await lanes.enter(lane);
    try {
      const client = await checkOut();
      const noted = () => undefined;
      client.on('error', noted);
      try {
        const result = await work(client);
        client.release();
        return result;
      } catch (error) {
        if (isSilence(findCause(error))) distrusted = performance.now();
        client.release(true);
        throw error;
      } finally {
        client.off('error', noted);
      }
    } finally {
      leave();
    }
  }

  return {
    use,
    // A server that does not answer keeps nobody from stopping.
    close: () => Promise.race([pool.end(), sleep(options.wait, undefined, { ref: false })]),
  };
}
