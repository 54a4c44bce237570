import { setTimeout as sleep } from 'node:timers/promises';
import { findCause, isCollision, isStorageFault, toFault, toUnavailable } from './faults.ts';

/** How often work is retried that the server rolled back because writers collided. */
const maxRetries = 3;

/** Runs work, and runs it again when the server rolled it back because writers collided. Rejects with the last fault. */
export async function retryCollisions<Result>(work: () => Promise<Result>, deadline: number): Promise<Result> {
  for (let retries = 0; ; retries++) {
    try {
      return await work();
    } catch (error) {
      const cause = findCause(error);
      if (!isCollision(cause) || retries === maxRetries || Date.now() > deadline)
        throw isStorageFault(cause) ? toUnavailable(cause) : toFault(cause);
    }
    await sleep(5 + Math.random() * 20);
  }
}
