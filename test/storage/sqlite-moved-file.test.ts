import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { ExperimentStore } from '../../src/domain/experiment/store.ts';
import { StorageUnavailable } from '../../src/domain/faults.ts';
import { anExperiment, author, toReplace } from '../support/gateway/experiments.ts';
import {
  connectionTo,
  createSqliteDatabase,
  openStorageOn,
  recordExecutions,
  type SqliteDatabase,
} from '../support/storage/storage.ts';

const one = anExperiment({ id: 'one' });
const two = anExperiment({ id: 'two' });

/**
 * A store whose file holds experiment one, a backup from that moment, and experiment two, which was added later. The
 * log holds everything, unless it was restarted in between: then its content fits no other file.
 */
async function withBackup({ hasBegunAnew = true } = {}) {
  const database = createSqliteDatabase();
  const storage = await openStorageOn(database.url);
  await storage.experiments.insert(one, author);
  const backup = join(database.folder, 'backup.db');
  const other = connectionTo(database.path);
  await other.backup(backup);
  if (hasBegunAnew) other.pragma('wal_checkpoint(RESTART)');
  other.close();
  await storage.experiments.insert(two, author);
  return { ...database, ...storage, backup };
}

const logs = [{ hasBegunAnew: false }, { hasBegunAnew: true }];

/** Moves a database: with its log, as a careful user does, or only the file. */
function move(from: string, to: string, files: 'all' | 'file' = 'all'): void {
  for (const part of files === 'all' ? ['', '-wal', '-shm'] : ['']) {
    if (existsSync(from + part)) renameSync(from + part, to + part);
  }
}

/** The outcomes of a read and a write. */
async function readAnswers(experiments: ExperimentStore): Promise<unknown[]> {
  const lost = anExperiment({ id: 'lost' });
  const answers = await Promise.allSettled([experiments.find('acme', 'one'), experiments.insert(lost, author)]);
  return answers.map((answer) => (answer.status === 'fulfilled' ? answer : answer.reason));
}

const unavailable = [expect.any(StorageUnavailable), expect.any(StorageUnavailable)];

async function idsIn(experiments: ExperimentStore): Promise<string[]> {
  const found = await Promise.all(['one', 'two', 'new', 'lost'].map((id) => experiments.find('acme', id)));
  return found.flatMap((experiment) => experiment?.id ?? []);
}

/** Writes experiment `new`; returns what the store then holds, and what a new connection to the file finds. */
async function heldBy({ experiments, url, path }: SqliteDatabase & { experiments: ExperimentStore }) {
  await experiments.insert(anExperiment({ id: 'new' }), author);
  const held = await idsIn(experiments);
  const found = await idsIn((await openStorageOn(url)).experiments);
  return { held, found, state: connectionTo(path).pragma('integrity_check', { simple: true }) };
}

const whole = (...ids: string[]) => ({ held: [...ids, 'new'], found: [...ids, 'new'], state: 'ok' });

describe('a database file that disappeared', () => {
  test.each(['all', 'file'] as const)(
    'is reported immediately, and found again when it is back (moved: %s)',
    async (files) => {
      const database = await withBackup();
      move(database.path, `${database.path}.away`, files);
      expect(await readAnswers(database.experiments)).toEqual(unavailable);
      await expect(database.check()).rejects.toThrow(StorageUnavailable);
      expect(existsSync(database.path)).toBe(false);
      move(`${database.path}.away`, database.path, files);
      expect(await heldBy(database)).toEqual(whole('one', 'two'));
      await expect(database.check()).resolves.toBeUndefined();
    },
  );

  test('is reported while its folder cannot be reached, and found again when it can', async () => {
    const { folder } = createSqliteDatabase();
    const data = join(folder, 'data');
    mkdirSync(data);
    const path = join(data, 'gateway.db');
    const database = { folder: data, path, url: `file:${path}` };
    const { experiments } = await openStorageOn(database.url);
    await experiments.insert(one, author);
    renameSync(data, `${data}.away`);
    const obstacles = [() => undefined, () => writeFileSync(data, 'a file'), () => symlinkSync('data', data)];
    for (const put of obstacles) {
      put();
      expect(await readAnswers(experiments)).toEqual(unavailable);
      if (put !== obstacles[0]) unlinkSync(data);
    }
    renameSync(`${data}.away`, data);
    expect(await heldBy({ ...database, experiments })).toEqual(whole('one'));
  });
});

