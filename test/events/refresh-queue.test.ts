import { expect, test } from 'vitest';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import { createRefreshQueue, type FindExperiment, type Watched } from '../../src/events/refresh-queue.ts';
import { waitUntil } from '../support/storage/redis.ts';

const aState = (id: string, version = 1) => ({ organization: 'acme', id, version }) as Experiment;

/** An experiment, and the events that its only listener receives. */
function createWatched(id = 'exp_1') {
  const told: unknown[] = [];
  const listener = (event: unknown) => void told.push(event);
  return { told, listener, experiment: { organization: 'acme', id, listeners: new Set([listener]) } satisfies Watched };
}

/** Storage that responds when the test tells it to. */
function createSlowStorage() {
  const reads: PromiseWithResolvers<Experiment | null>[] = [];
  const find: FindExperiment = () => {
    const read = Promise.withResolvers<Experiment | null>();
    reads.push(read);
    return read.promise;
  };
  return { reads, find };
}

test('a burst costs two reads, and the last one starts after the last change', async () => {
  const { reads, find } = createSlowStorage();
  const { told, experiment } = createWatched();
  const ask = createRefreshQueue(find);
  for (let change = 0; change < 300; change++) ask(experiment);
  expect(reads).toHaveLength(1);
  reads[0]?.resolve(aState('exp_1', 7));
  await waitUntil(() => reads.length === 2);
  reads[1]?.resolve(aState('exp_1', 300));
  await waitUntil(() => told.length === 2);
  expect(told).toEqual([7, 300].map((version) => ({ kind: 'changed', experiment: aState('exp_1', version) })));
  expect(reads).toHaveLength(2);
});

test('of 1,000 experiments, eight are read at a time, and all are read', async () => {
  let [running, most] = [0, 0];
  const ask = createRefreshQueue(async (_organization, id) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return aState(id);
  });
  const all = Array.from({ length: 1_000 }, (_, index) => createWatched(`exp_${index}`));
  for (const { experiment } of all) ask(experiment);
  await waitUntil(() => all.every(({ told }) => told.length > 0));
  expect(all.map(({ told }) => told)).toEqual(
    all.map(({ experiment: { id } }) => [{ kind: 'changed', experiment: aState(id) }]),
  );
  expect(most).toBe(8);
});

test('a missing experiment is delivered as deleted', async () => {
  const { told, experiment } = createWatched();
  createRefreshQueue(async () => null)(experiment);
  await waitUntil(() => told.length === 1);
  expect(told).toEqual([{ kind: 'deleted', organization: 'acme', id: 'exp_1' }]);
});

test('a failed read is retried', async () => {
  const { told, experiment } = createWatched();
  let reads = 0;
  createRefreshQueue(async (_organization, id) => {
    if (++reads === 1) throw new Error('not now');
    return aState(id);
  })(experiment);
  await waitUntil(() => told.length === 1);
  expect({ told, reads }).toEqual({ told: [{ kind: 'changed', experiment: aState('exp_1') }], reads: 2 });
});

test('listeners that join after the read started or leave before it ends are skipped; without listeners nothing is read', async () => {
  const { reads, find } = createSlowStorage();
  const { told, listener, experiment } = createWatched();
  const late = createWatched();
  const ask = createRefreshQueue(find);
  ask(experiment);
  experiment.listeners.add(late.listener);
  experiment.listeners.delete(listener);
  reads[0]?.resolve(aState('exp_1'));
  ask(experiment);
  await waitUntil(() => reads.length === 2);
  expect([told, late.told]).toEqual([[], []]);
  experiment.listeners.clear();
  ask(experiment);
  reads[1]?.resolve(null);
  await new Promise((resolve) => setImmediate(resolve));
  expect([reads.length, told, late.told]).toEqual([2, [], []]);
});
