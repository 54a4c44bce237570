import { describe, expect, test } from 'vitest';
import type { ExperimentReplace } from '../../src/domain/experiment/apply-replace.ts';
import type { BatchKind } from '../../src/domain/experiment/batch-write.ts';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import { defaultOrder } from '../../src/domain/experiment/query.ts';
import type { ExperimentStore } from '../../src/domain/experiment/store.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { createPostgresDatabase, hasServer, recordStatements } from '../support/storage/postgres.ts';
import { openStorageOn } from '../support/storage/storage.ts';

const one = anExperiment();
const page = { size: 20, fromEnd: false, after: null, before: null };

/** An open database with one experiment, and the statements that are sent to the server from then on. */
async function openRecorded(parameters = '') {
  const storage = await openStorageOn(`${await createPostgresDatabase()}${parameters}`);
  await storage.experiments.insert(one, author);
  return { ...storage, statements: recordStatements() };
}

describe.runIf(hasServer)('on a PostgreSQL server, round trips', () => {
  test('each read, and each successful write, is one statement that is prepared by name', async () => {
    const { experiments, datasets, apiKeys, statements } = await openRecorded();
    const at = new Date(7);
    const list = () => experiments.list({ organization: 'acme', filter: {}, order: defaultOrder, page });
    const step = { organization: 'acme', id: 'exp_1', at } as const;
    const works: Record<string, () => Promise<unknown>> = {
      find: () => experiments.find('acme', 'exp_1'),
      'find what is missing': () => experiments.find('acme', 'nobody'),
      list,
      revisions: () => experiments.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 9 }]),
      insert: () => experiments.insert(anExperiment({ id: 'exp_2' }), author),
      replace: () => experiments.replace(toReplace(one, { name: 'New' }, { ifRevision: 1 })),
      'replace that changes nothing': () => experiments.replace(toReplace(one, { name: null })),
      'replace that is stale': () => experiments.replace(toReplace(one, {}, { ifRevision: 1 })),
      'replace of what is missing': () => experiments.replace(toReplace(anExperiment({ id: 'nobody' }), {})),
      'replace with the same tags': () => experiments.replace(toReplace(one, { name: 'Newer' }, { tags: one.tags })),
      start: () => experiments.step({ ...step, step: { name: 'start' } }),
      'report progress': () => experiments.step({ ...step, step: { name: 'reportProgress', progress: 5 } }),
      'a step that is refused': () => experiments.step({ ...step, step: { name: 'start' } }),
      'dataset names': () => datasets.names('acme', ['dataset_1', 'dataset_2']),
      'register a dataset': () =>
        datasets.register({ organization: 'acme', id: 'd', name: 'D', createdAt: at, updatedAt: at }),
      'find a key': () => apiKeys.findByHash('hash'),
    };
    for (const [name, work] of Object.entries(works)) {
      statements.length = 0;
      await work();
      expect([name, statements]).toEqual([
        name,
        [{ text: expect.any(String), name: expect.stringMatching(/^\w{4,60}$/) }],
      ]);
    }
    expect(await experiments.find('acme', 'exp_1')).toMatchObject({ name: 'Newer', revision: 3, progress: 5 });
  });

  test('a taken id needs a second statement, and changed tags need a transaction', async () => {
    const { experiments, statements } = await openRecorded();
    await experiments.insert(one, author);
    expect(statements.splice(0)).toHaveLength(2);
    await experiments.replace(toReplace(one, {}, { tags: json('[{"other":1}]') }));
    expect(statements.splice(0).map(({ name, text }) => name || text)).toEqual([
      'replace_experiment',
      'BEGIN ISOLATION LEVEL READ COMMITTED',
      'replace_experiment',
      'retag_experiment',
      'COMMIT',
    ]);
  });

  test('a batch of 100 experiments takes at most five round trips, whatever it does', async () => {
    const { experiments, statements } = await openRecorded();
    const ids = Array.from({ length: 100 }, (_, index) => `batch_${index}`);
    for (const id of ids) await experiments.insert(anExperiment({ id }), author);
    const at = new Date(7);
    const tags = json('[{"other":1}]');
    const sendBatch = async (kind: BatchKind, toAfter: (before: Experiment) => Experiment | null) => {
      statements.length = 0;
      const written = await experiments.writeEach({
        organization: 'acme',
        ids,
        kind,
        author,
        decide(found) {
          const writes = found.flatMap((before) => (before ? [{ before, after: toAfter(before) }] : []));
          return { writes, result: writes.length };
        },
      });
      return [written, ...statements.map(({ name, text }) => name || text.split(' ')[0])];
    };
    const [begin, lock, commit] = ['BEGIN', 'lock_experiments', 'COMMIT'];
    const next = ({ revision, version }: Experiment) => ({ revision: revision + 1, version: version + 1 });
    expect(await sendBatch('content', (before) => ({ ...before, tags, name: 'New', ...next(before) }))).toEqual([
      100,
      begin,
      lock,
      'write_contents',
      commit,
    ]);
    expect(await sendBatch('run', (before) => ({ ...before, status: 'CANCELLED' }))).toEqual([
      100,
      begin,
      lock,
      'write_runs',
      commit,
    ]);
    expect(await sendBatch('trash', (before) => ({ ...before, deletedAt: at, purgeAt: at }))).toEqual([
      100,
      begin,
      lock,
      'take_count_slots',
      'trash_experiments',
      commit,
    ]);
    expect(await sendBatch('removal', () => null)).toEqual([
      100,
      begin,
      lock,
      'take_experiment_ids',
      'remove_experiments',
      commit,
    ]);
    statements.length = 0;
    await experiments.findEach('acme', ids);
    expect(statements.map(({ name }) => name)).toEqual(['find_experiments']);
  });

  test('with ?prepare=false nothing is prepared by name, for poolers that keep no statements', async () => {
    const { experiments, statements } = await openRecorded('?prepare=false');
    expect(await experiments.replace(toReplace(one, { name: 'New' }))).toMatchObject({ kind: 'replaced' });
    await experiments.replace(toReplace(one, {}, { tags: json('[]') }));
    await experiments.list({ organization: 'acme', filter: {}, order: defaultOrder, page });
    expect(statements.length).toBeGreaterThan(5);
    expect(statements.filter(({ name }) => name !== '')).toEqual([]);
  });
});

