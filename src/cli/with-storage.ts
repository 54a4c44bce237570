import { readConfigFromEnvironment } from '../config.ts';
import { showDatabaseUrl } from '../storage/engines.ts';
import type { Storage } from '../storage/storage.ts';

/**
 * Runs work on the configured database; `shown` is its URL without credentials. With `mustExist`, the default, a missing or
 * empty database is refused, and nothing is created: only `serve` and `migrate` create one. Rejects with `CannotStart`.
 */
export async function withStorage(
  work: (storage: Storage, shown: string) => Promise<void>,
  { mustExist } = { mustExist: true },
): Promise<void> {
  const { databaseUrl } = readConfigFromEnvironment();
  const { openStorage } = await import('../storage/open.ts');
  const storage = await openStorage(databaseUrl, undefined, { mustExist });
  try {
    await work(storage, showDatabaseUrl(databaseUrl));
  } finally {
    await storage.close();
  }
}
