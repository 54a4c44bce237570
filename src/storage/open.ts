import type { ExperimentEvents } from '../domain/experiment/events.ts';
import { CannotStart } from '../domain/faults.ts';
import { requireEngine } from './engines.ts';
import type { OpenOptions, Replicas, ReplicasOptions, Storage } from './storage.ts';

/** For commands, which have no subscribers. */
const noSubscribers = { publish: () => undefined };

/**
 * Opens the database at a URL, creates it where the engine can, and applies missing migrations under a lock. Publishes
 * the changes that writes make. Loads only the engine that it needs.
 * Rejects with `CannotStart` and leaves the database untouched when it is damaged, not ours, or newer than this code.
 */
export async function openStorage(
  url: string,
  { publish }: Pick<ExperimentEvents, 'publish'> = noSubscribers,
  options: OpenOptions = {},
): Promise<Storage> {
  const { load, showUrl } = requireEngine(url);
  const driver = await load();
  try {
    return await driver.open(url, publish, options);
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    throw new CannotStart(`DATABASE_URL ${showUrl(url)} is not usable. ${error.message} Accepted: ${driver.accepted}.`);
  }
}

/** Connects to the replicas of a database. They may be down: each is used as soon as it responds. */
export async function openReplicas(url: string, urls: readonly string[], options: ReplicasOptions): Promise<Replicas> {
  const driver = await requireEngine(url).load();
  if (!driver.openReplicas) throw new CannotStart('This database has no read replicas.');
  return driver.openReplicas(url, urls, options);
}
