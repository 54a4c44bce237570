import Database from 'better-sqlite3';
import { describe, expect, test, vi } from 'vitest';
import { seed } from '../../bench/seed.ts';
import { CannotStart } from '../../src/domain/faults.ts';
import { openStorage } from '../../src/storage/open.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { anInstallation, copying, inStorage } from '../support/process/installations.ts';
import { gatewayProgram, type Running, runGateway, start } from '../support/process/process.ts';
import { createPostgresDatabase, hasServer, withClient } from '../support/storage/postgres.ts';
import { createSqliteDatabase, readEverything } from '../support/storage/storage.ts';

// Each test starts several processes.
vi.setConfig({ testTimeout: 90_000 });

const TOTAL = 20_000;

/** Runs a statement on a database directly, without the gateway. */
async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  if (!url.startsWith('file:')) return withClient(url, async (client) => (await client.query(sql)).rows);
  const client = new Database(url.slice('file:'.length), { timeout: 5_000 });
  try {
    const statement = client.prepare(sql);
    if (statement.reader) return statement.all() as Record<string, unknown>[];
    statement.run();
    return [];
  } finally {
    client.close();
  }
}
const countIn = async (url: string, table: string) =>
  Number((await ask(url, `SELECT count(*) AS count FROM ${table}`))[0]?.count);

/** A SQLite installation that takes a while to copy. */
async function createLargeInstallation(): Promise<string> {
  const { path, url } = createSqliteDatabase();
  await inStorage(url, ({ experiments }) =>
    experiments.insert(anExperiment({ id: 'exp_0', tags: json('[]') }), author),
  );
  seed(path, 'acme', TOTAL);
  await inStorage(url, ({ experiments }) => experiments.insert(anExperiment({ id: 'tagged' }), author));
  return url;
}

const startCopy = (from: string, to: string) => start([...gatewayProgram, 'copy', '--from', from, '--to', to]);

/** Waits until a copy has written some experiments, but not all. */
async function waitUntilHalfway(copy: Running, to: string): Promise<void> {
  const written = () => countIn(to, 'experiments').catch(() => 0);
  await expect.poll(written, { timeout: 30_000, interval: 10 }).toBeGreaterThan(0);
  expect(copy.child.exitCode).toBeNull();
}

/** Counts in a separate table, with triggers, how often rows of experiments are inserted, deleted and updated. */
async function countChanges(url: string): Promise<{ added: () => Promise<number>; removed: () => Promise<number> }> {
  await ask(url, 'CREATE TABLE changes (kind text)');
  if (url.startsWith('file:')) {
    for (const [kind, event] of [
      ['added', 'INSERT'],
      ['removed', 'DELETE'],
      ['updated', 'UPDATE'],
    ])
      await ask(
        url,
        `CREATE TRIGGER note_${kind} AFTER ${event} ON experiments BEGIN INSERT INTO changes VALUES ('${kind}'); END`,
      );
  } else {
    await ask(
      url,
      'CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO changes VALUES (tg_argv[0]); RETURN NULL; END $$',
    );
    for (const [kind, event] of [
      ['added', 'INSERT'],
      ['removed', 'DELETE'],
      ['updated', 'UPDATE'],
    ])
      await ask(
        url,
        `CREATE TRIGGER note_${kind} AFTER ${event} ON experiments FOR EACH ROW EXECUTE FUNCTION note('${kind}')`,
      );
  }
  const of = async (kind: string) =>
    Number((await ask(url, `SELECT count(*) AS count FROM changes WHERE kind = '${kind}'`))[0]?.count);
  return { added: () => of('added'), removed: () => of('removed') };
}

const verified = { code: 0, stdout: expect.stringMatching(/^Copied and verified: /) };
const refused = (line: RegExp) => ({ code: 1, stdout: '', stderr: expect.stringMatching(line) });

/** A database that the gateway has created, without any rows. */
async function migrated(url: string): Promise<string> {
  await inStorage(url, async () => undefined);
  return url;
}

/** Statements that change one byte of the copied rows, as a broken disk or program might, by table. */
const damages = {
  api_keys: "UPDATE api_keys SET hash = hash || 'x' WHERE revoked_at IS NOT NULL",
  datasets: "UPDATE datasets SET updated_at = updated_at + 1 WHERE id = 'é'",
  experiments: `UPDATE experiments SET workflow = replace(workflow, '"b":1.0', '"b":1.1') WHERE organization = 'acme2'`,
  experiment_revisions:
    "UPDATE experiment_revisions SET author_id = 'user/e' WHERE experiment_id = 'exact' AND revision = 7",
  purged_experiments: "UPDATE purged_experiments SET revision = revision + 1 WHERE organization = 'acme2'",
  experiment_tags:
    "UPDATE experiment_tags SET value = '\"searcg\"' WHERE experiment_id = 'exact' AND value = '\"search\"'",
} as const;
const damagedTables = Object.keys(damages) as (keyof typeof damages)[];

const engines = [
  ['SQLite', true, async () => createSqliteDatabase().url],
  ['a PostgreSQL server', hasServer, () => createPostgresDatabase()],
] as const;

