import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ExperimentEvent } from '../../src/domain/experiment/events.ts';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import { applyStep, type Step } from '../../src/domain/experiment/lifecycle.ts';
import { defaultOrder } from '../../src/domain/experiment/query.ts';
import type { ExperimentStore } from '../../src/domain/experiment/store.ts';
import { runs } from '../support/gateway/arbitraries.ts';
import { anExperiment, author, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

const at = new Date('2026-04-01T00:00:00.000Z');
const key = { organization: 'acme', id: 'exp_1' };

const attempts = fc.constantFrom(undefined, null, 0, 1, 2);
/** A lease of no seconds has expired at once, as one of many will: no step has to wait for it. */
const leases = fc.constantFrom(undefined, null, 0, 3_600);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    name: fc.constant('start' as const),
    leaseSeconds: leases,
    ifRevision: fc.constantFrom(undefined, null, 1, 2),
  }),
  fc.record({
    name: fc.constant('reportProgress' as const),
    progress: fc.constantFrom(0, 40, 40.5, 100),
    attempt: attempts,
  }),
  fc.record({ name: fc.constant('complete' as const), attempt: attempts }),
  fc.record({ name: fc.constant('fail' as const), errorMessage: fc.constantFrom('It broke.', 'é'), attempt: attempts }),
  fc.record({ name: fc.constantFrom('cancel' as const, 'reset' as const) }),
);

/** Takes a step, and expects what `applyStep` says by the clock of the database, which a new lease tells. */
async function expectAsApplied(experiments: ExperimentStore, current: Experiment, step: Step): Promise<Experiment> {
  const { organization, id } = current;
  const outcome = await experiments.step({ organization, id, step, at });
  const expected = outcome.kind === 'stepped' ? outcome.after : current;
  const { leaseExpiresAt, leaseSeconds } = expected;
  const now = new Date();
  const clock = leaseExpiresAt ? new Date(leaseExpiresAt.getTime() - (leaseSeconds ?? 0) * 1000) : now;
  expect(outcome).toEqual(applyStep(current, step, at, clock));
  expect(expected === current ? 0 : Math.abs(clock.getTime() - now.getTime())).toBeLessThan(10_000);
  expect(await experiments.find(organization, id)).toEqual(expected);
  return expected;
}