describe('a database file that was replaced', () => {
  test('by a backup, is followed, with every guarantee of the first one', async () => {
    const database = await withBackup();
    move(database.path, `${database.path}.old`);
    const executions = recordExecutions();
    renameSync(database.backup, database.path);
    expect(await heldBy(database)).toEqual(whole('one'));
    const writer = executions.find(({ sql }) => /^insert/i.test(sql))?.connection;
    expect(writer?.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(writer?.pragma('synchronous', { simple: true })).toBe(2);
  });

  test('by a copy of all its files, is followed with all its content', async () => {
    const database = await withBackup();
    for (const part of ['', '-wal', '-shm']) copyFileSync(database.path + part, `${database.path}.copy${part}`);
    move(database.path, `${database.path}.old`);
    move(`${database.path}.copy`, database.path);
    expect(await heldBy(database)).toEqual(whole('one', 'two'));
  });

  test.each(logs)('by a copy of only the file, beside its log, loses nothing (%o)', async (log) => {
    const database = await withBackup(log);
    copyFileSync(database.path, `${database.path}.copy`);
    renameSync(`${database.path}.copy`, database.path);
    const found = await idsIn(database.experiments).catch((error: unknown) => error);
    expect([['one', 'two'], expect.any(StorageUnavailable)]).toContainEqual(found);
    await database.close();
    expect(await idsIn((await openStorageOn(database.url)).experiments)).toEqual(['one', 'two']);
  });

  test.each(logs)('by a backup, is never mixed with the log of the old one beside it (%o)', async (log) => {
    const database = await withBackup(log);
    renameSync(database.backup, database.path);
    const found = await idsIn(database.experiments).catch((error: unknown) => error);
    expect([['one'], expect.any(StorageUnavailable)]).toContainEqual(found);
  });

  test('twice, is followed twice', async () => {
    const database = await withBackup();
    copyFileSync(database.backup, `${database.backup}.2`);
    for (const backup of [database.backup, `${database.backup}.2`]) {
      move(database.path, `${backup}.old`);
      renameSync(backup, database.path);
      expect(await heldBy(database)).toEqual(whole('one'));
    }
  });

  test('while a write waits for a lock, is followed by that write', async () => {
    const database = await withBackup();
    connectionTo(database.path).exec('BEGIN IMMEDIATE');
    const waiting = database.experiments.replace(toReplace(one, { name: 'Late' }));
    move(database.path, `${database.path}.old`);
    renameSync(database.backup, database.path);
    expect(await waiting).toMatchObject({ kind: 'replaced' });
    expect(await (await openStorageOn(database.url)).experiments.find('acme', 'one')).toMatchObject({ name: 'Late' });
  });
});

describe('a database file that was replaced by something else is reported, and the replacement is left alone', () => {
  const others: Record<string, (path: string) => void> = {
    'a text': (path) => writeFileSync(path, 'this is no database\n'.repeat(1_000)),
    'an empty file': (path) => writeFileSync(path, ''),
    "another program's database": (path) =>
      new Database(path).exec('CREATE TABLE users (name TEXT); INSERT INTO users VALUES (1)').close(),
    "another program's database in WAL mode": (path) => {
      const other = new Database(path);
      other.pragma('journal_mode = WAL');
      other.exec('CREATE TABLE users (name TEXT); INSERT INTO users VALUES (1)').close();
    },
    'a folder': (path) => mkdirSync(path),
  };
  const ways = [
    { files: 'all', hasBegunAnew: true },
    { files: 'file', hasBegunAnew: true },
    { files: 'file', hasBegunAnew: false },
  ] as const;
  const cases = Object.keys(others).flatMap((what) => ways.map((way) => [what, way] as const));

  test.each(cases)('until the right one is back: %s, moved %o', async (what, { files, hasBegunAnew }) => {
    const database = await withBackup({ hasBegunAnew });
    move(database.path, `${database.path}.away`, files);
    const other = join(database.folder, 'other');
    others[what]?.(other);
    const before = readBytes(other);
    renameSync(other, database.path);
    expect(await readAnswers(database.experiments)).toEqual(unavailable);
    expect(await readAnswers(database.experiments)).toEqual(unavailable);
    renameSync(database.path, other);
    expect(readBytes(other)).toEqual(before);
    move(`${database.path}.away`, database.path, files);
    expect(await heldBy(database)).toEqual(whole('one', 'two'));
  });
});

function readBytes(path: string): Buffer | null {
  return statSync(path).isDirectory() ? null : readFileSync(path);
}
