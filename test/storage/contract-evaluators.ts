import { expect, test } from 'vitest';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

const key = { organization: 'acme', id: 'exp_1' };
const at = new Date('2026-05-01T00:00:00.000Z');
const purgeAt = new Date('2026-05-31T00:00:00.000Z');

/** The index of evaluators, which the filter `evaluatorId` reads. */
export function evaluatorContract(newDatabase: NewDatabase): void {
  async function open() {
    const { experiments } = await openStorageOn(await newDatabase());
    /** How many experiments have each of these evaluators, outside the trash and in it. */
    const count = (evaluatorIds: readonly string[], deleted = false) =>
      Promise.all(evaluatorIds.map((evaluatorId) => experiments.count('acme', { evaluatorId, deleted })));
    return { experiments, count };
  }

  test('an experiment is found by its evaluators, and by no others, after each write of its content', async () => {
    const { experiments, count } = await open();
    const one = anExperiment({ evaluatorIds: json('["a","b"]') });
    await experiments.insert(one, author);
    await experiments.insert(anExperiment({ id: 'exp_2', evaluatorIds: json('["b"]') }), author);
    await experiments.insert(anExperiment({ id: 'exp_3', evaluatorWorkflowIds: json('["a"]') }), author);
    await experiments.insert(anExperiment({ organization: 'other', evaluatorIds: json('["a"]') }), author);
    expect(await count(['a', 'b', 'c', 'A', ''])).toEqual([1, 2, 0, 0, 0]);
    await experiments.replace(toReplace(one, { evaluatorIds: json('["c","b"]') }));
    expect(await count(['a', 'b', 'c'])).toEqual([0, 2, 1]);
    await experiments.replace(toReplace(one, { name: 'New', evaluatorIds: json('["c","b"]') }));
    expect(await count(['a', 'b', 'c'])).toEqual([0, 2, 1]);
    await experiments.replace(toReplace(one, { evaluatorIds: json('[]') }));
    expect(await count(['a', 'b', 'c'])).toEqual([0, 1, 0]);
  });

  test('the evaluators of an experiment go to the trash with it, come back with it, and are purged with it', async () => {
    const { experiments, count } = await open();
    const one = anExperiment({ evaluatorIds: json('["a","b"]') });
    await experiments.insert(one, author);
    await experiments.trash({ ...key, ifRevision: null, at, purgeAt });
    expect([await count(['a', 'b']), await count(['a', 'b'], true)]).toEqual([
      [0, 0],
      [1, 1],
    ]);
    await experiments.restore({ ...key, at });
    expect([await count(['a', 'b']), await count(['a', 'b'], true)]).toEqual([
      [1, 1],
      [0, 0],
    ]);
    await experiments.trash({ ...key, ifRevision: null, at, purgeAt });
    await experiments.insert({ ...one, evaluatorIds: json('["b","c"]') }, author);
    expect(await count(['a', 'b', 'c'])).toEqual([0, 1, 1]);
    await experiments.trash({ ...key, ifRevision: null, at, purgeAt });
    while (await experiments.purge(purgeAt));
    expect(await count(['a', 'b', 'c'], true)).toEqual([0, 0, 0]);
    await experiments.insert(one, author);
    await experiments.remove({ ...key, ifRevision: null });
    expect(await count(['a', 'b', 'c'])).toEqual([0, 0, 0]);
  });

  test('an evaluator is found by any text that an id may have', async () => {
    const { experiments, count } = await open();
    const ids = ['"quoted"', "it's", 'back\\slash', '😀 ключ', 'a/b%_', 'x'.repeat(255), '😀'.repeat(255)];
    await experiments.insert(anExperiment({ evaluatorIds: json(JSON.stringify(ids)) }), author);
    expect(await count(ids)).toEqual(ids.map(() => 1));
  });
}