/** Storing the steps of a run, and publishing changes. */
export function stepContract(newDatabase: NewDatabase): void {
  test('any steps in any order follow the lifecycle, and each returns what is found afterwards', async () => {
    const { experiments } = await openStorageOn(await newDatabase());
    const sequences = fc.array(anyStep, { minLength: 5, maxLength: 12 });
    let count = 0;
    const check = async (steps: readonly Step[]) => {
      let current = anExperiment({ id: `exp_${count++}` });
      await experiments.insert(current, author);
      for (const step of steps) current = await expectAsApplied(experiments, current, step);
    };
    await fc.assert(fc.asyncProperty(sequences, check), runs(25));
    const missing = { organization: 'other', id: 'exp_1', step: { name: 'start' }, at } as const;
    expect(await experiments.step(missing)).toEqual({ kind: 'missing' });
  });

  test('a lease follows the clock of the database, and each report renews it, equal progress and expired or not', async () => {
    const events: ExperimentEvent[] = [];
    const { experiments } = await openStorageOn(await newDatabase(), (event) => void events.push(event));
    await experiments.insert(
      anExperiment({ leaseSeconds: 60, leaseExpiresAt: new Date(7), status: 'RUNNING' }),
      author,
    );
    events.length = 0;
    const before = await experiments.find('acme', 'exp_1');
    expect(before).toMatchObject({ isStalled: true, progress: 0, version: 1 });
    const outcome = await experiments.step({ ...key, step: { name: 'reportProgress', progress: 0 }, at });
    const after = outcome.kind === 'stepped' ? outcome.after : null;
    expect(after).toEqual({ ...before, isStalled: false, leaseExpiresAt: expect.any(Date), updatedAt: at, version: 2 });
    const lasts = Number(after?.leaseExpiresAt) - Date.now();
    expect(lasts).toBeGreaterThan(50_000);
    expect(lasts).toBeLessThan(70_000);
    expect(events).toEqual([{ kind: 'changed', experiment: after }]);
    expect(await experiments.find('acme', 'exp_1')).toEqual(after);
  });

  test('a replace of a stalled experiment leaves its run and its lease alone', async () => {
    const { experiments } = await openStorageOn(await newDatabase());
    const stalled = { status: 'RUNNING', leaseSeconds: 60, leaseExpiresAt: new Date(7), attempt: 3 } as const;
    await experiments.insert(anExperiment({ ...stalled, runRevision: 1 }), author);
    await experiments.replace(toReplace(anExperiment(), { batchSize: 9 }));
    expect(await experiments.find('acme', 'exp_1')).toMatchObject({ ...stalled, runRevision: 1, isStalled: true });
  });

  test('whichever way a stalled experiment is answered, it says that it is stalled', async () => {
    const { experiments } = await openStorageOn(await newDatabase());
    const lease = { status: 'RUNNING', leaseSeconds: 60, leaseExpiresAt: new Date(7) } as const;
    const one = anExperiment({ ...lease, createdAt: at });
    const idempotency = { key: 'key', digest: 'digest' };
    await experiments.insert(one, author, idempotency);
    const stalled = await experiments.find('acme', 'exp_1');
    expect(stalled?.isStalled).toBe(true);
    const page = { size: 1, fromEnd: false, after: null, before: null };
    const listed = await experiments.list({ organization: 'acme', filter: {}, order: defaultOrder, page });
    expect('kind' in listed ? [] : listed.entries.map(({ node }) => node)).toEqual([stalled]);
    expect(await experiments.findEach('acme', ['exp_1'])).toEqual([stalled]);
    expect(await experiments.findKeyUse('acme', 'key', at)).toEqual({ digest: 'digest', experiment: stalled });
    expect(await experiments.insert(one, author)).toEqual({ kind: 'taken', current: stalled });
    const used = { kind: 'keyUsed', use: { digest: 'digest', experiment: stalled } };
    expect(await experiments.insert({ ...one, id: 'exp_2' }, author, idempotency)).toEqual(used);
    const stale = { kind: 'stale', current: stalled };
    expect(await experiments.replace(toReplace(one, {}, { ifRevision: 7 }))).toEqual(stale);
    expect(await experiments.trash({ ...key, ifRevision: 7, at, purgeAt: at })).toEqual(stale);
    expect(await experiments.remove({ ...key, ifRevision: 7 })).toEqual(stale);
    const refused = await experiments.step({ ...key, step: { name: 'reset' }, at });
    expect(refused).toEqual({ kind: 'refused', current: stalled });
    const decide = ([current]: readonly (Experiment | null)[]) => ({ writes: [], result: current });
    const batch = { organization: 'acme', ids: ['exp_1'], kind: 'content', author, decide } as const;
    expect(await experiments.writeEach(batch)).toEqual(stalled);
    const replaced = await experiments.replace(toReplace(one, { batchSize: 9 }));
    expect(replaced).toMatchObject({ before: stalled, after: { isStalled: true, batchSize: 9 } });
    await experiments.trash({ ...key, ifRevision: null, at: new Date(), purgeAt: new Date(Date.now() + 60_000) });
    expect(await experiments.restore({ ...key, at: new Date() })).toMatchObject({ isStalled: true });
  });

  test('a failure keeps its message exactly, from either state', async () => {
    const { experiments } = await openStorageOn(await newDatabase());
    const errorMessage = 'Zeile 1\nтест 😀 "quoted"';
    for (const status of ['PENDING', 'RUNNING'] as const) {
      const experiment = anExperiment({ id: status, status });
      await experiments.insert(experiment, author);
      await experiments.step({ organization: 'acme', id: status, step: { name: 'fail', errorMessage }, at });
      const expected = { ...experiment, status: 'FAILED', errorMessage, completedAt: at, updatedAt: at, version: 2 };
      expect(await experiments.find('acme', status)).toEqual(expected);
    }
  });

  test('of 20 runners on two instances, one starts, and the others see it running', async () => {
    const url = await newDatabase();
    const instances = [await openStorageOn(url), await openStorageOn(url)];
    await instances[0]?.experiments.insert(anExperiment(), author);
    const outcomes = await raceToStart(instances);
    expect(outcomes.filter(({ kind }) => kind === 'stepped')).toHaveLength(1);
    const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
    expect(refused.map(({ current }) => current.status)).toEqual(Array.from({ length: 19 }, () => 'RUNNING'));
  });

  test('of 20 runners on two instances, one takes over a stalled run, and the others see its lease', async () => {
    const url = await newDatabase();
    const instances = [await openStorageOn(url), await openStorageOn(url)];
    const stalled = { status: 'RUNNING', progress: 70, leaseSeconds: 60, leaseExpiresAt: new Date(7) } as const;
    await instances[0]?.experiments.insert(anExperiment({ ...stalled, attempt: 1, runRevision: 1 }), author);
    const outcomes = await raceToStart(instances, 600);
    expect(outcomes.filter(({ kind }) => kind === 'stepped')).toMatchObject([
      {
        before: { attempt: 1, progress: 70, isStalled: true },
        after: { attempt: 2, progress: 0, isStalled: false, startedAt: at, leaseSeconds: 600 },
      },
    ]);
    const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
    expect(refused).toHaveLength(19);
    for (const { current } of refused) expect(current).toMatchObject({ attempt: 2, isStalled: false });
    const late = await instances[0]?.experiments.step({ ...key, step: { name: 'complete', attempt: 1 }, at });
    expect(late).toMatchObject({ kind: 'staleAttempt', current: { attempt: 2, status: 'RUNNING' } });
  });

  test('each change is published once, in order; a write that changes nothing publishes nothing', async () => {
    const events: ExperimentEvent[] = [];
    const { experiments } = await openStorageOn(await newDatabase(), (event) => void events.push(event));
    const one = anExperiment();
    await experiments.insert(one, author);
    await experiments.step({ organization: 'acme', id: 'exp_1', step: { name: 'start' }, at });
    await experiments.step({ organization: 'acme', id: 'exp_1', step: { name: 'start' }, at });
    await experiments.replace(toReplace(one, { batchSize: 9 }));
    await experiments.replace(toReplace(one, { batchSize: 9 }));
    await experiments.replace({ ...toReplace(one, { batchSize: 10 }), ifRevision: 1 });
    const last = await experiments.find('acme', 'exp_1');
    await experiments.remove({ organization: 'acme', id: 'exp_1', ifRevision: null });
    await experiments.remove({ organization: 'acme', id: 'exp_1', ifRevision: null });
    expect(events).toMatchObject([
      { kind: 'changed', experiment: { status: 'PENDING', version: 1, revision: 1 } },
      { kind: 'changed', experiment: { status: 'RUNNING', version: 2, revision: 1 } },
      { kind: 'changed', experiment: { batchSize: 9, version: 3, revision: 2 } },
      { kind: 'deleted', organization: 'acme', id: 'exp_1', version: 3 },
    ]);
    expect(events[2]).toEqual({ kind: 'changed', experiment: last });
  });
}

/** Twenty starts at once, over two instances. */
function raceToStart(instances: readonly { readonly experiments: ExperimentStore }[], leaseSeconds?: number) {
  const step = { name: 'start', leaseSeconds } as const;
  return Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (instances[index % 2] as (typeof instances)[0]).experiments.step({ ...key, step, at }),
    ),
  );
}
