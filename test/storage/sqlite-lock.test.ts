import { expect, test } from 'vitest';
import { scopes } from '../../src/domain/actor.ts';
import { createApiKey } from '../../src/domain/api-key/api-key.ts';
import { StorageUnavailable } from '../../src/domain/faults.ts';
import { anExperiment, author, toReplace } from '../support/gateway/experiments.ts';
import {
  createSqliteDatabase,
  lockFromAnotherProcess,
  openStorageOn,
  startModule,
} from '../support/storage/storage.ts';

/** Measures how long work takes, and how often a timer ticks meanwhile: a loop that is blocked has none. */
async function measure<Result>(work: () => Promise<Result>) {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 10);
  const started = performance.now();
  const result = await work();
  clearInterval(timer);
  return { result, ticks, milliseconds: performance.now() - started };
}

const one = anExperiment();

test('all writers but a starting gateway give up on a lock after two seconds, and block nothing meanwhile', async () => {
  const { url, path } = createSqliteDatabase();
  const { experiments, apiKeys, check } = await openStorageOn(url);
  await experiments.insert(one, author);
  const lock = await lockFromAnotherProcess(path);

  const writes = [
    () => experiments.insert(anExperiment({ id: 'exp_2' }), author),
    () => experiments.remove({ organization: 'acme', id: 'exp_1', ifRevision: null }),
    () => apiKeys.revoke('key_1', new Date()),
    () => apiKeys.recordUse(new Map([['key_1', new Date()]])),
    ...Array.from({ length: 20 }, (_, index) => () => experiments.replace(toReplace(one, { name: `${index}` }))),
  ];
  const firstKey = apiKeys.insertFirst(createApiKey({ organization: 'acme', name: null, scopes }, new Date()).key);
  const waiting = measure(() => Promise.allSettled(writes.map((write) => write())));
  expect(await experiments.find('acme', 'exp_1')).toEqual(one);
  await expect(check()).resolves.toBeUndefined();
  const { result, ticks, milliseconds } = await waiting;
  for (const each of result) {
    expect(each).toEqual({ status: 'rejected', reason: expect.any(StorageUnavailable) });
  }
  expect(milliseconds).toBeGreaterThan(1_900);
  expect(milliseconds).toBeLessThan(3_000);
  expect(ticks).toBeGreaterThan(20);

  await lock.release();
  expect(await firstKey).toBe(true);
  expect(await experiments.count('acme', {})).toBe(1);
  expect(await experiments.replace(toReplace(one, { name: 'After' }, { ifRevision: 1 }))).toMatchObject({
    kind: 'replaced',
  });
});

test('a lock that is released in time only delays the write', async () => {
  const { url, path } = createSqliteDatabase();
  const { experiments } = await openStorageOn(url);
  await experiments.insert(one, author);
  const lock = await lockFromAnotherProcess(path);
  setTimeout(lock.release, 800);
  const { result, ticks, milliseconds } = await measure(() => experiments.replace(toReplace(one, { name: 'Late' })));
  expect(result).toMatchObject({ kind: 'replaced', after: { name: 'Late', revision: 2 } });
  expect(milliseconds).toBeGreaterThan(700);
  expect(ticks).toBeGreaterThan(10);
});

test('at most 5,000 writes wait for a lock: the others are refused immediately', async () => {
  const { url, path } = createSqliteDatabase();
  const { experiments } = await openStorageOn(url);
  await experiments.insert(one, author);
  const lock = await lockFromAnotherProcess(path);
  const write = () => experiments.replace(toReplace(one, { name: 'New' }));
  const waiting = Promise.allSettled(Array.from({ length: 5_000 }, write));
  const refused = Promise.allSettled(Array.from({ length: 10 }, write));
  expect(await Promise.race([refused, waiting])).toEqual(
    Array.from({ length: 10 }, () => ({ status: 'rejected', reason: expect.any(StorageUnavailable) })),
  );
  expect(await experiments.find('acme', 'exp_1')).toEqual(one);
  await lock.release();
  await waiting;
});

test('opening waits while another process holds the lock', async () => {
  const { url, path } = createSqliteDatabase();
  await (await openStorageOn(url)).close();
  const holder = startModule(
    `import Database from 'better-sqlite3';
    new Database(process.argv[1]).exec('BEGIN IMMEDIATE');
    console.log('locked');
    setTimeout(() => process.exit(), 1_000);`,
    path,
  );
  await holder.until(/locked/);
  const { experiments } = await openStorageOn(url);
  expect(await experiments.insert(one, author)).toMatchObject({ kind: 'inserted' });
});

test('no write is lost when several processes write at once', async () => {
  const { url } = createSqliteDatabase();
  const { experiments } = await openStorageOn(url);
  await experiments.insert(one, author);
  const writers = Array.from({ length: 3 }, (_, writer) =>
    startModule(
      `import { openStorage } from '{src}/storage/open.ts';
      import { anExperiment, author, toReplace } from '{src}/../test/support/gateway/experiments.ts';
      const { experiments } = await openStorage(process.argv[1]);
      for (let write = 0; write < 40; write++) {
        const name = process.argv[2] + ' ' + write;
        const outcome = await experiments.replace(toReplace(anExperiment(), { name }));
        if (outcome.kind !== 'replaced') throw new Error(outcome.kind);
      }`,
      url,
      `writer ${writer}`,
    ),
  );
  const endings = await Promise.all(writers.map(({ ended }) => ended));
  expect(endings.filter(({ code }) => code !== 0)).toEqual([]);
  expect(await experiments.find('acme', 'exp_1')).toMatchObject({ revision: 121 });
  const revisions = await experiments.revisions('acme', [{ experimentId: 'exp_1', from: 2, to: 200 }]);
  expect(new Set(revisions.map(({ name }) => name)).size).toBe(120);
});
