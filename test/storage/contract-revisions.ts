import { expect, test } from 'vitest';
import { anExperiment, author, json, toContent, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn, readEverything } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

/** Recording each write as a revision, and deleting revisions with their experiment. */
export function revisionContract(newDatabase: NewDatabase): void {
  const openStore = async () => (await openStorageOn(await newDatabase())).experiments;

  test('a revision keeps its author, its time and the whole content', async () => {
    const experiments = await openStore();
    const one = anExperiment();
    const at = new Date('2026-03-01T00:00:00.123Z');
    await experiments.insert(one, { kind: 'subject', id: 'user|7' });
    await experiments.replace(toReplace(one, { description: null }, { at, tags: json('[]'), author }));
    const first = {
      ...toContent(one),
      experimentId: 'exp_1',
      revision: 1,
      tags: one.tags,
      createdAt: one.createdAt,
      author: { kind: 'subject', id: 'user|7' },
    };
    const second = { ...first, revision: 2, description: null, tags: json('[]'), createdAt: at, author };
    expect(await experiments.revision('acme', 'exp_1', 1)).toEqual(first);
    expect(await experiments.revision('acme', 'exp_1', 2)).toEqual(second);
    expect(await experiments.revision('acme', 'exp_1', 3)).toBeNull();
    expect(await experiments.revision('acme', 'exp_1', 0)).toBeNull();
    expect(await experiments.revision('acme', 'exp_2', 1)).toBeNull();
    const range = { experimentId: 'exp_1', from: 1, to: 2 };
    expect(await experiments.revisions('acme', [range])).toEqual([second, first]);
  });

  test('ranges of revisions include both ends, newest first within each experiment', async () => {
    const experiments = await openStore();
    for (const id of ['one', '2', "it's"]) {
      const experiment = anExperiment({ id });
      await experiments.insert(experiment, author);
      for (let batchSize = 100; batchSize < 104; batchSize++) {
        await experiments.replace(toReplace(experiment, { batchSize }));
      }
    }
    const revisions = await experiments.revisions('acme', [
      { experimentId: 'one', from: 2, to: 3 },
      { experimentId: '2', from: 5, to: 90 },
      { experimentId: "it's", from: 3, to: 2 },
      { experimentId: 'nobody', from: 1, to: 9 },
    ]);
    const listNumbers = (id: string) =>
      revisions.filter(({ experimentId }) => experimentId === id).map(({ revision }) => revision);
    expect([listNumbers('one'), listNumbers('2'), listNumbers("it's"), revisions.length]).toEqual([[3, 2], [5], [], 3]);
    expect(await experiments.revisions('acme', [])).toEqual([]);
  });

  test('a removed experiment is gone with its revisions and tags', async () => {
    const experiments = await openStore();
    const one = anExperiment();
    await experiments.insert(one, author);
    await experiments.replace(toReplace(one, { name: 'New' }));
    const removal = { organization: 'acme', id: 'exp_1' };
    const current = await experiments.find('acme', 'exp_1');
    expect(await experiments.remove({ ...removal, ifRevision: 1 })).toEqual({ kind: 'stale', current });
    expect(await experiments.remove({ ...removal, ifRevision: 2 })).toEqual({ kind: 'removed', version: 2 });
    expect(await experiments.remove({ ...removal, ifRevision: null })).toEqual({ kind: 'missing' });
    expect(await experiments.remove({ ...removal, ifRevision: 2 })).toEqual({ kind: 'missing' });
    expect(await readEverything(experiments, 'acme')).toEqual({ count: 0, experiments: [], revisions: [] });
    expect(await experiments.revision('acme', 'exp_1', 1)).toBeNull();
    expect(await experiments.count('acme', { tag: { key: 'team' } })).toBe(0);
  });

  test('an id that is used again continues its revision numbers, and keeps nothing else of its predecessor', async () => {
    const experiments = await openStore();
    const one = anExperiment();
    await experiments.insert(one, author);
    for (const name of ['b', 'c']) await experiments.replace(toReplace(one, { name }));
    await experiments.step({ organization: 'acme', id: 'exp_1', step: { name: 'start' }, at: new Date(0) });
    const removal = { organization: 'acme', id: 'exp_1', ifRevision: null };
    await experiments.remove(removal);
    const next = anExperiment({ name: 'Next', tags: json('[{"other":1}]') });
    const experiment = { ...next, revision: 4, firstRevision: 4, version: 5 };
    expect(await experiments.insert(next, author)).toEqual({ kind: 'inserted', experiment });
    expect(await experiments.find('acme', 'exp_1')).toEqual(experiment);
    const revisions = await experiments.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 9 }]);
    expect(revisions).toMatchObject([{ revision: 4, name: 'Next' }]);
    expect(await experiments.count('acme', { tag: { key: 'team' } })).toBe(0);
    for (const ifRevision of [1, 2, 3]) {
      const stale = { kind: 'stale', current: experiment };
      expect(await experiments.replace(toReplace(next, { name: 'Later' }, { ifRevision }))).toEqual(stale);
      expect(await experiments.remove({ ...removal, ifRevision })).toEqual(stale);
    }
    await experiments.replace(toReplace(next, { name: 'Later' }));
    expect(await experiments.find('acme', 'exp_1')).toMatchObject({ revision: 5, firstRevision: 4, name: 'Later' });
    await experiments.remove(removal);
    expect(await experiments.insert(next, author)).toMatchObject({ experiment: { revision: 6, firstRevision: 6 } });
  });

  test('an id has separate revisions in each organization', async () => {
    const experiments = await openStore();
    const one = anExperiment();
    await experiments.insert(one, author);
    await experiments.remove({ organization: 'acme', id: 'exp_1', ifRevision: null });
    const theirs = anExperiment({ organization: 'other' });
    expect(await experiments.insert(theirs, author)).toEqual({ kind: 'inserted', experiment: theirs });
  });
}
