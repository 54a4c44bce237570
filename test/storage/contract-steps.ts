import { expect, test } from 'vitest';
import type { ExperimentEvent } from '../../src/domain/experiment/events.ts';
import { applyStep, type Step } from '../../src/domain/experiment/lifecycle.ts';
import { anExperiment, author, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

const at = new Date('2026-04-01T00:00:00.000Z');
const steps: readonly Step[] = [
  { name: 'start' },
  { name: 'reportProgress', progress: 40.5 },
  { name: 'reportProgress', progress: 40.5 },
  { name: 'reportProgress', progress: 40 },
  { name: 'start' },
  { name: 'complete' },
  { name: 'fail', errorMessage: 'Too late.' },
  { name: 'cancel' },
];

/** Storing the steps of a run, and publishing changes. */
export function stepContract(newDatabase: NewDatabase): void {
  test('each step follows the lifecycle, and returns what is found afterwards', async () => {
    const { experiments } = await openStorageOn(await newDatabase());
    let current = anExperiment();
    await experiments.insert(current, author);
    for (const step of steps) {
      const outcome = await experiments.step({ organization: 'acme', id: 'exp_1', step, at });
      expect(outcome).toEqual(applyStep(current, step, at));
      if (outcome.kind === 'stepped') current = outcome.after;
      expect(await experiments.find('acme', 'exp_1')).toEqual(current);
    }
    const missing = { organization: 'other', id: 'exp_1', step: { name: 'start' }, at } as const;
    expect(await experiments.step(missing)).toEqual({ kind: 'missing' });
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
    const start = { organization: 'acme', id: 'exp_1', step: { name: 'start' }, at } as const;
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (instances[index % 2] as (typeof instances)[0]).experiments.step(start)),
    );
    expect(outcomes.filter(({ kind }) => kind === 'stepped')).toHaveLength(1);
    const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
    expect(refused.map(({ current }) => current.status)).toEqual(Array.from({ length: 19 }, () => 'RUNNING'));
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
