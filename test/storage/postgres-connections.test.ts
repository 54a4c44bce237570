import { describe, expect, test } from 'vitest';
import { defaultOrder } from '../../src/domain/experiment/query.ts';
import { OutcomeUnknown, StorageUnavailable } from '../../src/domain/faults.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { anExperiment, author, toReplace } from '../support/gateway/experiments.ts';
import { createPostgresDatabase, hasServer, withClient } from '../support/storage/postgres.ts';
import { openStorageOn } from '../support/storage/storage.ts';

const page = { size: 20, fromEnd: false, after: null, before: null };
const at = new Date();
const experiment = (index: number) => anExperiment({ id: `exp_${index}` });
const count = 40;

/** A database with 40 experiments, some datasets and keys, and another connection that can lock them. */
async function openFilledStore(query = '') {
  const url = await createPostgresDatabase();
  const storage = await openStorageOn(url + query);
  for (let index = 0; index < count; index++) await storage.experiments.insert(experiment(index), author);
  await storage.datasets.register({ organization: 'acme', id: 'data', name: 'Data', createdAt: at, updatedAt: at });
  return { url, storage };
}

/** Runs every kind of read, one after the other, until the given work has ended; returns how many it ran. */
async function readUntil(ended: Promise<unknown>, { experiments, datasets, apiKeys, check }: Storage): Promise<number> {
  const isOver = ended.then(() => true);
  let rounds = 0;
  do {
    const found = await Promise.all([
      experiments.find('acme', 'exp_1'),
      experiments.count('acme', {}),
      experiments.list({ organization: 'acme', filter: {}, order: defaultOrder, page }),
      experiments.revision('acme', 'exp_1', 1),
      datasets.list('acme', page),
      apiKeys.findByHash('x'),
      check(),
    ]);
    expect(found.slice(0, 2)).toEqual([experiment(1), count]);
    rounds++;
  } while (!(await Promise.race([isOver, Promise.resolve(false)])));
  return rounds;
}

const everyKindOfWrite = ({ experiments, datasets, apiKeys }: Storage, index: number): Promise<unknown>[] => [
  experiments.replace(toReplace(experiment(index), { name: 'New' })),
  experiments.step({ organization: 'acme', id: `exp_${index}`, step: { name: 'start' }, at }),
  experiments.remove({ organization: 'acme', id: `exp_${index}`, ifRevision: null }),
  experiments.insert(anExperiment({ id: 'taken meanwhile' }), author),
  datasets.register({ organization: 'acme', id: 'data', name: `Data ${index}`, createdAt: at, updatedAt: at }),
  apiKeys.recordUse(new Map([['key_1', at]])),
  apiKeys.revoke('key_1', at),
];

const lockEverything = `BEGIN; LOCK TABLE api_keys IN EXCLUSIVE MODE; SELECT FROM experiments FOR UPDATE;
  SELECT FROM datasets FOR UPDATE; INSERT INTO experiments SELECT * FROM jsonb_populate_record(
    (SELECT e FROM experiments e LIMIT 1), '{"id": "taken meanwhile"}')`;

describe.runIf(hasServer)('on a PostgreSQL server whose rows another connection keeps locked', () => {
  test.each([
    ['direct connections', ''],
    ['a pooler', '?prepare=false'],
  ])('280 writes of every kind wait and fail in time, and reads succeed meanwhile (%s)', async (_, query) => {
    const { url, storage } = await openFilledStore(query);
    await withClient(url, async (client) => {
      await client.query(lockEverything);
      const writes = Array.from({ length: count }, (_each, index) => everyKindOfWrite(storage, index)).flat();
      const outcomes = Promise.allSettled(writes);
      expect(await readUntil(outcomes, storage)).toBeGreaterThan(5);
      for (const outcome of await outcomes) {
        expect(outcome).toEqual({ status: 'rejected', reason: expect.any(StorageUnavailable) });
        expect(outcome).not.toEqual({ status: 'rejected', reason: expect.any(OutcomeUnknown) });
      }
      await client.query('ROLLBACK');
    });
    expect(await storage.experiments.count('acme', {})).toBe(count);
    expect(await storage.experiments.replace(toReplace(experiment(1), { name: 'After' }))).toMatchObject({
      kind: 'replaced',
    });
  });

  test('waiting reads leave connections to writes', async () => {
    const { url, storage } = await openFilledStore();
    await withClient(url, async (client) => {
      await client.query('BEGIN; LOCK TABLE datasets IN ACCESS EXCLUSIVE MODE');
      const reads = Promise.allSettled(Array.from({ length: count }, () => storage.datasets.count('acme')));
      for (let index = 0; index < count; index++)
        expect(await storage.experiments.replace(toReplace(experiment(index), { name: 'New' }))).toMatchObject({
          kind: 'replaced',
        });
      await client.query('ROLLBACK');
      await reads;
    });
  });

  test('at most 5,000 writes wait: the others are refused immediately', async () => {
    const { url, storage } = await openFilledStore();
    await withClient(url, async (client) => {
      await client.query('BEGIN; SELECT FROM experiments FOR UPDATE');
      const writes = Array.from({ length: 5_010 }, (_, index) =>
        storage.experiments.replace(toReplace(experiment(index % count), { name: 'New' })),
      );
      const refused = writes.slice(5_000);
      await expect(Promise.any(refused)).rejects.toThrow(AggregateError);
      expect(await Promise.race([Promise.allSettled(refused), Promise.any(writes.slice(0, 5_000))])).toHaveLength(10);
      await client.query('ROLLBACK');
      await Promise.allSettled(writes);
    });
  });
});
