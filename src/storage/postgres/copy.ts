import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { CannotStart } from '../../domain/faults.ts';
import {
  assertTarget,
  type CopyEnd,
  type CopyTarget,
  checkedTables,
  incompleteCopy,
  incompleteTable,
  otherRun,
  RowRefused,
} from '../copy/port.ts';
import { columns, readPage, readState, write } from './copy-statements.ts';
import { readCode } from './faults.ts';
import { assertMigrated, isIncomplete, lockMigrations, migrate } from './migrate.ts';
import { connectTimeout, describeError, readSettings } from './server.ts';
import type { PostgresUrl } from './url.ts';

/** How long a statement may take, in milliseconds: no caller is waiting, but a dead server must be detected. */
const statementTimeout = 120_000;

/** Connects to the database to copy from, without writing to it. Rejects with `CannotStart`. */
export async function openSource(url: PostgresUrl, migrations: string): Promise<CopyEnd> {
  const client = await connect(url);
  return runOrEnd(client, url, async () => {
    if (await isIncomplete(client)) throw new CannotStart(incompleteCopy);
    await assertMigrated(client, migrations);
    return createEnd(client, url);
  });
}

/**
 * Connects to the database to copy into, and creates its tables when it is empty. Rejects with `CannotStart` and leaves
 * the database untouched when it holds anything that this copy did not write.
 */
export async function openTarget(url: PostgresUrl, migrations: string, source: string): Promise<CopyTarget> {
  const client = await connect(url);
  const run = randomUUID();
  const runInTransaction = (work: () => Promise<void>) => runWithPlainErrors(url, () => runTransaction(client, work));
  return runOrEnd(client, url, async () => {
    const end = await createEnd(client, url);
    assertTarget(end.identity, await readState(client), source);
    await migrate(client, migrations);
    await runTransaction(client, async () => {
      await lockMigrations(client);
      assertTarget(end.identity, await readState(client), source);
      await client.query(`CREATE TABLE IF NOT EXISTS ${incompleteTable} (source text NOT NULL, run text NOT NULL)`);
      // Waits for the last batch of an earlier run that is still alive.
      await client.query(`DELETE FROM ${incompleteTable}`);
      await client.query(`INSERT INTO ${incompleteTable} (source, run) VALUES ($1, $2)`, [source, run]);
    });
    return {
      ...end,
      write: (batch) =>
        runInTransaction(async () => {
          await assertMyRun(client, run);
          await write(client, batch);
        }),
      finish: () =>
        runInTransaction(async () => {
          await assertMyRun(client, run);
          await client.query(`ANALYZE ${Object.keys(checkedTables).join(', ')}`);
          await client.query(`DROP TABLE ${incompleteTable}`);
          // This commit waits for the disk, and so for all commits before it, whatever the database's defaults.
          await client.query(
            "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
          );
        }),
    };
  });
}

async function connect(url: PostgresUrl): Promise<Client> {
  const client = new Client({
    connectionString: url.connectionString,
    connectionTimeoutMillis: connectTimeout,
    query_timeout: statementTimeout,
    keepAlive: true,
    application_name: 'experiment-gateway copy',
  });
  // The next statement on a broken connection fails by itself.
  client.on('error', () => undefined);
  await runOrEnd(client, url, async () => {
    await client.connect();
    await readSettings(client);
  });
  return client;
}

async function end(client: Client): Promise<void> {
  await Promise.race([client.end().catch(() => undefined), sleep(connectTimeout, undefined, { ref: false })]);
}

async function runOrEnd<Result>(client: Client, url: PostgresUrl, work: () => Promise<Result>): Promise<Result> {
  try {
    return await runWithPlainErrors(url, work);
  } catch (error) {
    await end(client);
    throw error;
  }
}

/** Turns every error into a `CannotStart` or `RowRefused` of one line without credentials. */
async function runWithPlainErrors<Result>(url: PostgresUrl, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = describeError(error, url);
    // SQLSTATE 22 is an invalid value, 23 a violated constraint.
    throw /^2[23]/.test(readCode(error)) ? new RowRefused(reason) : new CannotStart(reason);
  }
}

async function runTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function createEnd(client: Client, url: PostgresUrl): Promise<CopyEnd> {
  return {
    identity: await readIdentity(client, url),
    columns: (table) => columns[table].map(({ name }) => name),
    count: (table) =>
      runWithPlainErrors(url, async () => {
        const { rows } = await client.query(`SELECT count(*) FROM ${table}`);
        return Number(rows[0]?.count);
      }),
    page: (table, after) => runWithPlainErrors(url, () => readPage(client, table, after)),
    // This engine's tag index already has the common form.
    tagPart: (text) => text,
    close: () => end(client),
  };
}

/** The server's identity is the same at every address, and the same for its replicas. */
async function readIdentity(client: Client, url: PostgresUrl): Promise<string> {
  const place = await client.query('SELECT current_database() AS database, current_schema() AS schema');
  const { database, schema } = place.rows[0] as Record<string, string>;
  const server = await client.query('SELECT system_identifier AS id FROM pg_control_system()').then(
    ({ rows }) => String(rows[0]?.id),
    // Other servers that speak PostgreSQL's protocol may have no system identifier.
    () => new URL(url.shown).host,
  );
  return `postgres:${server}/${database}/${schema}`;
}

async function assertMyRun(client: Client, run: string): Promise<void> {
  // The table is gone when another run has completed the copy.
  const isMine =
    (await isIncomplete(client)) &&
    (await client.query(`SELECT FROM ${incompleteTable} WHERE run = $1 FOR SHARE`, [run])).rowCount;
  if (!isMine) throw new CannotStart(otherRun);
}
