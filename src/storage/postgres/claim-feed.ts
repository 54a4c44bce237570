import type { ClientBase } from 'pg';
import { lockMigrations } from './migrate.ts';

/**
 * Makes sure that the numbers of changes are this server's. They are numbers of transactions, which mean nothing in a
 * database that a dump was restored into, so such a database gets a feed with a new name, and no cursor from before is
 * accepted. The name ends with the number of the transaction that wrote its row, and a restored row was written by
 * another one.
 */
export async function claimFeed(client: ClientBase): Promise<void> {
  if (await isOurs(client)) return;
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  await lockMigrations(client);
  // Another gateway may have done it meanwhile.
  if (!(await isOurs(client))) await startFeed(client);
  await client.query('COMMIT');
}

async function isOurs(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ name: string; writer: string }>(
    'SELECT name, xmin::text AS writer FROM change_feed',
  );
  const [feed] = rows;
  return feed !== undefined && rows.length === 1 && feed.name.endsWith(`.${feed.writer}`);
}

/** Numbers that this server has not reached yet would stay out of sight until it has. */
async function startFeed(client: ClientBase): Promise<void> {
  await client.query('DELETE FROM change_feed');
  await client.query(`INSERT INTO change_feed (name)
    VALUES (replace(gen_random_uuid()::text, '-', '') || '.' || pg_current_xact_id()::xid::text)`);
  for (const table of ['experiments', 'purged_experiments'])
    await client.query(`UPDATE ${table} SET changed = 0 WHERE changed >= pg_current_xact_id()::text::bigint`);
}
