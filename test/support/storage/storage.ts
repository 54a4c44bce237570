import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import type { ExperimentEvents } from '../../../src/domain/experiment/events.ts';
import type { ExperimentStore } from '../../../src/domain/experiment/store.ts';
import { openStorage } from '../../../src/storage/open.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { type AtEnd, createTemporaryFolder } from '../gateway/test-gateway.ts';
import { prebuilt, type Running, start } from '../process/process.ts';

/** Opens storage over a database, closed at the end of the test. */
export async function openStorageOn(
  url: string,
  publish?: ExperimentEvents['publish'],
  atEnd: AtEnd = onTestFinished,
): Promise<Storage> {
  const storage = await openStorage(url, publish && { publish });
  atEnd(() => storage.close());
  return storage;
}

/** Everything that the port returns for an organization with fewer than 100 experiments. */
export async function readEverything(experiments: ExperimentStore, organization: string) {
  const order = { field: 'NAME', direction: 'ASC' } as const;
  const page = await experiments.list({
    organization,
    filter: {},
    order,
    page: { size: 100, fromEnd: false, after: null, before: null },
  });
  if ('kind' in page) throw new Error('a first page has no cursors');
  const ranges = page.entries.map(({ node }) => ({ experimentId: node.id, from: 1, to: 1_000 }));
  return {
    count: await experiments.count(organization, {}),
    experiments: page.entries.map(({ node }) => node),
    revisions: await experiments.revisions(organization, ranges),
  };
}

export interface SqliteDatabase {
  readonly folder: string;
  readonly path: string;
  readonly url: string;
}

/** A location for a new SQLite database. */
export function createSqliteDatabase(atEnd?: AtEnd): SqliteDatabase {
  const folder = createTemporaryFolder(atEnd);
  const path = join(folder, 'gateway.db');
  return { folder, path, url: `file:${path}` };
}

/** Another connection to a database, closed at the end of the test. */
export function connectionTo(path: string): Database.Database {
  const connection = new Database(path);
  onTestFinished(() => void connection.close());
  return connection;
}

export interface Execution {
  readonly connection: Database.Database;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Records every statement executed on any connection from now until the end of the test. */
export function recordExecutions(): Execution[] {
  const executions: Execution[] = [];
  const { prepare } = Database.prototype;
  Database.prototype.prepare = function recorded(this: Database.Database, sql: string) {
    const statement = prepare.call(this, sql);
    for (const method of ['run', 'get', 'all'] as const) {
      const execute = statement[method] as (...parameters: unknown[]) => unknown;
      Object.assign(statement, {
        [method]: (...parameters: unknown[]) => {
          executions.push({ connection: this, sql, parameters });
          return execute.apply(statement, parameters);
        },
      });
    }
    return statement;
  } as typeof prepare;
  onTestFinished(() => {
    Database.prototype.prepare = prepare;
  });
  return executions;
}

/** Starts a Node process that runs a module given as text, in which `{src}` is the URL of our source folder. */
export function startModule(module: string, ...values: string[]): Running {
  return startModuleWith({}, module, ...values);
}

/** The same, with environment variables. */
export function startModuleWith(env: Readonly<Record<string, string>>, module: string, ...values: string[]): Running {
  const source = module.replaceAll('{src}', new URL('../../../src', import.meta.url).href);
  const imports = [...prebuilt, '--import', './src/resolve-hook.mjs', '--input-type=module'];
  return start([process.execPath, ...imports, '-e', source, '--', ...values], { env });
}

/** Starts another process that holds the write lock of a database until released. */
export async function lockFromAnotherProcess(path: string): Promise<{ release(): Promise<void> }> {
  const holder = startModule(
    `import Database from 'better-sqlite3';
    const database = new Database(process.argv[1]).exec('BEGIN IMMEDIATE');
    console.log('locked');
    // Named here, or it would be collected, and its lock with it.
    setInterval(() => database.open, 1_000);`,
    path,
  );
  await holder.until(/locked/);
  return {
    async release() {
      holder.signal('SIGTERM');
      await holder.ended;
    },
  };
}
