import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openStorage } from '../../src/storage/open.ts';
import { anExperiment, author } from '../support/gateway/experiments.ts';
import { runGateway } from '../support/process/process.ts';
import { createSqliteDatabase, openStorageOn, startModule } from '../support/storage/storage.ts';

/** A closed database of ours with a hundred experiments. */
async function filledDatabase(): Promise<ReturnType<typeof createSqliteDatabase>> {
  const database = createSqliteDatabase();
  const storage = await openStorageOn(database.url);
  for (let id = 0; id < 100; id++) await storage.experiments.insert(anExperiment({ id: `${id}` }), author);
  await storage.close();
  return database;
}

function sqlite(path: string, sql: string): void {
  const database = new Database(path);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

/** A hash of every non-empty file in a folder, except SQLite's shared memory (-shm), which holds no data of its own. */
function bytesIn(folder: string): Record<string, string> {
  const files = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))] as const);
  const telling = files.filter(([name, bytes]) => bytes.length > 0 && !name.endsWith('-shm'));
  return Object.fromEntries(telling.map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]));
}

/** The result of opening a database, and the files in its folder that it changed. */
async function tryToOpen({ folder, url }: { folder: string; url: string }) {
  const before = bytesIn(folder);
  const error = await openStorage(url).then(
    () => new Error('it was opened'),
    (error: unknown) => error as Error,
  );
  const after = bytesIn(folder);
  const touched = Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);
  return { name: error.name, message: error.message, touched };
}

const refusal = (reason: RegExp) => ({
  name: 'CannotStart',
  message: expect.stringMatching(
    new RegExp(`^DATABASE_URL file:\\S+ is not usable\\. [^\\n]*${reason.source}[^\\n]*$`),
  ),
  touched: [],
});
const damaged = refusal(/damaged/);
const foreign = refusal(/did not create/);
const newer = refusal(/newer/);

describe('a file that is not a gateway database is refused, and nothing is touched', () => {
  const noise = createHash('shake256', { outputLength: 9_000 }).update('noise').digest();
  const contents: Record<string, string | Buffer> = {
    'a text file': 'Dear diary,\n'.repeat(500),
    'a few bytes': 'hello\n',
    zeros: Buffer.alloc(8192),
    noise,
    'only the header string of a database': 'SQLite format 3\0',
    'the header string of a database, and noise': Buffer.concat([Buffer.from('SQLite format 3\0'), noise]),
  };
  test.each(Object.entries(contents))('%s', async (_, content) => {
    const database = createSqliteDatabase();
    writeFileSync(database.path, content);
    expect(await tryToOpen(database)).toEqual(damaged);
  });

  const databases: Record<string, string> = {
    "a database with another program's tables": 'CREATE TABLE users (name TEXT); INSERT INTO users VALUES (1)',
    'one in WAL mode': 'PRAGMA journal_mode = WAL; CREATE TABLE users (name TEXT); INSERT INTO users VALUES (1)',
    'one with a table that has a name of ours': 'CREATE TABLE experiments (name TEXT)',
    'one that another program migrated with Drizzle':
      "CREATE TABLE users (name TEXT); CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric); INSERT INTO __drizzle_migrations VALUES (1, 'theirs', 1)",
    'one that another program began to migrate with Drizzle':
      'CREATE TABLE users (name TEXT); CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)',
    'one with a migrations table of another shape': 'CREATE TABLE __drizzle_migrations (version TEXT)',
    'one with only a view': 'CREATE VIEW numbers AS SELECT 1 AS number',
  };
  test.each(Object.entries(databases))('%s', async (_, sql) => {
    const database = createSqliteDatabase();
    sqlite(database.path, sql);
    expect(await tryToOpen(database)).toEqual(foreign);
  });

  test("another program's database that a crash left with its log not written back", async () => {
    const database = createSqliteDatabase();
    const crashed = startModule(
      `import Database from 'better-sqlite3';
      const client = new Database(process.argv[1]);
      client.pragma('journal_mode = WAL');
      client.exec('CREATE TABLE users (name TEXT)');
      console.log('written');
      setInterval(() => {}, 1_000);`,
      database.path,
    );
    await crashed.until(/written/);
    crashed.signal('SIGKILL');
    await crashed.ended;
    expect(await tryToOpen(database)).toEqual(foreign);
  });
});

describe('a gateway database that cannot be used is refused, and nothing is touched', () => {
  test('one that newer code migrated', async () => {
    const database = await filledDatabase();
    sqlite(
      database.path,
      "CREATE TABLE later (id TEXT); INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('later', 1900000000000)",
    );
    expect(await tryToOpen(database)).toEqual(newer);
  });

  test('one that was truncated, at any point', async () => {
    const whole = await filledDatabase();
    const { size } = statSync(whole.path);
    for (const length of [100, 512, 4096, 5000, Math.floor(size / 2), size - 4096]) {
      const database = createSqliteDatabase();
      writeFileSync(database.path, readFileSync(whole.path));
      truncateSync(database.path, length);
      expect(await tryToOpen(database)).toEqual(damaged);
    }
  });

  test('one that was overwritten, on any page', async () => {
    const whole = readFileSync((await filledDatabase()).path);
    for (let page = 0; page < whole.length / 4096; page++) {
      const database = createSqliteDatabase();
      const scribbled = Buffer.from(whole);
      scribbled.fill('scribble', page * 4096, (page + 1) * 4096);
      writeFileSync(database.path, scribbled);
      expect(await tryToOpen(database)).toEqual(damaged);
    }
  });

  test('one whose index has lost entries', async () => {
    const database = await filledDatabase();
    const writable = new Database(database.path);
    writable.unsafeMode();
    writable.pragma('writable_schema = ON');
    writable.exec("UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'experiments_by_name'");
    writable.close();
    expect(await tryToOpen(database)).toEqual(damaged);
  });
});

describe('the command line reports it in one line', () => {
  test.each(['migrate', 'serve', 'keys list'])('%s', async (command) => {
    const { path, url, folder } = createSqliteDatabase();
    writeFileSync(path, 'Dear diary,\n'.repeat(500));
    const before = bytesIn(folder);
    const ending = await runGateway(command.split(' '), { env: { DATABASE_URL: url, PORT: '0' } });
    expect(ending).toMatchObject({ code: 1, stdout: '' });
    expect(ending.stderr).toMatch(/^[^\n]*DATABASE_URL[^\n]*damaged[^\n]*\n$/);
    expect(bytesIn(folder)).toEqual(before);
  });
});