/** This many gateways over one database, each with its own connections. */
async function openGateways(count: number) {
  const url = await createPostgresDatabase();
  return Promise.all(Array.from({ length: count }, async () => (await openStorageOn(url)).experiments));
}

/** Each gateway does one write, all at once. */
async function race(stores: Awaited<ReturnType<typeof openGateways>>, write: (index: number) => ExperimentReplace) {
  return Promise.all(stores.map((store, index) => store.replace(write(index))));
}

describe.runIf(hasServer)('on a PostgreSQL server, gateways that write one row at once', () => {
  test('of 20 with the same ifRevision, one wins, at every revision, and the others receive the winner', async () => {
    const stores = await openGateways(20);
    await stores[0]?.insert(one, author);
    for (let revision = 1; revision <= 10; revision++) {
      const outcomes = await race(stores, (index) =>
        toReplace(one, { name: `${index} of ${revision}` }, { ifRevision: revision }),
      );
      const current = await stores[0]?.find('acme', 'exp_1');
      expect(current?.revision).toBe(revision + 1);
      const won = outcomes.filter(({ kind }) => kind === 'replaced');
      expect(won).toEqual([{ kind: 'replaced', before: expect.objectContaining({ revision }), after: current }]);
      const lost = outcomes.filter(({ kind }) => kind !== 'replaced');
      expect(lost).toEqual(Array.from({ length: 19 }, () => ({ kind: 'stale', current })));
    }
  });

  test('without ifRevision, each of 20 sees what the one before it wrote', async () => {
    const stores = await openGateways(20);
    await stores[0]?.insert(one, author);
    for (let round = 0; round < 5; round++) {
      const outcomes = await race(stores, (index) => toReplace(one, { name: `${round} ${index}` }));
      const revisions = await stores[0]?.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 200 }]);
      expect(revisions?.map(({ revision }) => revision).toReversed()).toEqual(
        Array.from({ length: 20 * (round + 1) + 1 }, (_, index) => index + 1),
      );
      const nameAt = new Map(revisions?.map(({ revision, name }) => [revision, name]));
      for (const outcome of outcomes) {
        if (outcome.kind !== 'replaced') throw new Error(outcome.kind);
        const { before, after } = outcome;
        expect([before.name, after.name]).toEqual([nameAt.get(before.revision), nameAt.get(after.revision)]);
      }
    }
  });

  test('the tag index is that of the last writer, and a removal leaves nothing behind', async () => {
    const stores = await openGateways(10);
    for (let round = 0; round < 10; round++) {
      const first = stores[0] as ExperimentStore;
      await first.insert(one, author);
      const writeTags = (index: number) => json(`[{"writer":${index},"w${index}":true}]`);
      await race(stores, (index) => toReplace(one, {}, { tags: writeTags(index) }));
      const current = await first.find('acme', 'exp_1');
      const counts = stores.map((_, index) => first.count('acme', { tag: { key: 'writer', value: index } }));
      expect(await Promise.all(counts)).toEqual(
        stores.map((_, index) => (current?.tags.text === writeTags(index).text ? 1 : 0)),
      );

      const writes = stores.map((store, index) =>
        index === 5
          ? store.remove({ organization: 'acme', id: 'exp_1', ifRevision: null })
          : store.replace(toReplace(one, { name: `${index}` }, { tags: writeTags(index + round) })),
      );
      await Promise.all(writes);
      expect(await first.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 99 }])).toEqual([]);
      expect(await first.count('acme', { tag: { key: 'writer' } })).toBe(0);
    }
  });

  test('a long tag key or value is found like a short one', async () => {
    const [store] = (await openGateways(1)) as [ExperimentStore];
    const long = 'ключ'.repeat(20_000);
    const tags = json(JSON.stringify([{ [long]: long, short: { [long]: [long] } }]));
    await store.insert(anExperiment({ tags }), author);
    const counts = [
      { key: long, value: long },
      { key: long },
      { key: 'short', value: { [long]: [long] } },
      { key: long, value: `${long} ` },
      { key: `${long} ` },
    ].map((tag) => store.count('acme', { tag }));
    expect(await Promise.all(counts)).toEqual([1, 1, 1, 0, 0]);
  });
});