describe.each(engines)('into %s', (_engine, isThere, newTarget) => {
  test.runIf(isThere)(
    'a killed copy resumes where it stopped and writes each row once; until then no gateway opens its target',
    async () => {
      const to = await newTarget();
      const from = await createLargeInstallation();
      const { added, removed } = await countChanges(await migrated(to));
      const copy = startCopy(from, to);
      await waitUntilHalfway(copy, to);
      copy.signal('SIGKILL');
      expect(await copy.ended).toMatchObject({ signal: 'SIGKILL' });
      const before = await countIn(to, 'experiments');
      expect(before).toBeLessThan(TOTAL + 1);

      // It does not count as an installation, and another copy may not use it as its target.
      await expect(openStorage(to)).rejects.toThrow(/A copy into this database is not complete/);
      await expect(openStorage(to)).rejects.toThrow(CannotStart);
      expect(await runGateway(['keys', 'list'], { env: { DATABASE_URL: to } })).toMatchObject(
        refused(/^DATABASE_URL [^\n]* A copy into this database is not complete\.[^\n]*\n$/),
      );
      const other = await migrated(createSqliteDatabase().url);
      expect(await copying(other, to)).toMatchObject(refused(/^The target [^\n]* incomplete copy of file:[^\n]*\n$/));
      expect(await copying(to, createSqliteDatabase().url)).toMatchObject(
        refused(/^The source [^\n]* not complete\.[^\n]*\n$/),
      );
      expect(await countIn(to, 'experiments')).toBe(before);

      const again = await copying(from, to);
      expect(again).toMatchObject(verified);
      expect(again.stderr).toContain(`experiments copied: ${TOTAL + 1}`);
      expect([await added(), await removed()]).toEqual([TOTAL + 1, 0]);
      await inStorage(to, async ({ experiments }) => {
        expect(await experiments.count('acme', {})).toBe(TOTAL + 1);
        expect(await experiments.count('acme', { tag: { key: 'team' } })).toBe(1);
      });
      // Now it is an installation.
      expect(await copying(from, to)).toMatchObject(refused(/^The target [^\n]* is not empty\.[^\n]*\n$/));
    },
  );

  test.runIf(isThere).each(damagedTables)(
    'a wrong byte in %s is detected, and no gateway opens the copy',
    async (table) => {
      const from = createSqliteDatabase().url;
      await anInstallation(from);
      const to = await migrated(await newTarget());
      const last = table === 'experiment_tags' ? 'experiment_revisions' : table;
      const isSqlite = to.startsWith('file:');
      if (isSqlite) await ask(to, `CREATE TRIGGER damage AFTER INSERT ON ${last} BEGIN ${damages[table]}; END`);
      else {
        await ask(
          to,
          `CREATE FUNCTION damage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${damages[table]}; RETURN NULL; END $$`,
        );
        await ask(to, `CREATE TRIGGER damage AFTER INSERT ON ${last} EXECUTE FUNCTION damage()`);
      }
      const { code, stdout, stderr } = await copying(from, to);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr.split('\n').at(-2)).toMatch(
        new RegExp(`^The copy differs from its source in ${table} \\(\\d+ rows, with other content\\)\\. `),
      );
      await expect(openStorage(to)).rejects.toThrow(/not complete/);

      await ask(to, isSqlite ? 'DROP TRIGGER damage' : `DROP TRIGGER damage ON ${last}`);
      // The next run repairs it, except for the tag index, which is written only with experiments that differ.
      expect((await copying(from, to)).code).toBe(table === 'experiment_tags' ? 1 : 0);
    },
  );

  test.runIf(isThere)('a suspended run writes nothing once another run has taken over', async () => {
    const [from, to] = [await createLargeInstallation(), await newTarget()];
    const early = startCopy(from, to);
    await waitUntilHalfway(early, to);
    early.signal('SIGSTOP');
    // It may have been suspended inside a transaction: then the second run waits for it, and reports that.
    const late = await copying(from, to);
    early.signal('SIGCONT');
    const first = await early.ended;
    const isOver = /Another run of this copy has taken over/.test(first.stderr);
    expect([
      [0, 1, true],
      [1, 0, false],
    ]).toContainEqual([late.code, first.code, isOver]);
  });
});

test('writes to the source during a copy are detected, and the next run copies them', async () => {
  const [from, to] = [createSqliteDatabase().url, await migrated(createSqliteDatabase().url)];
  await anInstallation(from);
  const { added, removed } = await countChanges(to);
  const total = await countIn(from, 'experiments');
  // The last rows that the copy writes are lost.
  await ask(
    to,
    'CREATE TRIGGER lose AFTER INSERT ON experiment_revisions BEGIN DELETE FROM experiment_revisions WHERE revision = 12; END',
  );
  expect(await copying(from, to)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/in experiment_revisions \(57 rows, the copy has 56\)\./),
  });
  await ask(to, 'DROP TRIGGER lose');

  await inStorage(from, async ({ experiments, datasets, apiKeys }) => {
    await experiments.replace(
      toReplace(anExperiment({ id: 'awkward 1' }), { name: 'Later' }, { tags: json('[{"later":true}]') }),
    );
    await experiments.remove({ organization: 'acme', id: 'awkward 2', ifRevision: null });
    await experiments.insert(anExperiment({ id: 'later', tags: json('[{"later":true}]') }), author);
    await experiments.insert(anExperiment({ id: '0 is first' }), author);
    const at = new Date();
    await datasets.register({ organization: 'acme', id: 'dataset_1', name: 'Renamed', createdAt: at, updatedAt: at });
    const [key] = await apiKeys.list();
    await apiKeys.revoke(key?.id ?? '', at);
  });
  expect(await copying(from, to)).toMatchObject(verified);
  const everything = (url: string) =>
    inStorage(url, async ({ experiments, apiKeys }) => ({
      ...(await readEverything(experiments, 'acme')),
      neighbour: await readEverything(experiments, 'acme2'),
      later: await experiments.count('acme', { tag: { key: 'later' } }),
      keys: await apiKeys.list(),
    }));
  expect(await everything(to)).toEqual(await everything(from));
  // A changed row is deleted and inserted; the others are left alone.
  expect([await added(), await removed()]).toEqual([total + 3, 2]);
});
