import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { describe, expect, test } from 'vitest';
import { anExperiment, author, json } from '../support/gateway/experiments.ts';
import { runGateway } from '../support/process/process.ts';
import { connectionTo, createSqliteDatabase, openStorageOn, startModule } from '../support/storage/storage.ts';

const migrations = readMigrationFiles({ migrationsFolder: 'drizzle/sqlite' });

function migrationsIn(path: string): unknown[] {
  return connectionTo(path).prepare('SELECT hash, created_at FROM __drizzle_migrations ORDER BY id').all();
}

/** The SQL that reverts each of these migrations, by a word in the migration. */
const undoing = {
  experiment_counts:
    'DROP TRIGGER experiments_count_inserted; DROP TRIGGER experiments_count_deleted; DROP TABLE experiment_counts',
  purged_experiments: 'DROP TABLE purged_experiments; ALTER TABLE experiments DROP COLUMN first_revision',
  'DELETE FROM `experiment_tags`': 'DELETE FROM experiment_tags',
  change_feed: [
    'experiments_count_inserted experiments_count_deleted experiments_count_moved experiment_evaluators_inserted experiment_evaluators_updated experiment_evaluators_deleted'
      .split(' ')
      .map((name) => `DROP TRIGGER ${name}`),
    ['DROP TABLE change_feed', 'DROP TABLE experiment_evaluators', 'DROP TABLE idempotency_keys'],
    migrations
      .flatMap(({ sql }) => sql.join(';').match(/(?<=CREATE INDEX `)(purged_)?experiments_\w+/g) ?? [])
      .map((name) => `DROP INDEX IF EXISTS ${name}`),
    'attempt run_revision lease_seconds lease_expires_at cloned_from_id cloned_from_revision deleted_at purge_at changed'
      .split(' ')
      .map((name) => `ALTER TABLE experiments DROP COLUMN ${name}`),
    ['ALTER TABLE purged_experiments DROP COLUMN changed'],
    migrations[0]?.sql.filter((statement) => statement.includes('INDEX `experiments_by')) ?? [],
    migrations[2]?.sql.filter((statement) => statement.includes('CREATE TRIGGER')) ?? [],
  ]
    .flat()
    .join(';\n'),
  folded_id: 'ALTER TABLE experiments DROP COLUMN folded_id; ALTER TABLE experiments DROP COLUMN folded_dataset_id',
};

/**
 * Reverts the first migration that contains a word, and those of the words after it, the newest first. Other migrations stay applied, so
 * that a new one needs no SQL here.
 */
function undoMigrations(path: string, word: keyof typeof undoing): void {
  const connection = connectionTo(path);
  const words = Object.keys(undoing) as (keyof typeof undoing)[];
  const forget = connection.prepare('DELETE FROM __drizzle_migrations WHERE hash = ?');
  for (const each of words.slice(words.indexOf(word)).toReversed()) {
    connection.exec(undoing[each]);
    forget.run(migrations.find(({ sql }) => sql.join('').includes(each))?.hash);
  }
}

const eachOnce = migrations.map(({ hash, folderMillis }) => ({ hash, created_at: folderMillis }));

test('ten processes that migrate one new database at the same time all succeed, and each migration is applied once', async () => {
  const { path, url } = createSqliteDatabase();
  const endings = await Promise.all(
    Array.from({ length: 10 }, () => runGateway(['migrate'], { env: { DATABASE_URL: url } })),
  );
  expect(endings.filter(({ code, stderr }) => code !== 0 || stderr !== '')).toEqual([]);
  expect(migrationsIn(path)).toEqual(eachOnce);
  expect(connectionTo(path).pragma('integrity_check', { simple: true })).toBe('ok');
  expect(await (await openStorageOn(url)).experiments.insert(anExperiment(), author)).toMatchObject({
    kind: 'inserted',
  });
}, 60_000);

test('ten processes that open the same ten new databases at the same time all succeed', async () => {
  const { folder } = createSqliteDatabase();
  const openers = Array.from({ length: 10 }, () =>
    startModule(
      `import { existsSync, readFileSync } from 'node:fs';
      import { setTimeout as sleep } from 'node:timers/promises';
      import { openStorage } from '{src}/storage/open.ts';
      const [, folder] = process.argv;
      console.log('ready');
      while (!existsSync(folder + '/begin')) await sleep(5);
      const begin = Number(readFileSync(folder + '/begin', 'utf8'));
      for (let round = 0; round < 10; round++) {
        await sleep(Math.max(0, begin + round * 200 - Date.now()));
        const storage = await openStorage('file:' + folder + '/' + round + '.db');
        await storage.close();
      }`,
      folder,
    ),
  );
  await Promise.all(openers.map(({ until }) => until(/ready/)));
  writeFileSync(join(folder, 'beginning'), `${Date.now() + 100}`);
  renameSync(join(folder, 'beginning'), join(folder, 'begin'));
  const endings = await Promise.all(openers.map(({ ended }) => ended));
  expect(endings.filter(({ code }) => code !== 0)).toEqual([]);
  for (let round = 0; round < 10; round++) expect(migrationsIn(join(folder, `${round}.db`))).toEqual(eachOnce);
}, 60_000);

test('migrating again while a gateway is working changes nothing', async () => {
  const { path, url } = createSqliteDatabase();
  const { experiments } = await openStorageOn(url);
  await experiments.insert(anExperiment(), author);
  for (let time = 0; time < 3; time++) await (await openStorageOn(url)).close();
  expect(migrationsIn(path)).toEqual(eachOnce);
  expect(await experiments.find('acme', 'exp_1')).toEqual(anExperiment());
});

test.each(['WAL', 'DELETE'])('the next start repairs a migration that was killed midway (%s)', async (mode) => {
  const { path, url, folder } = createSqliteDatabase();
  // A cache of one page makes the unfinished transaction spill to disk, where the kill leaves it.
  const killed = startModule(
    `import Database from 'better-sqlite3';
    import { readMigrationFiles } from 'drizzle-orm/migrator';
    const client = new Database(process.argv[1]);
    client.pragma('journal_mode = ' + process.argv[2]);
    client.pragma('cache_size = 1');
    client.exec('BEGIN IMMEDIATE; CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)');
    const [{ sql }] = readMigrationFiles({ migrationsFolder: 'drizzle/sqlite' });
    for (const statement of sql.slice(0, -2)) client.exec(statement);
    client.exec('CREATE TABLE filler (content TEXT); INSERT INTO filler VALUES (zeroblob(200000))');
    console.log('in the middle');
    setInterval(() => {}, 1_000);`,
    path,
    mode,
  );
  await killed.until(/in the middle/);
  killed.signal('SIGKILL');
  await killed.ended;
  expect(readdirSync(folder)).toContain(mode === 'WAL' ? 'gateway.db-wal' : 'gateway.db-journal');

  const { experiments } = await openStorageOn(url);
  expect(migrationsIn(path)).toEqual(eachOnce);
  expect(await experiments.insert(anExperiment(), author)).toMatchObject({ kind: 'inserted' });
  const database = connectionTo(path);
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'filler'").all()).toEqual([]);
});

test('a start that is killed at any moment leaves a database that the next start opens', async () => {
  const { path, url } = createSqliteDatabase();
  for (const delay of [20, 60, 100, 140]) {
    const started = startModule(
      `import { openStorage } from '{src}/storage/open.ts';
      process.stdout.write('opening\\n');
      setImmediate(() => openStorage(process.argv[1]));`,
      url,
    );
    await started.until(/opening/);
    const kill = setTimeout(() => started.signal('SIGKILL'), delay);
    await started.ended;
    clearTimeout(kill);
  }
  const { experiments } = await openStorageOn(url);
  expect(await experiments.insert(anExperiment(), author)).toMatchObject({ kind: 'inserted' });
  expect(migrationsIn(path)).toEqual(eachOnce);
});

test('experiments that existed before the count was stored are counted by the migration', async () => {
  const { path, url } = createSqliteDatabase();
  const { experiments, close } = await openStorageOn(url);
  for (const id of ['a', 'b', 'c']) await experiments.insert(anExperiment({ id }), author);
  await close();
  undoMigrations(path, 'experiment_counts');
  const migrated = (await openStorageOn(url)).experiments;
  expect(await migrated.count(anExperiment().organization, {})).toBe(3);
  await migrated.remove({ organization: anExperiment().organization, id: 'b', ifRevision: null });
  expect(await migrated.count(anExperiment().organization, {})).toBe(2);
});

test('ids that existed before they were stored without case are found without case after the migration', async () => {
  const { path, url } = createSqliteDatabase();
  const { experiments, close } = await openStorageOn(url);
  const ids = ['Größe', 'plain', 'ascii'];
  for (const id of ids) await experiments.insert(anExperiment({ id, datasetId: `${id}-ς` }), author);
  await experiments.insert(anExperiment({ id: 'none', datasetId: null }), author);
  await close();
  undoMigrations(path, 'folded_id');
  const migrated = (await openStorageOn(url)).experiments;
  const count = (field: 'id' | 'datasetId', value: string) =>
    migrated.count('acme', { compare: { field, operator: 'icontains', values: [value] } });
  expect(await count('id', 'SSE')).toBe(1);
  expect(await count('id', 'A')).toBe(2);
  expect(await count('datasetId', 'Σ')).toBe(3);
  expect(migrationsIn(path)).toHaveLength(migrations.length);
});

describe('the tag index is rebuilt for a database that indexed numbers as doubles', () => {
  const tagged = { a: '18446744073709551615', b: '18446744073709551614', c: '1e400', d: 'null', e: '[10e-1,{"y":-0}]' };

  /** A database with an experiment for each value, indexed the way an older gateway did. */
  async function createOlderDatabase(ids = Object.keys(tagged)) {
    const { path, url } = createSqliteDatabase();
    const { experiments, close } = await openStorageOn(url);
    for (const id of ids) {
      const tags = json(`[{"v":${tagged[id as keyof typeof tagged] ?? '1'}},{"team":"search"}]`);
      await experiments.insert(anExperiment({ id, tags }), author);
    }
    await close();
    undoMigrations(path, 'purged_experiments');
    const connection = connectionTo(path);
    const add = connection.prepare("INSERT INTO experiment_tags VALUES ('acme', 'v', ?, ?)");
    for (const id of ids) add.run(JSON.stringify(JSON.parse(tagged[id as keyof typeof tagged] ?? '1')), id);
    return { url, connection };
  }
  const readIndex = (connection: ReturnType<typeof connectionTo>) =>
    connection.prepare("SELECT value, experiment_id FROM experiment_tags WHERE key = 'v' ORDER BY 2").raw().all();
  const rebuilt = [
    ['18446744073709551615', 'a'],
    ['18446744073709551614', 'b'],
    ['1e400', 'c'],
    ['null', 'd'],
    ['[1,{"y":0}]', 'e'],
  ];

  test('by exact values, with the tags of every experiment', async () => {
    const { url, connection } = await createOlderDatabase();
    expect(readIndex(connection)).not.toEqual(rebuilt);
    const { experiments } = await openStorageOn(url);
    expect(readIndex(connection)).toEqual(rebuilt);
    expect(await experiments.count('acme', { tag: { key: 'v', value: null } })).toBe(1);
    expect(await experiments.count('acme', { tag: { key: 'v', value: [1, { y: 0 }] } })).toBe(1);
    expect(await experiments.count('acme', { tag: { key: 'team', value: 'search' } })).toBe(5);
    expect(await experiments.find('acme', 'a')).toMatchObject({ revision: 1, firstRevision: 1 });
  });

  test('however many experiments there are', async () => {
    const ids = Array.from({ length: 450 }, (_, index) => `exp ${index}`);
    const { url } = await createOlderDatabase(ids);
    const { experiments } = await openStorageOn(url);
    expect(await experiments.count('acme', { tag: { key: 'v', value: 1 } })).toBe(450);
    expect(await experiments.count('acme', { tag: { key: 'team' } })).toBe(450);
  });

  test('or not at all: a migration that fails midway leaves the old index unchanged', async () => {
    const { url, connection } = await createOlderDatabase();
    const before = readIndex(connection);
    connection.exec(`CREATE TRIGGER refuse BEFORE INSERT ON experiment_tags WHEN new.experiment_id = 'c'
      BEGIN SELECT RAISE(ABORT, 'refused'); END`);
    await expect(openStorageOn(url)).rejects.toThrow('refused');
    expect(readIndex(connection)).toEqual(before);
    connection.exec('DROP TRIGGER refuse');
    await openStorageOn(url);
    expect(readIndex(connection)).toEqual(rebuilt);
  });
});
