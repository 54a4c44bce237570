import { expect, test } from 'vitest';
import type { BatchWrite } from '../../src/domain/experiment/batch-write.ts';
import type { ExperimentEvent } from '../../src/domain/experiment/events.ts';
import { openStorage } from '../../src/storage/open.ts';
import { anExperiment, author, toReplace } from '../support/gateway/experiments.ts';
import { countStatements } from '../support/storage/statements.ts';
import { connectionTo, createSqliteDatabase, openStorageOn } from '../support/storage/storage.ts';

const { organization } = anExperiment();
const ids = Array.from({ length: 30 }, (_, index) => `exp_${String(index).padStart(2, '0')}`);

/** Runs concurrent inserts, and returns their results by id. */
async function insertAll(
  experiments: Awaited<ReturnType<typeof openStorageOn>>['experiments'],
  all: readonly string[],
) {
  const outcomes = await Promise.allSettled(all.map((id) => experiments.insert(anExperiment({ id }), author)));
  return Object.fromEntries(all.map((id, index) => [id, outcomes[index]?.status]));
}

test('concurrent writes share one transaction', async () => {
  const { url } = createSqliteDatabase();
  const { experiments } = await openStorageOn(url);
  const { texts } = countStatements();
  await insertAll(experiments, ids);
  expect(texts.filter((text) => /^(BEGIN|COMMIT)/.test(text))).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
  expect(await experiments.count(organization, {})).toBe(ids.length);
});

test('a commit has at most 64 rows, so that batches do not share one', async () => {
  const { experiments } = await openStorageOn(createSqliteDatabase().url);
  await insertAll(experiments, ids);
  const { texts } = countStatements();
  const batch: BatchWrite<number> = {
    organization,
    ids,
    kind: 'content',
    author,
    decide: (found) => ({ writes: [], result: found.length }),
  };
  const large = { ...batch, ids: Array.from({ length: 100 }, (_, index) => `none_${index}`) };
  const works = [batch, batch, batch, large, batch].map((each) => experiments.writeEach(each));
  expect(await Promise.all(works)).toEqual([30, 30, 30, 100, 30]);
  // Two of 30 rows, one of 30, one of 100, one of 30.
  expect(texts.filter((text) => text === 'COMMIT')).toHaveLength(4);
});

test('no write is acknowledged before its transaction is committed', async () => {
  const { path, url } = createSqliteDatabase();
  const { experiments } = await openStorageOn(url);
  const other = connectionTo(path);
  const seen = await Promise.all(
    ids.map(async (id) => {
      await experiments.insert(anExperiment({ id }), author);
      return other.prepare('SELECT count(*) FROM experiments WHERE id = ?').pluck().get(id);
    }),
  );
  expect(seen).toEqual(ids.map(() => 1));
});

test.each(['ABORT', 'FAIL', 'ROLLBACK'])('a write that fails (%s) harms none of its neighbours', async (how) => {
  const { path, url } = createSqliteDatabase();
  const { experiments } = await openStorageOn(url);
  connectionTo(path).exec(`CREATE TRIGGER poison BEFORE INSERT ON experiment_revisions
    WHEN new.experiment_id = 'exp_07' BEGIN SELECT RAISE(${how}, 'poisoned'); END`);
  const outcomes = await insertAll(experiments, ids);
  expect(outcomes).toEqual(Object.fromEntries(ids.map((id) => [id, id === 'exp_07' ? 'rejected' : 'fulfilled'])));
  // Nothing of it is left, and its neighbours are complete.
  expect(await experiments.find(organization, 'exp_07')).toBeNull();
  expect(await experiments.count(organization, {})).toBe(ids.length - 1);
  for (const id of ['exp_06', 'exp_08', 'exp_29']) {
    expect(await experiments.revision(organization, id, 1)).toMatchObject({ revision: 1 });
  }
});

test('writes run in order of arrival, and are published in commit order', async () => {
  const { url } = createSqliteDatabase();
  const events: ExperimentEvent[] = [];
  const { experiments, close } = await openStorage(url, { publish: (event) => void events.push(event) });
  await experiments.insert(anExperiment(), author);
  events.length = 0;
  const names = ids.map((id) => `Name ${id}`);
  const acknowledged: string[] = [];
  await Promise.all(
    names.map(async (name) => {
      await experiments.replace(toReplace(anExperiment(), { name }));
      acknowledged.push(name);
    }),
  );
  expect(events.map((event) => event.kind === 'changed' && event.experiment.name)).toEqual(names);
  expect(events.map((event) => event.kind === 'changed' && event.experiment.revision)).toEqual(
    ids.map((_, n) => n + 2),
  );
  expect(acknowledged).toEqual(names);
  await close();
});

test('writes that are still waiting when storage is closed are committed', async () => {
  const { url } = createSqliteDatabase();
  const storage = await openStorage(url);
  const written = insertAll(storage.experiments, ids);
  await storage.close();
  expect(Object.values(await written).every((status) => status === 'fulfilled')).toBe(true);
  expect(await (await openStorageOn(url)).experiments.count(organization, {})).toBe(ids.length);
});
