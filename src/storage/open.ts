import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiKeyStore } from '../domain/api-key/api-key.ts';
import type { DatasetReads, DatasetStore } from '../domain/dataset/dataset.ts';
import type { ExperimentEvents } from '../domain/experiment/changes.ts';
import type { ExperimentReads, ExperimentStore } from '../domain/experiment/store.ts';
import { CannotStart } from '../domain/failure.ts';
import { type PostgresUrl, parsePostgresUrl } from './postgres/url.ts';
import { parseFileUrl } from './sqlite/url.ts';

/** An open installation: the stores of each aggregate over one database. */
export interface Storage {
  readonly experiments: ExperimentStore;
  readonly datasets: DatasetStore;
  readonly apiKeys: ApiKeyStore;
  /** Resolves when storage answers; rejects with `StorageUnavailable` when it does not, or has left the outcome of a write open. */
  check(): Promise<void>;
  /**
   * Makes this process known as a gateway of the database until it closes or ends, and returns whether another gateway
   * was there before. Only a SQLite file can tell: on PostgreSQL always false.
   */
  joinGateways(): boolean;
  /** Copies everything to a new file while writes go on. Rejects with `CannotStart` when that is not possible. */
  backup(target: string): Promise<void>;
  close(): Promise<void>;
}

/** What a copy of an installation answers. */
export interface StorageReads {
  readonly experiments: ExperimentReads;
  readonly datasets: DatasetReads;
}

/** Copies of an installation that lag behind it. */
export interface Replicas {
  /** One whose state is 5 s old at most, each in turn; undefined when there is none. */
  pick(): StorageReads | undefined;
  close(): Promise<void>;
}

export interface ReplicasOptions {
  /** Told once when a replica begins to be used, and when it is not used any more. No credentials are in it. */
  readonly report: (
    news:
      | { readonly kind: 'used'; readonly replica: string }
      | { readonly kind: 'left'; readonly replica: string; readonly reason: string },
  ) => void;
}

/** For commands that nobody watches. */
const nobody = { publish: () => undefined };

/** Where the migrations of an engine are. */
export const migrationsOf = (engine: 'sqlite' | 'postgresql') =>
  fileURLToPath(new URL(`../../drizzle/${engine}`, import.meta.url));

/** How a database is opened. */
export interface OpenOptions {
  /** A database that is missing or empty is refused, and nothing is created, not even its folder. */
  readonly mustExist?: boolean;
}

/**
 * Opens the database that a `file:` or `postgres:` URL names, creates a file when it is new, and applies missing
 * migrations under a lock. What writes change is published. The engine that is not used is not loaded.
 * Rejects with `CannotStart`, with nothing touched, for a database that is damaged, not ours, or newer than this code.
 */
export async function openStorage(
  url: string,
  { publish }: Pick<ExperimentEvents, 'publish'> = nobody,
  options: OpenOptions = {},
): Promise<Storage> {
  return isPostgres(url) ? openPostgres(url, publish, options) : openSqlite(url, publish, options);
}

/** Connects to the replicas of a PostgreSQL database. None has to answer: it is used as soon as it does. */
export async function openReplicas(url: string, urls: readonly string[], options: ReplicasOptions): Promise<Replicas> {
  const { openPostgresReplicas } = await import('./postgres/replicas.ts');
  return openPostgresReplicas(postgresUrl(url), urls.map(postgresUrl), {
    ...options,
    migrations: migrationsOf('postgresql'),
  });
}

/** A database URL as people may see it: without credentials. */
export function shownUrl(url: string): string {
  return isPostgres(url) ? (parsePostgresUrl(url)?.shown ?? 'postgres:') : url;
}

/** Whether a text that begins as a database URL is one to its end. */
export function isDatabaseUrl(url: string): boolean {
  return isPostgres(url) ? parsePostgresUrl(url) !== null : 'path' in parseFileUrl(url);
}

export function isPostgres(url: string): boolean {
  return /^postgres(ql)?:/.test(url);
}

async function openSqlite(url: string, publish: ExperimentEvents['publish'], options: OpenOptions): Promise<Storage> {
  const [{ openSqliteFile }, { experimentStore }, { datasetStore }, { apiKeyStore }] = await Promise.all([
    import('./sqlite/open.ts'),
    import('./sqlite/experiment-store.ts'),
    import('./sqlite/dataset-store.ts'),
    import('./sqlite/api-key-store.ts'),
  ]);
  const accepted =
    'file:<path> of a SQLite database in a folder that may be written, for example file:./data/gateway.db or file:///data/gateway.db';
  const file = await usable(url, accepted, () => openSqliteFile(pathOf(url), migrationsOf('sqlite'), options));
  const probe = file.prepared(({ client }) => client.prepare('SELECT count(*) FROM sqlite_schema'));
  return {
    experiments: experimentStore(file, publish),
    datasets: datasetStore(file),
    apiKeys: apiKeyStore(file),
    async check() {
      file.assertSettled();
      await file.read(() => void probe().get());
    },
    joinGateways: file.joinGateways,
    backup: (target) => file.backup(resolve(target)),
    close: async () => file.close(),
  };
}

async function openPostgres(url: string, publish: ExperimentEvents['publish'], options: OpenOptions): Promise<Storage> {
  const [{ openPostgresDatabase }, { experimentStore }, { datasetStore }, { apiKeyStore }] = await Promise.all([
    import('./postgres/open.ts'),
    import('./postgres/experiment-store.ts'),
    import('./postgres/dataset-store.ts'),
    import('./postgres/api-key-store.ts'),
  ]);
  const accepted = 'postgres://<user>:<password>@<host>:<port>/<database> of a PostgreSQL database that answers';
  const database = await usable(url, accepted, () =>
    openPostgresDatabase(postgresUrl(url), migrationsOf('postgresql'), options),
  );
  return {
    experiments: experimentStore(database, publish),
    datasets: datasetStore(database),
    apiKeys: apiKeyStore(database),
    check: () => database.check(),
    joinGateways: () => false,
    backup: async () => {
      throw new CannotStart(
        'A backup of this kind copies a SQLite file. Accepted here: pg_dump, or the backups of the server.',
      );
    },
    close: () => database.close(),
  };
}

function postgresUrl(url: string): PostgresUrl {
  const parsed = parsePostgresUrl(url);
  if (!parsed) throw new CannotStart('This is no URL of a database.');
  return parsed;
}

async function usable<Result>(url: string, accepted: string, open: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    throw new CannotStart(`DATABASE_URL ${shownUrl(url)} is not usable. ${error.message} Accepted: ${accepted}.`);
  }
}

/** The path of a `file:` URL. Throws `CannotStart` for one that says anything else than a path. */
export function pathOf(url: string): string {
  const parsed = parseFileUrl(url);
  if ('fault' in parsed) throw new CannotStart(parsed.fault);
  return parsed.path;
}
