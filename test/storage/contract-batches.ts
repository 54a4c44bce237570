import { expect, test } from 'vitest';
import { applyDelete } from '../../src/domain/experiment/apply-delete.ts';
import { applyReplace } from '../../src/domain/experiment/apply-replace.ts';
import type { BatchKind, BatchRow, BatchWrite } from '../../src/domain/experiment/batch-write.ts';
import type { ExperimentEvent } from '../../src/domain/experiment/events.ts';
import type { EditableFields, Experiment } from '../../src/domain/experiment/experiment.ts';
import { applyStep } from '../../src/domain/experiment/lifecycle.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn, readEverything } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

const at = new Date('2026-05-01T00:00:00.000Z');
const purgeAt = new Date('2026-05-31T00:00:00.000Z');
const listIds = (count: number) => Array.from({ length: count }, (_, index) => `exp_${String(index).padStart(3, '0')}`);

type Rule = (current: Experiment | null) => object;

/** A batch that applies a rule to each of its experiments, and results in what the rule returned. */
function createBatch(kind: BatchKind, ids: readonly string[], rule: Rule): BatchWrite<object[]> {
  return {
    organization: 'acme',
    ids,
    kind,
    author,
    decide(found) {
      const result = found.map(rule);
      const writes = result.filter((outcome): outcome is BatchRow => 'after' in outcome);
      return { result, writes: writes.filter(({ before, after }) => before !== after) };
    },
  };
}

const update =
  (changes: Partial<EditableFields>): Rule =>
  (current) =>
    applyReplace(current, toReplace(current ?? anExperiment(), changes, { at, ...changes }));
const cancel: Rule = (current) => applyStep(current, { name: 'cancel' }, at, at);
const trash: Rule = (current) => applyDelete(current, { ifRevision: null, at, purgeAt });
const remove: Rule = (current) => applyDelete(current, { ifRevision: null, at, purgeAt: null });

