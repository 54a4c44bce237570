import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientBase, type ClientConfig } from 'pg';
import { CannotStart } from '../../domain/faults.ts';
import { incompleteCopy } from '../copy/port.ts';
import { claimFeed } from './claim-feed.ts';
import { isStorageFault, readCode } from './faults.ts';
import { assertExists, isIncomplete, migrate } from './migrate.ts';
import type { PostgresUrl } from './url.ts';

/** How long to wait for a connection, in milliseconds. */
export const connectTimeout = 2_000;

/**
 * Makes sure that the database is ours and has all our tables. Returns whether commits wait for the disk. Rejects with
 * `CannotStart`.
 */
export async function prepareServer(
  url: PostgresUrl,
  migrations: string,
  mustExist: boolean,
): Promise<{ isDurable: boolean }> {
  const client = new Client({
    ...toClientConfig(url),
    connectionTimeoutMillis: connectTimeout,
    application_name: 'experiment-gateway start',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const settings = await readSettings(client);
    if (await isIncomplete(client)) throw new CannotStart(incompleteCopy);
    if (mustExist) await assertExists(client);
    await migrate(client, migrations);
    await claimFeed(client);
    return settings;
  } catch (error) {
    throw new CannotStart(describeError(error, url));
  } finally {
    await Promise.race([client.end().catch(() => undefined), sleep(connectTimeout, undefined, { ref: false })]);
  }
}

/** The driver's connection settings. */
export function toClientConfig({ connectionString }: PostgresUrl): ClientConfig {
  return { connectionString, keepAlive: true };
}

/** Returns whether commits wait for the disk. Rejects with `CannotStart` when the database's encoding is not UTF8. */
export async function readSettings(client: ClientBase): Promise<{ isDurable: boolean }> {
  const { rows } = await client.query(
    "SELECT current_setting('server_encoding') AS encoding, current_setting('synchronous_commit') AS sync",
  );
  if (rows[0]?.encoding !== 'UTF8') throw new CannotStart('The encoding of the database is not UTF8.');
  return { isDurable: rows[0]?.sync !== 'off' };
}

/** Why a database cannot be used, without credentials, in our own words where we recognize the fault. */
export function describeError(error: unknown, { secrets }: PostgresUrl): string {
  if (error instanceof CannotStart) return error.message;
  const code = readCode(error);
  if (code.startsWith('28')) return 'The server rejects these credentials.';
  if (code === '3D000') return 'The database does not exist.';
  if (code === '55P03') return 'Another process has been migrating the database for too long.';
  if (code.startsWith('53')) return 'The server has no free connections.';
  if (isStorageFault(error)) return `The server cannot be reached${code && ` (${code})`}.`;
  const message = error instanceof Error ? error.message : String(error);
  const shown = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), message);
  return `The database cannot be used: ${shown}.`;
}
