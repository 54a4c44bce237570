import type Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { ExperimentStore } from '../../src/domain/experiment/store.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import {
  connectionTo,
  createSqliteDatabase,
  openStorageOn,
  readEverything,
  recordExecutions,
  startModule,
} from '../support/storage/storage.ts';

describe('an acknowledged write is on disk', () => {
  test('every connection that writes syncs each commit, on a new file and on a reopened one', async () => {
    const { url } = createSqliteDatabase();
    for (const id of ['first', 'again']) {
      const executions = recordExecutions();
      const storage = await openStorageOn(url);
      await storage.experiments.insert(anExperiment({ id }), author);
      const writers = new Set(executions.filter(({ sql }) => /^insert/i.test(sql)).map(({ connection }) => connection));
      expect(writers.size).toBeGreaterThan(0);
      for (const writer of writers) expect(readPragmas(writer)).toEqual({ journal_mode: 'wal', synchronous: 2 });
      await storage.close();
    }
  });

  test('the file is in WAL mode for every program that opens it', async () => {
    const { url, path } = createSqliteDatabase();
    await (await openStorageOn(url)).close();
    expect(connectionTo(path).pragma('journal_mode', { simple: true })).toBe('wal');
  });

  test('writes that were acknowledged before a kill are there, and no write is there by half', async () => {
    const { url } = createSqliteDatabase();
    await (await openStorageOn(url)).close();
    const writer = startModule(
      `import { openStorage } from '{src}/storage/open.ts';
      import { anExperiment, author, toReplace } from '{src}/../test/support/gateway/experiments.ts';
      const { experiments } = await openStorage(process.argv[1]);
      const one = anExperiment();
      await experiments.insert(one, author);
      for (let batchSize = 101; ; batchSize++) {
        const outcome = await experiments.replace(toReplace(one, { batchSize }));
        console.log(outcome.after.revision);
      }`,
      url,
    );
    await writer.until(/^50$/m);
    writer.signal('SIGKILL');
    const { signal, stdout } = await writer.ended;
    const acknowledged = Number(stdout.split('\n').at(-2));
    expect([signal, acknowledged >= 50]).toEqual(['SIGKILL', true]);
    const { experiments } = await openStorageOn(url);
    const found = await experiments.find('acme', 'exp_1');
    expect(found?.revision).toBeGreaterThanOrEqual(acknowledged);
    const revisions = await experiments.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 100_000 }]);
    expect(revisions).toHaveLength(found?.revision ?? 0);
    expect(revisions[0]).toMatchObject({ revision: found?.revision, batchSize: found?.batchSize });
  });
});

describe('an experiment, its revision and its tags are written together or not at all', () => {
  const one = anExperiment();
  const writes: Record<string, { write: (experiments: ExperimentStore) => Promise<unknown>; steps: string[] }> = {
    insert: {
      write: (experiments) => experiments.insert(anExperiment({ id: 'exp_2' }), author),
      steps: ['INSERT ON experiments', 'INSERT ON experiment_tags', 'INSERT ON experiment_revisions'],
    },
    replace: {
      write: (experiments) => experiments.replace(toReplace(one, { name: 'New' }, { tags: json('[{"a":1}]') })),
      steps: [
        'UPDATE ON experiments',
        'DELETE ON experiment_tags',
        'INSERT ON experiment_tags',
        'INSERT ON experiment_revisions',
      ],
    },
    remove: {
      write: (experiments) => experiments.remove({ organization: 'acme', id: 'exp_1', ifRevision: null }),
      steps: [
        'DELETE ON experiments',
        'DELETE ON experiment_tags',
        'DELETE ON experiment_revisions',
        'INSERT ON purged_experiments',
      ],
    },
  };

  test.each(Object.entries(writes))('%s: whichever of its steps fails, nothing is written', async (_, write) => {
    const { url, path } = createSqliteDatabase();
    const { experiments } = await openStorageOn(url);
    await experiments.insert(one, author);
    const other = connectionTo(path);
    const stored = async () => [await readEverything(experiments, 'acme'), tagsIn(other)];
    const before = await stored();
    for (const step of write.steps) {
      for (const way of ['ABORT', 'FAIL', 'ROLLBACK']) {
        other.exec(`CREATE TRIGGER fault AFTER ${step} BEGIN SELECT RAISE(${way}, 'broken'); END`);
        await expect(write.write(experiments)).rejects.toThrow('broken');
        expect(await stored()).toEqual(before);
        other.exec('DROP TRIGGER fault');
      }
    }
    await write.write(experiments);
    expect(await stored()).not.toEqual(before);
  });

  test('a missing table fails the write, and the next write works once it is back', async () => {
    const { url, path } = createSqliteDatabase();
    const { experiments } = await openStorageOn(url);
    await experiments.insert(one, author);
    const other = connectionTo(path);
    other.exec('ALTER TABLE experiment_revisions RENAME TO elsewhere');
    await expect(experiments.replace(toReplace(one, { name: 'New' }))).rejects.toThrow(Error);
    await expect(experiments.insert(anExperiment({ id: 'exp_2' }), author)).rejects.toThrow(Error);
    expect(await experiments.find('acme', 'exp_1')).toEqual(one);
    expect(await experiments.find('acme', 'exp_2')).toBeNull();
    other.exec('ALTER TABLE elsewhere RENAME TO experiment_revisions');
    expect(await experiments.replace(toReplace(one, { name: 'New' }))).toMatchObject({ kind: 'replaced' });
    expect(await experiments.insert(anExperiment({ id: 'exp_2' }), author)).toMatchObject({ kind: 'inserted' });
  });
});

function readPragmas(connection: Database.Database) {
  const [journal_mode, synchronous] = ['journal_mode', 'synchronous'].map((name) =>
    connection.pragma(name, { simple: true }),
  );
  return { journal_mode, synchronous };
}

function tagsIn(connection: Database.Database): unknown[] {
  return connection.prepare('SELECT * FROM experiment_tags ORDER BY 1, 2, 3, 4').all();
}
