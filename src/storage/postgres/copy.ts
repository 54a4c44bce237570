import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { CannotStart } from '../../domain/failure.ts';
import {
  assertTarget,
  type CopyEnd,
  type CopyTarget,
  checkedTables,
  INCOMPLETE,
  incompleteCopy,
  otherRun,
  RowRefused,
} from '../copy/port.ts';
import { columns, page, stateOf, write } from './copy-statements.ts';
import { codeOf } from './faults.ts';
import { assertMigrated, isIncomplete, migrate, takeTurn } from './migrate.ts';
import { CONNECT_WAIT, reasonOf, settingsOf } from './server.ts';
import type { PostgresUrl } from './url.ts';

/** How long a statement may take, in milliseconds: nobody waits for an answer, but a server that is gone has to be noticed. */
const STATEMENT_WAIT = 120_000;

/** Connects to a database that is copied; nothing is written to it. Rejects with `CannotStart`. */
export async function openSource(url: PostgresUrl, migrations: string): Promise<CopyEnd> {
  const client = await connect(url);
  return orEnd(client, url, async () => {
    if (await isIncomplete(client)) throw new CannotStart(incompleteCopy);
    await assertMigrated(client, migrations);
    return endOf(client, url);
  });
}

/**
 * Connects to a database that is copied into, and makes its tables when it is empty. Rejects with `CannotStart`, with
 * nothing touched, when it holds what is not of this copy.
 */
export async function openTarget(url: PostgresUrl, migrations: string, source: string): Promise<CopyTarget> {
  const client = await connect(url);
  const run = randomUUID();
  const inTransaction = (work: () => Promise<void>) => plainly(url, () => transaction(client, work));
  return orEnd(client, url, async () => {
    const end = await endOf(client, url);
    assertTarget(end.identity, await stateOf(client), source);
    await migrate(client, migrations);
    await transaction(client, async () => {
      await takeTurn(client);
      assertTarget(end.identity, await stateOf(client), source);
      await client.query(`CREATE TABLE IF NOT EXISTS ${INCOMPLETE} (source text NOT NULL, run text NOT NULL)`);
      // Waits for the last batch of a run that is still alive.
      await client.query(`DELETE FROM ${INCOMPLETE}`);
      await client.query(`INSERT INTO ${INCOMPLETE} (source, run) VALUES ($1, $2)`, [source, run]);
    });
    return {
      ...end,
      write: (batch) =>
        inTransaction(async () => {
          await assertMyRun(client, run);
          await write(client, batch);
        }),
      finish: () =>
        inTransaction(async () => {
          await assertMyRun(client, run);
          await client.query(`ANALYZE ${Object.keys(checkedTables).join(', ')}`);
          await client.query(`DROP TABLE ${INCOMPLETE}`);
          // This commit waits for the disk, and so for all that went before, whatever the defaults of the database.
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
    connectionTimeoutMillis: CONNECT_WAIT,
    query_timeout: STATEMENT_WAIT,
    keepAlive: true,
    application_name: 'experiment-gateway copy',
  });
  // A connection that breaks is noticed by the statement that needs it.
  client.on('error', () => undefined);
  await orEnd(client, url, async () => {
    await client.connect();
    await settingsOf(client);
  });
  return client;
}

async function end(client: Client): Promise<void> {
  await Promise.race([client.end().catch(() => undefined), sleep(CONNECT_WAIT, undefined, { ref: false })]);
}

async function orEnd<Result>(client: Client, url: PostgresUrl, work: () => Promise<Result>): Promise<Result> {
  try {
    return await plainly(url, work);
  } catch (error) {
    await end(client);
    throw error;
  }
}

/** What goes wrong, in one line without credentials. */
async function plainly<Result>(url: PostgresUrl, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = reasonOf(error, url);
    // Values that are none, and constraints.
    throw /^2[23]/.test(codeOf(error)) ? new RowRefused(reason) : new CannotStart(reason);
  }
}

async function transaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function endOf(client: Client, url: PostgresUrl): Promise<CopyEnd> {
  return {
    identity: await identityOf(client, url),
    columns: (table) => columns[table].map(({ name }) => name),
    count: (table) =>
      plainly(url, async () => {
        const { rows } = await client.query(`SELECT count(*) FROM ${table}`);
        return Number(rows[0]?.count);
      }),
    page: (table, after) => plainly(url, () => page(client, table, after)),
    // It is kept as the index of this engine holds it.
    tagPart: (text) => text,
    close: () => end(client),
  };
}

/** The server calls itself so by every address, and so do its replicas. */
async function identityOf(client: Client, url: PostgresUrl): Promise<string> {
  const place = await client.query('SELECT current_database() AS database, current_schema() AS schema');
  const { database, schema } = place.rows[0] as Record<string, string>;
  const server = await client.query('SELECT system_identifier AS id FROM pg_control_system()').then(
    ({ rows }) => String(rows[0]?.id),
    // What speaks the protocol of PostgreSQL may not know its own name.
    () => new URL(url.shown).host,
  );
  return `postgres:${server}/${database}/${schema}`;
}

async function assertMyRun(client: Client, run: string): Promise<void> {
  // Another run may have completed the copy, and the table is gone.
  const isMine =
    (await isIncomplete(client)) &&
    (await client.query(`SELECT FROM ${INCOMPLETE} WHERE run = $1 FOR SHARE`, [run])).rowCount;
  if (!isMine) throw new CannotStart(otherRun);
}
