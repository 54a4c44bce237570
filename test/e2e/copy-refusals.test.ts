import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { anExperiment, author } from '../support/gateway/experiments.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { copying, inStorage } from '../support/process/installations.ts';
import { type Ending, freePort, runGateway } from '../support/process/process.ts';
import { createPostgresDatabase, hasServer, startProxy, withClient } from '../support/storage/postgres.ts';
import { connectionTo, createSqliteDatabase } from '../support/storage/storage.ts';

// Each test starts several processes.
vi.setConfig({ testTimeout: 90_000 });

/** The single line of a command that exits with a code; it must not repeat credentials. */
function readLine({ code, stdout, stderr }: Ending, expected: number): string {
  expect({ code, stdout, stderr }).toEqual({
    code: expected,
    stdout: '',
    stderr: expect.stringMatching(/^[^\r\n]+\n$/),
  });
  expect(stderr).not.toMatch(/S3cr|nobody-knows/);
  return stderr;
}

/** Every file in a folder with its bytes. */
const readBytes = (folder: string) =>
  readdirSync(folder)
    .toSorted()
    .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]);

/** A SQLite installation with one experiment, closed. */
async function createInstallation(): Promise<ReturnType<typeof createSqliteDatabase>> {
  const database = createSqliteDatabase();
  await inStorage(database.url, ({ experiments }) => experiments.insert(anExperiment(), author));
  return database;
}

describe('an invalid command line exits 2 with one line, which does not repeat any URL:', () => {
  const file = 'file:/tmp/none.db';
  const secret = 'postgres://nobody-knows:S3cr@127.0.0.1/x';
  test.each<[string, string[], RegExp]>([
    ['no source', ['--to', secret], /--from/],
    [
      'a word instead of a URL',
      ['--from', 'x', '--to', file],
      /--from .*Accepted: file:.*, or postgres:\/\/<user>:<password>@<host>\/<database>/,
    ],
    ['no target', ['--from', secret], /--to/],
    ['a source without a value', ['--to', secret, '--from'], /--from/],
    ['a source of another kind', ['--from', 'mysql://nobody-knows:S3cr@h/x', '--to', file], /--from .*Accepted: file:/],
    ['a target of another kind', ['--from', file, '--to', 'postgres:nobody-knows:S3cr@h/x'], /--to .*Accepted: file:/],
    ['only a path', ['--from', './gateway.db', '--to', file], /--from/],
    ['a malformed URL', ['--from', 'postgres://nobody-knows:S3cr@:x', '--to', file], /--from/],
    ['a URL with an invalid prepare parameter', ['--from', `${secret}?prepare=S3cr`, '--to', file], /--from/],
    ['a path that cannot be decoded', ['--from', file, '--to', 'file:///%zz'], /--to/],
    ['URLs without flags', [secret, secret], /--from/],
    ['an extra URL', ['--from', file, '--to', file, secret], /too many arguments/],
    ['an unknown flag', ['--from', file, '--to', file, `--form=${secret}`], /--form/],
  ])('%s', async (_name, args, words) => {
    expect(readLine(await runGateway(['copy', ...args]), 2)).toMatch(words);
  });

  test('--help explains every step', async () => {
    const { code, stdout } = await runGateway(['copy', '--help']);
    expect(code).toBe(0);
    for (const word of ['--from <url>', '--to <url>', 'gateway copy --from file:', 'verified', 'same command'])
      expect(stdout).toContain(word);
  });
});

