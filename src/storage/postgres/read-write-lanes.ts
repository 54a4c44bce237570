import { StorageUnavailable } from '../../domain/faults.ts';

/** The purpose of a connection. */
export type Lane = 'read' | 'write';

/** Grants the right to use a connection. */
export interface Lanes {
  /**
   * Resolves when a connection may be used, with a function that gives the right back; call it once. Rejects with
   * `StorageUnavailable` when the wait takes too long, and immediately when too many wait.
   */
  enter(lane: Lane): Promise<() => void>;
  /** The share of the places of the fuller lane that are taken by those who wait, from 0 to 1. */
  measureQueue(): number;
}

export interface LanesOptions {
  readonly connections: number;
  /** How many connections each lane always leaves to the other. */
  readonly reserved: number;
  /** How long to wait for a connection, in milliseconds. */
  readonly wait: number;
  /** How many may wait in a lane. */
  readonly maxWaiting: number;
}

interface Waiting {
  readonly admit: () => void;
}

/**
 * Divides the connections of a pool. Writes that wait for locks hold theirs for seconds and must not take the last ones
 * from reads, nor may long reads keep writes out. Each lane is first come, first served.
 */
export function createLanes({ connections, reserved, wait, maxWaiting }: LanesOptions): Lanes {
  const share = Math.max(1, connections - reserved);
  const held = { read: 0, write: 0 };
  const queues: Record<Lane, Set<Waiting>> = { read: new Set(), write: new Set() };
  const mayEnter = (lane: Lane) => held[lane] < share && held.read + held.write < connections;

  function createLeave(lane: Lane): () => void {
    return () => {
      held[lane]--;
      // The lanes alternate while both have waiters.
      const other = lane === 'read' ? 'write' : 'read';
      for (const next of [other, lane] as const) {
        const [first] = queues[next];
        if (first && mayEnter(next)) first.admit();
      }
    };
  }

  return {
    measureQueue: () => Math.max(queues.read.size, queues.write.size) / maxWaiting,
    enter(lane) {
      const queue = queues[lane];
      if (queue.size === 0 && mayEnter(lane)) {
        held[lane]++;
        return Promise.resolve(createLeave(lane));
      }
      if (queue.size >= maxWaiting) return Promise.reject(new StorageUnavailable('Too many calls are waiting.'));
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          queue.delete(waiting);
          reject(new StorageUnavailable('No connection became free in time.'));
        }, wait);
        const waiting: Waiting = {
          admit() {
            clearTimeout(timer);
            queue.delete(waiting);
            held[lane]++;
            resolve(createLeave(lane));
          },
        };
        queue.add(waiting);
      });
    },
  };
}
