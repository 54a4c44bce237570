import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiKeyStore } from '../domain/api-key/api-key.ts';
import type { DatasetStore } from '../domain/dataset/dataset.ts';
import type { ExperimentEvents } from '../domain/experiment/changes.ts';
import type { ExperimentStore } from '../domain/experiment/store.ts';
import { CannotStart } from '../domain/failure.ts';
import { apiKeyStore } from './sqlite/api-key-store.ts';
import { datasetStore } from './sqlite/dataset-store.ts';
import { experimentStore } from './sqlite/experiment-store.ts';
import { openSqliteFile } from './sqlite/open.ts';

/** An open installation: the stores of each aggregate over one database. */
export interface Storage {
  readonly experiments: ExperimentStore;
  readonly datasets: DatasetStore;
  readonly apiKeys: ApiKeyStore;
  /** Resolves when storage answers, rejects with `StorageUnavailable` when it does not. */
  check(): Promise<void>;
  /** Copies everything to a new file while writes go on. Rejects with `CannotStart` when that is not possible. */
  backup(target: string): Promise<void>;
  close(): Promise<void>;
}

/** For commands that nobody watches. */
const nobody = { publish: () => undefined };

const migrations = fileURLToPath(new URL('../../drizzle/sqlite', import.meta.url));

/**
 * Opens the database that a `file:` URL names, creates it when it is new, and applies missing migrations under a lock.
 * What writes change is published.
 * Rejects with `CannotStart`, with nothing touched, for a file that is damaged, not ours, or newer than this code.
 */
export async function openStorage(
  url: string,
  { publish }: Pick<ExperimentEvents, 'publish'> = nobody,
): Promise<Storage> {
  const file = named(url, () => openSqliteFile(pathOf(url), migrations));
  const probe = file.prepared(({ client }) => client.prepare('SELECT count(*) FROM sqlite_schema'));
  return {
    experiments: experimentStore(file, publish),
    datasets: datasetStore(file),
    apiKeys: apiKeyStore(file),
    check: () => file.run(() => void probe().get()),
    backup: (target) => file.backup(resolve(target)),
    close: async () => file.close(),
  };
}

function named<Result>(url: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    throw new CannotStart(
      `DATABASE_URL ${url} is not usable. ${error.message} Accepted: file:<path> of a SQLite database in a folder that may be written.`,
    );
  }
}

/** `file:./relative`, `file:/absolute` and `file:///absolute`. */
function pathOf(url: string): string {
  try {
    const path = url.startsWith('file://') ? fileURLToPath(url) : resolve(url.slice('file:'.length));
    if (!path.includes('\0')) return path;
  } catch {
    // An encoding that is none, or an encoded slash.
  }
  throw new CannotStart('This is no path.');
}
