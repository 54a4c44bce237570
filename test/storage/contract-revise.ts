import { expect, test } from 'vitest';
import { applyReplace, type ExperimentReplace } from '../../src/domain/experiment/apply-replace.ts';
import type { ExperimentEvent } from '../../src/domain/experiment/events.ts';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import type { ExperimentStore } from '../../src/domain/experiment/store.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

const key = { organization: 'acme', id: 'exp_1' };

type Decision = { readonly write: ExperimentReplace } | { readonly refusal: unknown };

/** A batch of one whose write is decided from the stored experiment, if there is one. */
function revise(experiments: ExperimentStore, target: typeof key, decide: (current: Experiment) => Decision) {
  return experiments.writeEach<unknown>({
    organization: target.organization,
    ids: [target.id],
    kind: 'content',
    author,
    decide([current]) {
      if (!current) return { writes: [], result: { kind: 'missing' } };
      const decision = decide(current);
      if ('refusal' in decision) return { writes: [], result: { kind: 'refused', ...decision } };
      const outcome = applyReplace(current, decision.write);
      const isChange = outcome.kind === 'replaced' && outcome.after !== outcome.before;
      return { writes: isChange ? [outcome] : [], result: outcome };
    },
  });
}

/** Adds a tag to those that are stored. */
const addTag = (tag: object) => (current: Experiment) => ({
  write: toReplace(current, {}, { tags: json(JSON.stringify([...current.tags.values, tag])) }),
});

/** Writes that are decided from the stored experiment. */
export function reviseContract(newDatabase: NewDatabase): void {
  test('a revision is decided from what is stored, and recorded and published like a replace', async () => {
    const events: ExperimentEvent[] = [];
    const { experiments } = await openStorageOn(await newDatabase(), (event) => events.push(event));
    const one = anExperiment();
    await experiments.insert(one, author);
    events.length = 0;
    const outcome = await revise(experiments, key, addTag({ n: 1 }));
    const after = await experiments.find('acme', 'exp_1');
    expect(outcome).toEqual({ kind: 'replaced', before: one, after });
    expect(after).toMatchObject({ revision: 2, version: 2, tags: { text: '[{"team":"search"},{"n":1}]' } });
    expect(events).toEqual([{ kind: 'changed', experiment: after }]);
    expect(await experiments.revision('acme', 'exp_1', 2)).toMatchObject({ tags: { text: after?.tags.text } });
    expect(await experiments.count('acme', { tag: { key: 'n', value: 1 } })).toBe(1);
  });

  test('a revision that is refused, or that changes nothing, writes nothing', async () => {
    const events: ExperimentEvent[] = [];
    const { experiments } = await openStorageOn(await newDatabase(), (event) => events.push(event));
    const one = anExperiment();
    await experiments.insert(one, author);
    events.length = 0;
    expect(await revise(experiments, key, () => ({ refusal: 'no' }))).toEqual({ kind: 'refused', refusal: 'no' });
    const same = await revise(experiments, key, (current) => ({
      write: toReplace(current, {}, { tags: current.tags }),
    }));
    expect(same).toEqual({ kind: 'replaced', before: one, after: one });
    expect(await experiments.find('acme', 'exp_1')).toEqual(one);
    expect(events).toEqual([]);
  });

  test('there is nothing to revise where there is no experiment, or only one in the trash or of others', async () => {
    const { experiments } = await openStorageOn(await newDatabase());
    await experiments.insert(anExperiment(), author);
    const missing = { kind: 'missing' };
    const isAsked = () => {
      throw new Error('there is nothing to decide');
    };
    expect(await revise(experiments, { ...key, id: 'exp_2' }, isAsked)).toEqual(missing);
    expect(await revise(experiments, { ...key, organization: 'other' }, isAsked)).toEqual(missing);
    const [at, purgeAt] = [new Date(1), new Date(2)];
    await experiments.trash({ ...key, ifRevision: null, at, purgeAt });
    expect(await revise(experiments, key, isAsked)).toEqual(missing);
  });

  test('20 revisions at once on two instances are all kept, one after the other', async () => {
    const url = await newDatabase();
    const instances = [(await openStorageOn(url)).experiments, (await openStorageOn(url)).experiments] as const;
    await instances[0].insert(anExperiment({ tags: json('[]') }), author);
    const writers = Array.from({ length: 20 }, (_, index) => index);
    await Promise.all(
      writers.map((index) => revise(instances[index % 2] as (typeof instances)[0], key, addTag({ writer: index }))),
    );
    const stored = await instances[1].find('acme', 'exp_1');
    expect(stored?.revision).toBe(21);
    expect(stored?.tags.values.map(({ writer }) => writer).toSorted((a, b) => Number(a) - Number(b))).toEqual(writers);
    const revisions = await instances[0].revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 21 }]);
    expect(revisions.map(({ tags }) => tags.values.length).toReversed()).toEqual([0, ...writers.map((n) => n + 1)]);
    const counts = writers.map((value) => instances[1].count('acme', { tag: { key: 'writer', value } }));
    expect(await Promise.all(counts)).toEqual(writers.map(() => 1));
  });
}
