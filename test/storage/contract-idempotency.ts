import { expect, test } from 'vitest';
import { anExperiment, author, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn, readEverything } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

const dayMs = 24 * 60 * 60 * 1000;
const at = new Date('2026-05-01T00:00:00.000Z');
const purgeAt = new Date('2026-05-31T00:00:00.000Z');
const later = (milliseconds: number) => new Date(at.getTime() + milliseconds);
const key = { key: 'key', digest: 'digest' };
const one = anExperiment({ createdAt: at, updatedAt: at });
const two = { ...one, id: 'exp_2' };

/** Inserts that use up an idempotency key. */
export function idempotencyContract(newDatabase: NewDatabase): void {
  const open = async () => (await openStorageOn(await newDatabase())).experiments;

  test('an insert uses its key up, and another insert with it writes nothing', async () => {
    const experiments = await open();
    expect(await experiments.findKeyUse('acme', 'key', at)).toBeNull();
    expect(await experiments.insert(one, author, key)).toEqual({ kind: 'inserted', experiment: one });
    await experiments.replace(toReplace(one, { name: 'New' }));
    const current = await experiments.find('acme', 'exp_1');
    const before = await readEverything(experiments, 'acme');
    const use = { digest: 'digest', experiment: current };
    expect(await experiments.findKeyUse('acme', 'key', at)).toEqual(use);
    for (const digest of ['digest', 'other'])
      expect(await experiments.insert(two, author, { key: 'key', digest })).toEqual({ kind: 'keyUsed', use });
    expect(await readEverything(experiments, 'acme')).toEqual(before);
    expect(await experiments.insert(two, author, { ...key, key: 'Key' })).toMatchObject({ kind: 'inserted' });
    expect(await experiments.findKeyUse('other', 'key', at)).toBeNull();
    const theirs = { ...one, organization: 'other' };
    expect(await experiments.insert(theirs, author, key)).toEqual({ kind: 'inserted', experiment: theirs });
  });

  test('a key does not lead to an experiment in the trash, but does again once that is restored', async () => {
    const experiments = await open();
    const target = { organization: 'acme', id: 'exp_1' };
    await experiments.insert(one, author, key);
    await experiments.trash({ ...target, ifRevision: null, at, purgeAt });
    const gone = { digest: 'digest', experiment: null };
    expect(await experiments.findKeyUse('acme', 'key', at)).toEqual(gone);
    expect(await experiments.insert(one, author, key)).toEqual({ kind: 'keyUsed', use: gone });
    const restored = await experiments.restore({ ...target, at });
    expect(await experiments.findKeyUse('acme', 'key', at)).toEqual({ digest: 'digest', experiment: restored });
  });

  test('a key does not lead to another experiment that uses the id again', async () => {
    const experiments = await open();
    const target = { organization: 'acme', id: 'exp_1', ifRevision: null };
    const gone = { digest: 'digest', experiment: null };
    await experiments.insert(one, author, key);
    await experiments.trash({ ...target, at, purgeAt });
    await experiments.insert(one, author);
    expect(await experiments.findKeyUse('acme', 'key', at)).toEqual(gone);
    await experiments.insert({ ...two }, author, { ...key, key: 'second' });
    await experiments.remove({ ...target, id: 'exp_2' });
    expect(await experiments.findKeyUse('acme', 'second', at)).toEqual(gone);
    await experiments.insert({ ...two }, author, { ...key, key: 'third' });
    expect(await experiments.findKeyUse('acme', 'second', at)).toEqual(gone);
    expect(await experiments.findKeyUse('acme', 'third', at)).toMatchObject({ experiment: { firstRevision: 2 } });
  });

  test('an insert whose id is taken does not use its key up', async () => {
    const experiments = await open();
    await experiments.insert(one, author);
    expect(await experiments.insert(one, author, key)).toEqual({ kind: 'taken', current: one });
    expect(await experiments.findKeyUse('acme', 'key', at)).toBeNull();
    expect(await experiments.insert(two, author, key)).toMatchObject({ kind: 'inserted' });
  });

  test('an insert with a key uses an id in the trash again, and continues its numbers', async () => {
    const experiments = await open();
    await experiments.insert(one, author);
    await experiments.trash({ organization: 'acme', id: 'exp_1', ifRevision: null, at, purgeAt });
    const experiment = { ...one, revision: 2, firstRevision: 2, version: 3 };
    expect(await experiments.insert(one, author, key)).toEqual({ kind: 'inserted', experiment });
    expect(await experiments.findKeyUse('acme', 'key', at)).toEqual({ digest: 'digest', experiment });
  });

  test('a key is free again after 24 hours, whether it has been purged or not', async () => {
    const experiments = await open();
    await experiments.insert(one, author, key);
    expect(await experiments.findKeyUse('acme', 'key', later(dayMs - 1))).toMatchObject({ digest: 'digest' });
    expect(await experiments.findKeyUse('acme', 'key', later(dayMs))).toBeNull();
    const next = { ...two, createdAt: later(dayMs) };
    expect(await experiments.insert(next, author, { ...key, digest: 'new' })).toMatchObject({ kind: 'inserted' });
    const use = { digest: 'new', experiment: next };
    expect(await experiments.findKeyUse('acme', 'key', later(2 * dayMs - 1))).toEqual(use);
  });

  test('a purge deletes expired keys in parts of at most 100, and no others', async () => {
    const experiments = await open();
    for (let n = 0; n < 130; n++)
      await experiments.insert({ ...one, id: `exp_${n}` }, author, { ...key, key: `old ${n}` });
    const fresh = { ...one, id: 'fresh', createdAt: later(1) };
    await experiments.insert(fresh, author, { ...key, key: 'fresh' });
    expect(await experiments.purgeKeys(later(dayMs - 1))).toBe(false);
    expect(await experiments.findKeyUse('acme', 'old 0', at)).not.toBeNull();
    expect(await experiments.purgeKeys(later(dayMs))).toBe(true);
    const left = async () => {
      let count = 0;
      for (let n = 0; n < 130; n++) if (await experiments.findKeyUse('acme', `old ${n}`, at)) count++;
      return count;
    };
    expect(await left()).toBe(30);
    expect(await experiments.purgeKeys(later(dayMs))).toBe(false);
    expect(await left()).toBe(0);
    expect(await experiments.findKeyUse('acme', 'fresh', at)).toMatchObject({ experiment: fresh });
    expect(await experiments.count('acme', {})).toBe(131);
  });

  test.each([
    ['different ids', (index: number) => ({ ...one, id: `exp_${index}` })],
    ['the same id', () => one],
  ])('of 20 inserts at once with one key and %s, on two instances, one inserts', async (_, toExperiment) => {
    const url = await newDatabase();
    const instances = [(await openStorageOn(url)).experiments, (await openStorageOn(url)).experiments] as const;
    for (let round = 0; round < 5; round++) {
      const organization = `acme ${round}`;
      const inserts = Array.from({ length: 20 }, (__, index) =>
        (instances[index % 2] as (typeof instances)[0]).insert({ ...toExperiment(index), organization }, author, key),
      );
      const outcomes = await Promise.all(inserts);
      const [won, ...others] = outcomes.filter(({ kind }) => kind === 'inserted');
      expect(others).toEqual([]);
      const use = { digest: 'digest', experiment: won?.kind === 'inserted' && won.experiment };
      expect(outcomes.filter((outcome) => outcome !== won)).toEqual(
        Array.from({ length: 19 }, () => ({ kind: 'keyUsed', use })),
      );
      expect(await instances[1].count(organization, {})).toBe(1);
    }
  });
}
