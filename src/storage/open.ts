import type { ExperimentEvents } from '../domain/experiment/events.ts';
import { CannotStart } from '../domain/faults.ts';
import { requireEngine } from './engines.ts';
import type { OpenOptions, Replicas, ReplicasOptions, Storage } from './storage.ts';

/** For commands that nobody watches. */
const nobody = { publish: () => undefined };

/**
 * Opens the database that a URL names, creates it when the engine can, and applies missing migrations under a lock.
 * What writes change is published. The engines that are not used are not loaded.
 * Rejects with `CannotStart`, with nothing touched, for a database that is damaged, not ours, or newer than this code.
 */
export async function openStorage(
  url: string,
  { publish }: Pick<ExperimentEvents, 'publish'> = nobody,
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

/** Connects to the replicas of a database. None has to answer: it is used as soon as it does. */
export async function openReplicas(url: string, urls: readonly string[], options: ReplicasOptions): Promise<Replicas> {
  const driver = await requireEngine(url).load();
  if (!driver.openReplicas) throw new CannotStart('This database has no read replicas.');
  return driver.openReplicas(url, urls, options);
}
