import { expect, test } from 'vitest';
import type { ExperimentEvent } from '../../src/domain/experiment/events.ts';
import { defaultOrder } from '../../src/domain/experiment/query.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

const key = { organization: 'acme', id: 'exp_1' };
const at = new Date('2026-05-01T00:00:00.000Z');
const purgeAt = new Date('2026-05-31T00:00:00.000Z');
const trashing = { ...key, ifRevision: null, at, purgeAt };
const page = { size: 10, fromEnd: false, after: null, before: null };

/** What deleting moves to the trash, what brings it back, and what deletes it permanently. */
export function trashContract(newDatabase: NewDatabase): void {
  const open = async () => {
    const events: ExperimentEvent[] = [];
    const storage = await openStorageOn(await newDatabase(), (event) => events.push(event));
    return { ...storage, events };
  };

  async function listIds({ experiments }: Awaited<ReturnType<typeof open>>, deleted: boolean) {
    const filter = { deleted };
    const found = await experiments.list({ organization: 'acme', filter, order: defaultOrder, page });
    if ('kind' in found) throw new Error('The cursor is not valid.');
    const ids = found.entries.map(({ node }) => node.id);
    expect(await experiments.count('acme', filter)).toBe(ids.length);
    return ids;
  }

  test('an experiment in the trash is in no list and in no count but those of the trash', async () => {
    const storage = await open();
    const { experiments, events } = storage;
    await experiments.insert(anExperiment(), author);
    await experiments.insert(anExperiment({ id: 'exp_2' }), author);
    expect(await experiments.trash({ ...trashing, ifRevision: 5 })).toMatchObject({ kind: 'stale' });
    const outcome = await experiments.trash({ ...trashing, ifRevision: 1 });
    const after = anExperiment({ deletedAt: at, purgeAt, version: 2 });
    expect(outcome).toEqual({ kind: 'trashed', after });
    expect(events.at(-1)).toMatchObject({ kind: 'deleted', ...key, version: 2 });
    expect(await experiments.find('acme', 'exp_1')).toBeNull();
    expect(await listIds(storage, false)).toEqual(['exp_2']);
    expect(await listIds(storage, true)).toEqual(['exp_1']);
    expect(await experiments.count('acme', {})).toBe(1);
    expect(await experiments.trash(trashing)).toEqual({ kind: 'missing' });
    expect(await experiments.replace(toReplace(after, { batchSize: 9 }))).toEqual({ kind: 'missing' });
    expect(await experiments.step({ ...key, step: { name: 'start' }, at })).toEqual({ kind: 'missing' });
    const other = { ...trashing, organization: 'other' };
    expect(await experiments.trash(other)).toEqual({ kind: 'missing' });
    expect(await experiments.remove(other)).toEqual({ kind: 'missing' });
    expect(await experiments.restore(other)).toBeNull();
  });

  test('restoring brings an experiment back as it was, with its history, and only before it expires', async () => {
    const storage = await open();
    const { experiments, events } = storage;
    await experiments.insert(anExperiment(), author);
    await experiments.replace(toReplace(anExperiment(), { batchSize: 9 }, { at }));
    const before = await experiments.find('acme', 'exp_1');
    await experiments.trash(trashing);
    expect(await experiments.restore({ ...key, at: purgeAt })).toBeNull();
    const later = new Date('2026-05-02T00:00:00.000Z');
    const restored = await experiments.restore({ ...key, at: later });
    expect(restored).toEqual({ ...before, updatedAt: later, version: 4 });
    expect(events.at(-1)).toEqual({ kind: 'changed', experiment: restored });
    expect(await experiments.find('acme', 'exp_1')).toEqual(restored);
    expect(await experiments.restore({ ...key, at: later })).toBeNull();
    expect(await experiments.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 2 }])).toHaveLength(2);
    expect(await listIds(storage, false)).toEqual(['exp_1']);
    expect(await experiments.count('acme', {})).toBe(1);
  });

  test('an id in the trash may be used again: its old content is purged, and its revisions go on counting', async () => {
    const storage = await open();
    const { experiments } = storage;
    await experiments.insert(anExperiment(), author);
    await experiments.replace(toReplace(anExperiment(), { batchSize: 9 }));
    await experiments.trash(trashing);
    const outcome = await experiments.insert(anExperiment({ name: 'Second' }), author);
    const experiment = anExperiment({ name: 'Second', revision: 3, firstRevision: 3, version: 4 });
    expect(outcome).toEqual({ kind: 'inserted', experiment });
    expect(await experiments.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 9 }])).toHaveLength(1);
    expect(await listIds(storage, true)).toEqual([]);
    expect(await experiments.restore({ ...key, at })).toBeNull();
    expect(await experiments.count('acme', {})).toBe(1);
  });

  test('removing permanently takes an experiment out of the trash too, and out of the index of tags', async () => {
    const storage = await open();
    const { experiments } = storage;
    for (const id of ['exp_1', 'exp_2'])
      await experiments.insert(anExperiment({ id, tags: json('[{"team":"a"}]') }), author);
    await experiments.trash(trashing);
    expect(await experiments.remove({ ...key, ifRevision: 7 })).toMatchObject({ kind: 'stale' });
    expect(await experiments.remove({ ...key, ifRevision: 1 })).toEqual({ kind: 'removed', version: 2 });
    expect(await experiments.remove({ ...key, ifRevision: null })).toEqual({ kind: 'missing' });
    expect(await listIds(storage, true)).toEqual([]);
    expect(await experiments.count('acme', { tag: { key: 'team' } })).toBe(1);
  });

  test('a purge deletes what has expired, in small parts, and nothing else', async () => {
    const storage = await open();
    const { experiments } = storage;
    for (const id of ['exp_1', 'exp_2', 'exp_3']) await experiments.insert(anExperiment({ id }), author);
    for (let n = 1; n <= 130; n++) await experiments.replace(toReplace(anExperiment(), { batchSize: 100 + n }));
    await experiments.trash(trashing);
    await experiments.trash({ ...trashing, id: 'exp_2', purgeAt: new Date(purgeAt.getTime() + 1) });
    expect(await experiments.purge(new Date(purgeAt.getTime() - 1))).toBe(false);
    expect(await listIds(storage, true)).toEqual(['exp_2', 'exp_1']);
    let parts = 1;
    while (await experiments.purge(purgeAt)) parts++;
    expect(parts).toBeGreaterThan(1);
    expect(await listIds(storage, true)).toEqual(['exp_2']);
    expect(await listIds(storage, false)).toEqual(['exp_3']);
    const again = await experiments.insert(anExperiment(), author);
    expect(again).toMatchObject({ kind: 'inserted', experiment: { revision: 132 } });
  });
}
