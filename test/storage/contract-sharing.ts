import { expect, test } from 'vitest';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn, readEverything } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

/** Organizations share nothing, and concurrent writers do not corrupt each other's writes. */
export function sharingContract(newDatabase: NewDatabase): void {
  const openStore = async () => (await openStorageOn(await newDatabase())).experiments;
  const neighbours = ['acme2', 'ACME', 'acme ', ''];

  test("organizations that use the same id never see or touch each other's experiment", async () => {
    const experiments = await openStore();
    const ours = anExperiment();
    const theirs = neighbours.map((organization) =>
      anExperiment({ organization, name: `of "${organization}"`, tags: json(`[{"of":"${organization}"}]`) }),
    );
    for (const each of theirs) {
      expect(await experiments.insert(each, author)).toMatchObject({ kind: 'inserted' });
      await experiments.replace(toReplace(each, { batchSize: 99 }));
    }
    const unchanged = () => Promise.all(neighbours.map((neighbour) => readEverything(experiments, neighbour)));
    const before = await unchanged();

    const nothing = { count: 0, experiments: [], revisions: [] };
    expect(await readEverything(experiments, 'acme')).toEqual(nothing);
    expect(await experiments.find('acme', 'exp_1')).toBeNull();
    expect(await experiments.revision('acme', 'exp_1', 1)).toBeNull();
    expect(await experiments.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 9 }])).toEqual([]);
    expect(await experiments.replace(toReplace(ours, {}))).toEqual({ kind: 'missing' });
    expect(await experiments.remove({ organization: 'acme', id: 'exp_1', ifRevision: null })).toEqual({
      kind: 'missing',
    });

    expect(await experiments.insert(ours, author)).toMatchObject({ kind: 'inserted' });
    expect(await experiments.insert(ours, author)).toEqual({ kind: 'taken', current: ours });
    expect(await experiments.count('acme', { tag: { key: 'of' } })).toBe(0);
    expect(await experiments.count('acme', { not: { tag: { key: 'of' } } })).toBe(1);
    await experiments.replace(toReplace(ours, { name: 'Ours' }, { tags: json('[{"ours":true}]') }));
    expect(await experiments.revision('acme', 'exp_1', 2)).toMatchObject({ name: 'Ours' });
    expect(await experiments.count('acme', {})).toBe(1);
    expect(await unchanged()).toEqual(before);

    await experiments.remove({ organization: 'acme', id: 'exp_1', ifRevision: null });
    expect(await readEverything(experiments, 'acme')).toEqual(nothing);
    expect(await unchanged()).toEqual(before);
  });

  /** Twenty callers on two instances over one database. */
  async function openTwentyCallers() {
    const url = await newDatabase();
    const instances = [await openStorageOn(url), await openStorageOn(url)];
    return Array.from({ length: 20 }, (_, index) => (instances[index % 2] as (typeof instances)[0]).experiments);
  }

  test('of 20 replaces of one revision, one wins, and the others receive the winner', async () => {
    const callers = await openTwentyCallers();
    const one = anExperiment();
    await callers[0]?.insert(one, author);
    const outcomes = await Promise.all(
      callers.map((caller, index) => caller.replace(toReplace(one, { name: `writer ${index}` }, { ifRevision: 1 }))),
    );
    const [won, ...others] = outcomes.filter(({ kind }) => kind === 'replaced');
    expect(others).toEqual([]);
    const current = await callers[0]?.find('acme', 'exp_1');
    expect(won).toEqual({ kind: 'replaced', before: one, after: current });
    const lost = outcomes.filter((outcome) => outcome !== won);
    expect(lost).toEqual(lost.map(() => ({ kind: 'stale', current })));
  });

  test('20 unconditional replaces all succeed, one after the other', async () => {
    const callers = await openTwentyCallers();
    const one = anExperiment();
    await callers[0]?.insert(one, author);
    const outcomes = await Promise.all(
      callers.map((caller, index) => caller.replace(toReplace(one, { name: `writer ${index}` }))),
    );
    const numbers = outcomes.map((outcome) => outcome.kind === 'replaced' && outcome.after.revision);
    const upwards = Array.from({ length: 20 }, (_, index) => index + 2);
    expect(numbers.toSorted((a, b) => Number(a) - Number(b))).toEqual(upwards);
    const revisions = await callers[1]?.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 30 }]);
    expect(revisions?.map(({ revision }) => revision)).toEqual([1, ...upwards].toReversed());
    for (const outcome of outcomes) {
      if (outcome.kind !== 'replaced') throw new Error(outcome.kind);
      const predecessor = revisions?.find(({ revision }) => revision === outcome.before.revision);
      expect(outcome.before.name).toBe(predecessor?.name);
    }
  });

  test('of 20 inserts of one id, one wins, and the others receive the winner', async () => {
    const callers = await openTwentyCallers();
    const answers = await Promise.all(
      callers.map((caller, index) => caller.insert(anExperiment({ name: `writer ${index}` }), author)),
    );
    const stored = await callers[1]?.find('acme', 'exp_1');
    expect(answers.filter(({ kind }) => kind === 'inserted')).toEqual([{ kind: 'inserted', experiment: stored }]);
    expect(answers.filter(({ kind }) => kind === 'taken')).toEqual(
      Array.from({ length: 19 }, () => ({ kind: 'taken', current: stored })),
    );
    expect(await callers[0]?.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 9 }])).toHaveLength(1);
  });

  test('of 20 removals of one experiment, only one removes it', async () => {
    const callers = await openTwentyCallers();
    await callers[0]?.insert(anExperiment(), author);
    const removal = { organization: 'acme', id: 'exp_1', ifRevision: 1 };
    const outcomes = await Promise.all(callers.map((caller) => caller.remove(removal)));
    expect(outcomes.filter(({ kind }) => kind === 'removed')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'missing')).toHaveLength(19);
  });

  test('while many callers create, change and delete one id, no revision ever has two contents', async () => {
    const callers = await openTwentyCallers();
    const seen = new Map<string, Set<string>>();
    const note = ({ revision, version, name, createdAt }: Experiment) => {
      for (const key of [`revision ${revision}`, `version ${version}`]) {
        seen.set(key, (seen.get(key) ?? new Set()).add(`${name} ${createdAt.getTime()}`));
      }
    };
    await Promise.all(
      callers.map(async (caller, index) => {
        for (let round = 0; round < 15; round++) {
          const one = anExperiment({ name: `${index} ${round}`, createdAt: new Date(1_000 * index + round) });
          const created = await caller.insert(one, author);
          if (created.kind === 'inserted') note(created.experiment);
          const replaced = await caller.replace(toReplace(one, { name: `${index} ${round} new` }));
          if (replaced.kind === 'replaced') note(replaced.after);
          await caller.remove({ organization: 'acme', id: 'exp_1', ifRevision: null });
        }
      }),
    );
    expect(seen.size).toBeGreaterThan(40);
    expect([...seen].filter(([, states]) => states.size > 1)).toEqual([]);
  });
}