/** Writes of several experiments in one transaction. */
export function batchContract(newDatabase: NewDatabase): void {
  /** An open storage with some experiments, and the events of what is written afterwards. */
  async function openWith(ids: readonly string[]) {
    const events: ExperimentEvent[] = [];
    const storage = await openStorageOn(await newDatabase(), (event) => events.push(event));
    for (const id of ids) await storage.experiments.insert(anExperiment({ id }), author);
    events.length = 0;
    return { ...storage, events };
  }

  test('a batch of content gives each experiment what its rule says, records a revision and publishes the change', async () => {
    const ids = listIds(5);
    const { experiments, events } = await openWith(ids);
    const changes = { batchSize: 9, description: null, workflow: json('[{"a":1.50},{"b":"é😀\\"\\\\"}]') };
    const order = [ids[3], 'missing', ids[0], ids[4]] as string[];
    const outcomes = await experiments.writeEach(createBatch('content', order, update(changes)));
    const expected = order.map((id) => update(changes)(id === 'missing' ? null : anExperiment({ id })));
    expect(outcomes).toEqual(expected);
    const afters = expected.flatMap((outcome) => ('after' in outcome ? [outcome.after as Experiment] : []));
    expect(events).toEqual(afters.map((experiment) => ({ kind: 'changed', experiment })));
    for (const after of afters) {
      expect(await experiments.find('acme', after.id)).toEqual(after);
      expect(await experiments.revision('acme', after.id, 2)).toMatchObject({ ...changes, createdAt: at, author });
    }
    expect(await experiments.find('acme', 'exp_001')).toEqual(anExperiment({ id: 'exp_001' }));
  });

  test('experiments that a batch leaves alone keep their revision and publish nothing', async () => {
    const { experiments, events } = await openWith(listIds(2));
    const before = await readEverything(experiments, 'acme');
    const outcomes = await experiments.writeEach(createBatch('content', listIds(3), update({ batchSize: 7 })));
    expect(outcomes).toMatchObject([{ kind: 'replaced' }, { kind: 'replaced' }, { kind: 'missing' }]);
    expect(await readEverything(experiments, 'acme')).toEqual(before);
    expect(events).toEqual([]);
  });

  test('the index of tags follows the tags that a batch changes, and only those', async () => {
    const { experiments } = await openWith(listIds(4));
    const count = (key: string, value?: string) =>
      experiments.count('acme', { tag: { key, ...(value !== undefined && { value }) } });
    const tags = json('[{"team":"search","stage":"a"},{"team":"ads"}]');
    await experiments.writeEach(createBatch('content', listIds(3), update({ tags })));
    expect(await Promise.all([count('team', 'search'), count('team', 'ads'), count('stage')])).toEqual([4, 3, 3]);
    await experiments.writeEach(createBatch('content', listIds(2), update({ tags: json('[]') })));
    await experiments.writeEach(createBatch('content', listIds(3), update({ batchSize: 3 })));
    expect(await Promise.all([count('team', 'search'), count('team', 'ads'), count('stage')])).toEqual([2, 1, 1]);
    expect((await experiments.find('acme', 'exp_002'))?.tags.text).toBe(tags.text);
  });

  test('a batch of steps changes the runs, and makes no revisions', async () => {
    const { experiments, events } = await openWith(listIds(3));
    await experiments.step({ organization: 'acme', id: 'exp_001', step: { name: 'start' }, at });
    const before = await Promise.all(listIds(3).map((id) => experiments.find('acme', id)));
    events.length = 0;
    expect(await experiments.writeEach(createBatch('run', listIds(3), cancel))).toEqual(before.map(cancel));
    expect(events).toMatchObject(listIds(3).map((id) => ({ experiment: { id, status: 'CANCELLED', revision: 1 } })));
    expect(await experiments.count('acme', { status: ['CANCELLED'] })).toBe(3);
    const again = await experiments.writeEach(createBatch('run', listIds(3), cancel));
    expect(again).toMatchObject(listIds(3).map(() => ({ kind: 'refused' })));
    expect(events).toHaveLength(3);
  });

  test('a batch moves experiments to the trash, from where they come back one by one', async () => {
    const { experiments, events } = await openWith(listIds(40));
    const outcomes = await experiments.writeEach(createBatch('trash', listIds(30), trash));
    expect(outcomes).toEqual(listIds(30).map((id) => trash(anExperiment({ id }))));
    expect(events).toEqual(listIds(30).map((id) => ({ kind: 'deleted', organization: 'acme', id, version: 2 })));
    expect(await experiments.count('acme', {})).toBe(10);
    expect(await experiments.count('acme', { deleted: true })).toBe(30);
    expect(await experiments.writeEach(createBatch('trash', listIds(1), trash))).toEqual([{ kind: 'missing' }]);
    expect(await experiments.findEach('acme', ['exp_035', 'exp_000'])).toEqual([anExperiment({ id: 'exp_035' }), null]);
    expect(await experiments.restore({ organization: 'acme', id: 'exp_000', at })).toMatchObject({ version: 3 });
  });

  test('a batch deletes permanently, out of the trash too, and the numbers of its experiments continue', async () => {
    const { experiments, events } = await openWith(listIds(20));
    await experiments.trash({ organization: 'acme', id: 'exp_000', ifRevision: null, at, purgeAt });
    events.length = 0;
    const ids = [...listIds(15), 'missing'];
    const outcomes = await experiments.writeEach(createBatch('removal', ids, remove));
    expect(outcomes).toMatchObject(ids.map((id) => (id === 'missing' ? { kind: 'missing' } : { after: null })));
    expect(events).toEqual(
      listIds(15).map((id, index) => ({ kind: 'deleted', organization: 'acme', id, version: index === 0 ? 2 : 1 })),
    );
    expect(await experiments.count('acme', {})).toBe(5);
    expect(await experiments.count('acme', { deleted: true })).toBe(0);
    expect(await experiments.count('acme', { tag: { key: 'team' } })).toBe(5);
    expect(await experiments.revisions('acme', [{ experimentId: 'exp_001', from: 1, to: 9 }])).toEqual([]);
    const again = await experiments.insert(anExperiment({ id: 'exp_001' }), author);
    expect(again).toMatchObject({ kind: 'inserted', experiment: { revision: 2, version: 2 } });
  });

  test('a batch neither reads nor writes experiments of another organization', async () => {
    const { experiments } = await openWith(listIds(2));
    await experiments.insert(anExperiment({ organization: 'other', id: 'exp_000', name: 'Theirs' }), author);
    const theirs = await readEverything(experiments, 'other');
    await experiments.writeEach(createBatch('content', listIds(2), update({ tags: json('[{"ours":1}]') })));
    await experiments.writeEach(createBatch('removal', listIds(2), remove));
    expect(await readEverything(experiments, 'other')).toEqual(theirs);
    const batch = { ...createBatch('removal', ['exp_000'], remove), organization: 'third' };
    expect(await experiments.writeEach(batch)).toEqual([{ kind: 'missing' }]);
  });

  test('a batch whose decision throws writes nothing', async () => {
    const { experiments, events } = await openWith(listIds(2));
    const before = await readEverything(experiments, 'acme');
    const batch = createBatch('content', listIds(2), () => {
      throw new Error('No decision.');
    });
    await expect(experiments.writeEach(batch)).rejects.toThrow('No decision.');
    expect(await readEverything(experiments, 'acme')).toEqual(before);
    expect(events).toEqual([]);
  });

  test('experiments of more than 4 MiB together are neither read nor written', async () => {
    const { experiments } = await openWith([]);
    const workflow = json(`[{"text":"${'é'.repeat(500_000)}"}]`);
    for (const id of listIds(5)) await experiments.insert(anExperiment({ id, workflow }), author);
    const refused = { kind: 'tooLarge', problem: expect.stringContaining('4194304 bytes') };
    expect(await experiments.findEach('acme', listIds(5))).toEqual(refused);
    expect(await experiments.writeEach(createBatch('content', listIds(5), update({ batchSize: 3 })))).toEqual(refused);
    expect(await experiments.count('acme', { updatedFrom: at })).toBe(0);
    expect(await experiments.findEach('acme', listIds(4))).toMatchObject(listIds(4).map((id) => ({ id })));
    const outcomes = await experiments.writeEach(createBatch('content', listIds(4), update({ batchSize: 3 })));
    expect(outcomes).toHaveLength(4);
    expect(await experiments.count('acme', { updatedFrom: at })).toBe(4);
  });

  test('batches and single writes of the same experiments, on two instances, each take effect once', async () => {
    const url = await newDatabase();
    const stores = [(await openStorageOn(url)).experiments, (await openStorageOn(url)).experiments] as const;
    const ids = listIds(12);
    for (const id of ids) await stores[0].insert(anExperiment({ id, batchSize: 1 }), author);
    const increase: Rule = (current) => update({ batchSize: (current?.batchSize ?? 0) + 1 })(current);
    const works = Array.from({ length: 8 }, (_, index) => {
      const store = stores[index % 2] as (typeof stores)[0];
      const order = index % 4 < 2 ? ids : ids.toReversed();
      return store.writeEach(createBatch('content', order, increase));
    });
    const single = ids.map((id, index) =>
      (stores[index % 2] as (typeof stores)[0]).step({ organization: 'acme', id, step: { name: 'start' }, at }),
    );
    await Promise.all([...works, ...single]);
    const found = await stores[0].findEach('acme', ids);
    expect(found).toMatchObject(ids.map(() => ({ batchSize: 9, revision: 9, status: 'RUNNING', version: 10 })));
  });

  test('batches that delete different experiments at the same time do not block each other', async () => {
    const url = await newDatabase();
    const stores = [(await openStorageOn(url)).experiments, (await openStorageOn(url)).experiments] as const;
    const ids = listIds(80);
    for (const id of ids) await stores[0].insert(anExperiment({ id }), author);
    const parts = Array.from({ length: 8 }, (_, part) => ids.filter((_id, index) => index % 8 === part));
    await Promise.all(
      parts.map((part, index) => {
        const store = stores[index % 2] as (typeof stores)[0];
        const order = index % 4 < 2 ? part : part.toReversed();
        return store.writeEach(index < 4 ? createBatch('trash', order, trash) : createBatch('removal', order, remove));
      }),
    );
    expect(await stores[0].count('acme', {})).toBe(0);
    expect(await stores[0].count('acme', { deleted: true })).toBe(40);
  });
}