describe('an unusable source is refused and unchanged, and no target is created:', () => {
  async function readRefusal(from: string): Promise<string> {
    const folder = createTemporaryFolder();
    const line = readLine(await copying(from, `file:${folder}/new/gateway.db`), 1);
    expect(readdirSync(folder)).toEqual([]);
    return line;
  }

  test('a missing file', async () => {
    const { url, folder } = createSqliteDatabase();
    expect(await readRefusal(url)).toMatch(
      /^The source file:.* There is no such file\. Accepted: the database of a gateway.* serve and migrate create one/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a folder', async () => {
    const { folder } = createSqliteDatabase();
    expect(await readRefusal(`file:${folder}`)).toMatch(/^The source file:.* This is a folder: name a file in it\./);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a file of another program', async () => {
    const { url, path } = createSqliteDatabase();
    connectionTo(path).exec('CREATE TABLE accounts (id int)');
    expect(await readRefusal(url)).toMatch(/tables that the gateway did not create/);
  });

  test('a file that is not a database', async () => {
    const { url, path } = createSqliteDatabase();
    writeFileSync(path, 'hello '.repeat(1_000));
    expect(await readRefusal(url)).toMatch(/^The source file:.* damaged/);
  });

  test('an empty file', async () => {
    const { url, path } = createSqliteDatabase();
    writeFileSync(path, '');
    expect(await readRefusal(url)).toMatch(/not migrated/);
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  test('an installation of an older gateway', async () => {
    const { url, path } = await createInstallation();
    const database = connectionTo(path);
    database.exec('DELETE FROM __drizzle_migrations WHERE id > 1; DROP TABLE datasets');
    expect(await readRefusal(url)).toMatch(/not migrated to this version\. Run the command migrate/);
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'datasets'").all()).toEqual([]);
  });

  test('an installation of a newer gateway', async () => {
    const { url, path } = await createInstallation();
    connectionTo(path).exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('of the future', 1)");
    expect(await readRefusal(url)).toMatch(/newer gateway/);
  });

  test('a server that does not listen', async () => {
    expect(await readRefusal(`postgres://nobody-knows:S3cr@127.0.0.1:${await freePort()}/x`)).toMatch(
      /^The source postgres:.*cannot be reached/,
    );
  });

  test.runIf(hasServer)(
    'an empty database, another program, an older and a newer gateway on a PostgreSQL server',
    async () => {
      const url = await createPostgresDatabase();
      const ask = (sql: string) => withClient(url, (client) => client.query(sql));
      expect(await readRefusal(url)).toMatch(/not migrated/);
      await ask('CREATE TABLE accounts (id int)');
      expect(await readRefusal(url)).toMatch(/not migrated/);
      expect((await ask('SELECT tablename FROM pg_tables WHERE schemaname = current_schema()')).rowCount).toBe(1);
      await ask('DROP TABLE accounts');
      await inStorage(url, async () => undefined);
      await ask("INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of the future', 1)");
      expect(await readRefusal(url)).toMatch(/newer gateway/);
      await ask('DELETE FROM drizzle.__drizzle_migrations');
      expect(await readRefusal(url)).toMatch(/not migrated/);
    },
  );
});

describe('a target that holds anything is refused, and nothing in it is touched:', () => {
  async function readRefusal(to: string): Promise<string> {
    const { url } = await createInstallation();
    return readLine(await copying(url, to), 1);
  }

  test.each<[string, string]>([
    ['an experiment', 'DELETE FROM experiment_revisions; DELETE FROM experiment_tags'],
    [
      'only a key',
      `DELETE FROM experiments; DELETE FROM experiment_revisions; DELETE FROM experiment_tags;
      INSERT INTO api_keys (id, organization, scopes, prefix, hash, created_at) VALUES ('key_1', 'acme', '[]', 'sk_', 'hash', 1)`,
    ],
    ['the database of an older gateway', 'DELETE FROM __drizzle_migrations WHERE id > 1; DROP TABLE datasets'],
    ['the tables of another program', 'DROP TABLE __drizzle_migrations'],
  ])('%s', async (_name, change) => {
    const { url, path, folder } = await createInstallation();
    const database = connectionTo(path);
    database.exec(change);
    database.pragma('journal_mode = DELETE');
    const before = readBytes(folder);
    expect(await readRefusal(url)).toMatch(/^The target file:.*(not empty|did not create)/);
    expect(readBytes(folder)).toEqual(before);
  });

  test('a folder', async () => {
    const { folder } = createSqliteDatabase();
    expect(await readRefusal(`file:${folder}`)).toMatch(/^The target file:.* This is a folder: name a file in it\./);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('the source itself, by any path', async () => {
    const { url, path, folder } = await createInstallation();
    mkdirSync(join(folder, 'other'));
    symlinkSync(path, join(folder, 'link.db'));
    for (const to of [url, `file:${folder}/other/../gateway.db`, `file://${path}`, `file:${folder}/link.db`])
      expect(readLine(await copying(url, to), 1)).toMatch(/It is the source itself/);
    linkSync(path, join(folder, 'hard.db'));
    expect(readLine(await copying(url, `file:${folder}/hard.db`), 1)).toMatch(/^The target/);
    expect(await inStorage(url, ({ experiments }) => experiments.count('acme', {}))).toBe(1);
  });

  test('a server that does not listen', async () => {
    expect(await readRefusal(`postgres://nobody-knows:S3cr@127.0.0.1:${await freePort()}/x`)).toMatch(
      /^The target postgres:.*cannot be reached/,
    );
  });

  test.runIf(hasServer)(
    'a PostgreSQL installation, another program, and the source itself by another address',
    async () => {
      const url = await createPostgresDatabase();
      const ask = (sql: string) => withClient(url, async (client) => (await client.query(sql)).rows);
      await ask('CREATE TABLE accounts (id int)');
      expect(await readRefusal(url)).toMatch(/did not create/);
      expect(await ask("SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'drizzle')")).toEqual([
        { tablename: 'accounts' },
      ]);
      await ask('DROP TABLE accounts');
      await inStorage(url, ({ experiments }) => experiments.insert(anExperiment(), author));
      expect(await readRefusal(url)).toMatch(/not empty/);
      const elsewhere = new URL(url);
      elsewhere.hostname = 'localhost';
      expect(readLine(await copying(url, elsewhere.href), 1)).toMatch(/It is the source itself/);
      expect(await ask("SELECT count(*)::int, to_regclass('incomplete_copy') AS marker FROM experiments")).toEqual([
        { count: 1, marker: null },
      ]);
    },
  );
});

test.runIf(hasServer)('a row that the target cannot store is named', async () => {
  const { url, path } = await createInstallation();
  await inStorage(url, ({ experiments }) => experiments.insert(anExperiment({ id: 'exp_2' }), author));
  connectionTo(path).prepare('UPDATE experiments SET description = ? WHERE id = ?').run('a\0b', 'exp_2');
  const { code, stdout, stderr } = await copying(url, await createPostgresDatabase());
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/\nThe target cannot store a row of experiments, acme\/exp_2: [^\n]*UTF8[^\n]*\n$/);
});

test.runIf(hasServer)(
  'a server that goes down midway ends the copy with one line; the next run completes it',
  async () => {
    const { url } = await createInstallation();
    const database = await createPostgresDatabase();
    const proxy = await startProxy(database);
    proxy.watch((sent) => {
      if (sent.includes('INSERT INTO experiment_revisions')) void proxy.cut();
    });
    const { code, stderr } = await copying(url, proxy.url);
    expect([code, stderr.split('\n').at(-2)]).toEqual([
      1,
      expect.stringMatching(/^The target postgres:[^@]* cannot be reached/),
    ]);
    expect(await copying(url, database)).toMatchObject({ code: 0 });
  },
);
