import { readMigrationFiles } from 'drizzle-orm/migrator';
import { describe, expect, test } from 'vitest';
import { CannotStart } from '../../src/domain/faults.ts';
import { showDatabaseUrl } from '../../src/storage/engines.ts';
import { openStorage } from '../../src/storage/open.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { freePort, runGateway } from '../support/process/process.ts';
import { createPostgresDatabase, hasServer, startProxy, withClient } from '../support/storage/postgres.ts';
import { openStorageOn } from '../support/storage/storage.ts';

const migrations = readMigrationFiles({ migrationsFolder: 'drizzle/postgresql' });
const eachOnce = migrations.map(({ hash, folderMillis }) => ({ hash, created_at: `${folderMillis}` }));

async function ask(url: string, sql: string): Promise<unknown[]> {
  return withClient(url, async (client) => (await client.query(sql)).rows);
}

const migrationsIn = (url: string) =>
  ask(url, 'SELECT hash, created_at FROM drizzle.__drizzle_migrations ORDER BY created_at');
const tablesIn = (url: string) =>
  ask(url, "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')");

/** The single line with which a start is refused, and how long that took. */
async function readRefusal(url: string): Promise<{ line: string; milliseconds: number }> {
  const started = performance.now();
  const error = await openStorage(url).then(
    () => new Error('It opened.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CannotStart)) throw error;
  expect(error.message).toMatch(/^DATABASE_URL \S+ is not usable\. \S.*\. Accepted: .+\.$/);
  return { line: error.message, milliseconds: performance.now() - started };
}

describe.runIf(hasServer)('on a PostgreSQL server, a start', () => {
  test('of ten processes over one empty database migrates it once, and all succeed', async () => {
    const url = await createPostgresDatabase();
    const endings = await Promise.all(
      Array.from({ length: 10 }, () => runGateway(['migrate'], { env: { DATABASE_URL: url } })),
    );
    expect(endings.filter(({ code, stderr }) => code !== 0 || stderr !== '')).toEqual([]);
    expect(await migrationsIn(url)).toEqual(eachOnce);
    expect(await (await openStorageOn(url)).experiments.insert(anExperiment(), author)).toMatchObject({
      kind: 'inserted',
    });
  }, 60_000);

  test('of ten gateways in one process does the same, every time', async () => {
    for (let round = 0; round < 5; round++) {
      const url = await createPostgresDatabase();
      await Promise.all(Array.from({ length: 10 }, () => openStorageOn(url)));
      expect(await migrationsIn(url)).toEqual(eachOnce);
    }
  });

  test('while another gateway is working changes nothing', async () => {
    const url = await createPostgresDatabase();
    const { experiments } = await openStorageOn(url);
    await experiments.insert(anExperiment(), author);
    for (let time = 0; time < 3; time++) await (await openStorageOn(url)).close();
    expect(await migrationsIn(url)).toEqual(eachOnce);
    expect(await experiments.find('acme', 'exp_1')).toEqual(anExperiment());
  });

  test('that dies at any statement of a migration leaves nothing behind', async () => {
    const url = await createPostgresDatabase();
    const proxy = await startProxy(url);
    const last = migrations.at(-1)?.sql.at(-1)?.trim() ?? '';
    for (const statement of ['BEGIN ISOLATION', 'CREATE SCHEMA', 'CREATE TABLE "experiments"', last, 'COMMIT\0']) {
      proxy.watch((sent) => {
        if (sent.includes(statement)) void proxy.cut();
      });
      expect((await readRefusal(proxy.url)).line).toMatch(/cannot be reached/);
      expect([statement, await tablesIn(url)]).toEqual([statement, []]);
      proxy.watch(() => undefined);
      await proxy.restore();
    }
    await openStorageOn(url);
    expect(await migrationsIn(url)).toEqual(eachOnce);
  });

  /** A database with just over 450 experiments, indexed the way an older gateway did: numbers as doubles. */
  async function createOlderDatabase() {
    const url = await createPostgresDatabase();
    const { experiments, close } = await openStorageOn(url);
    const values = ['18446744073709551615', '18446744073709551614', '1e400', 'null', '[10e-1,{"y":-0}]'];
    for (const [index, value] of [...values, ...Array.from({ length: 450 }, () => '1.0')].entries())
      await experiments.insert(anExperiment({ id: `${index}`, tags: json(`[{"v":${value}}]`) }), author);
    await close();
    await ask(url, 'DROP TABLE purged_experiments');
    await ask(url, 'DROP FUNCTION take_experiment_id');
    await ask(url, 'ALTER TABLE experiments DROP COLUMN first_revision');
    await ask(url, "UPDATE experiment_tags SET value = 'old'");
    // Other migrations stay applied, so that a new one needs no SQL here.
    for (const word of ['purged_experiments', 'TRUNCATE "experiment_tags"']) {
      const hash = migrations.find(({ sql }) => sql.join('').includes(word))?.hash;
      await ask(url, `DELETE FROM drizzle.__drizzle_migrations WHERE hash = '${hash}'`);
    }
    return url;
  }
  const indexIn = (url: string) =>
    ask(url, 'SELECT value, count(*)::int FROM experiment_tags GROUP BY 1 ORDER BY 2, 1');

  test('over a database that indexed tags as doubles rebuilds the index by exact values', async () => {
    const url = await createOlderDatabase();
    const { experiments } = await openStorageOn(url);
    expect(await indexIn(url)).toEqual([
      { value: '18446744073709551614', count: 1 },
      { value: '18446744073709551615', count: 1 },
      { value: '1e400', count: 1 },
      { value: '[1,{"y":0}]', count: 1 },
      { value: 'null', count: 1 },
      { value: '1', count: 450 },
    ]);
    expect(await experiments.count('acme', { tag: { key: 'v', value: null } })).toBe(1);
    expect(await experiments.find('acme', '0')).toMatchObject({ revision: 1, firstRevision: 1 });
    expect(await migrationsIn(url)).toEqual(eachOnce);
  });

  test('that dies while it rebuilds the tag index leaves the old one, and the next start rebuilds it', async () => {
    const url = await createOlderDatabase();
    const [proxy, before] = [await startProxy(url), await migrationsIn(url)];
    proxy.watch((sent) => {
      if (sent.includes('INSERT INTO experiment_tags')) void proxy.cut();
    });
    expect((await readRefusal(proxy.url)).line).toMatch(/cannot be reached/);
    expect(await indexIn(url)).toEqual([{ value: 'old', count: 455 }]);
    expect(await migrationsIn(url)).toEqual(before);
    await openStorageOn(url);
    expect(await indexIn(url)).toHaveLength(6);
    expect(await migrationsIn(url)).toEqual(eachOnce);
  });

  test('over ids from before they were stored without case finds them without case', async () => {
    const url = await createPostgresDatabase();
    const { experiments, close } = await openStorageOn(url);
    const ids = ['Größe', 'plain', 'ascii', ...Array.from({ length: 1_100 }, (_, index) => `é${index}`)];
    for (const id of ids) await experiments.insert(anExperiment({ id, datasetId: `${id}-ς` }), author);
    await experiments.insert(anExperiment({ id: 'none', datasetId: null }), author);
    await close();
    await ask(url, 'ALTER TABLE experiments DROP COLUMN folded_id, DROP COLUMN folded_dataset_id');
    const hash = migrations.find(({ sql }) => sql.join('').includes('folded_id'))?.hash;
    await ask(url, `DELETE FROM drizzle.__drizzle_migrations WHERE hash = '${hash}'`);

    const migrated = (await openStorageOn(url)).experiments;
    const count = (field: 'id' | 'datasetId', value: string) =>
      migrated.count('acme', { compare: { field, operator: 'icontains', values: [value] } });
    expect(await count('id', 'SSE')).toBe(1);
    expect(await count('id', 'A')).toBe(2);
    expect(await count('id', 'É')).toBe(1_100);
    expect(await count('datasetId', 'Σ')).toBe(1_103);
  });

  test("over another program's tables is refused, and nothing is touched", async () => {
    const url = await createPostgresDatabase();
    await ask(url, 'CREATE TABLE accounts (id int)');
    expect((await readRefusal(url)).line).toMatch(/tables that the gateway did not create/);
    expect(await tablesIn(url)).toEqual([{ schemaname: 'public', tablename: 'accounts' }]);
  });

  test('over a database that newer code has migrated is refused', async () => {
    const url = await createPostgresDatabase();
    await (await openStorageOn(url)).close();
    await ask(url, "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of the future', 1)");
    expect((await readRefusal(url)).line).toMatch(/newer gateway/);
  });

  test("sets durable commits and READ COMMITTED, whatever the database's defaults are", async () => {
    const url = await createPostgresDatabase();
    const database = new URL(url).pathname.slice(1);
    await ask(url, `ALTER DATABASE ${database} SET synchronous_commit = off`);
    await ask(url, `ALTER DATABASE ${database} SET default_transaction_isolation = 'repeatable read'`);
    const stores = await Promise.all(Array.from({ length: 10 }, async () => (await openStorageOn(url)).experiments));
    const [first] = stores;
    await ask(url, 'CREATE TABLE seen (isolation text, sync text)');
    await ask(
      url,
      `CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO seen VALUES (current_setting('transaction_isolation'), current_setting('synchronous_commit'));
        RETURN new;
      END $$`,
    );
    await ask(url, 'CREATE TRIGGER see BEFORE INSERT OR UPDATE ON experiments FOR EACH ROW EXECUTE FUNCTION see()');
    await first?.insert(anExperiment(), author);
    const outcomes = await Promise.all(
      stores.map((store, index) => store.replace(toReplace(anExperiment(), { name: `${index}` }))),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(stores.map(() => 'replaced'));
    expect(await ask(url, 'SELECT DISTINCT isolation, sync FROM seen')).toEqual([
      { isolation: 'read committed', sync: 'on' },
    ]);
  });

  test('over a database in another encoding is refused', async () => {
    const url = await createPostgresDatabase("ENCODING 'SQL_ASCII' LOCALE 'C'");
    expect((await readRefusal(url)).line).toMatch(/UTF8/);
  });

  test('without the database, the role or the server is refused within two seconds, and shows no credentials', async () => {
    const withCredentials = new URL(await createPostgresDatabase());
    Object.assign(withCredentials, { username: 'nobody-knows', password: 'S3cr%20t!' });
    const missing = new URL(withCredentials);
    Object.assign(missing, { username: 'postgres', pathname: '/there_is_none' });
    const closed = new URL(withCredentials);
    closed.port = String(await freePort());
    const unknown = new URL(withCredentials);
    unknown.hostname = 'nowhere.invalid';
    const inParameters = new URL(`postgres://${withCredentials.host}/x?user=nobody-knows&password=S3cr%20t!`);
    for (const [url, reason] of [
      [withCredentials, /rejects these credentials/],
      [inParameters, /rejects these credentials/],
      [missing, /database does not exist/],
      [closed, /cannot be reached \(ECONNREFUSED\)/],
      [unknown, /cannot be reached \(E/],
    ] as const) {
      const { line, milliseconds } = await readRefusal(url.href);
      expect(line).toMatch(reason);
      expect(line).toContain(`${url.host}${url.pathname}`);
      expect(line).not.toMatch(/nobody-knows|S3cr|postgres@/);
      expect(milliseconds).toBeLessThan(2_500);
    }
  });

  test('on a silent server is refused within two seconds', async () => {
    const proxy = await startProxy(await createPostgresDatabase());
    proxy.stall();
    const { line, milliseconds } = await readRefusal(proxy.url);
    expect(line).toMatch(/cannot be reached/);
    expect(milliseconds).toBeLessThan(2_500);
  });
});

test('a database URL is shown without its credentials and parameters', () => {
  expect(showDatabaseUrl('postgres://me:secret@db.example:6432/gateway?password=x')).toBe(
    'postgres://db.example:6432/gateway',
  );
  expect(showDatabaseUrl('postgresql://me@[::1]/gateway')).toBe('postgresql://[::1]/gateway');
  expect(showDatabaseUrl('postgres://me:se/cret@:x')).toBe('postgres:');
  expect(showDatabaseUrl('file:./data/gateway.db')).toBe('file:./data/gateway.db');
});
