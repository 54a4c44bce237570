import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ExperimentChangeStream } from '../../../src/domain/experiment/change-stream.ts';
import { createLocalEvents } from '../../../src/domain/experiment/events.ts';
import type { Experiment } from '../../../src/domain/experiment/experiment.ts';
import { anExperiment } from '../../support/gateway/experiments.ts';

const id = { organization: 'acme', id: 'exp_1' };
/** The experiment that had the id first, at version 7, and the next one, made in the same millisecond. */
const first = (version = 7) => anExperiment({ version, revision: 3 });
const next = (version = 8) => anExperiment({ version, revision: 4, firstRevision: 4 });

/** A stream, and what has been put into it. */
function opened() {
  const events = createLocalEvents();
  const changes = new ExperimentChangeStream(events, id, () => () => undefined);
  return {
    changes,
    changed: (experiment: Experiment) => events.publish({ kind: 'changed', experiment }),
    deleted: (version?: number) => events.publish({ kind: 'deleted', ...id, version }),
    /** The versions that wait, and whether the stream has ended behind them. */
    async read(): Promise<(number | 'end')[]> {
      const read: (number | 'end')[] = [];
      for (;;) {
        const step = await Promise.race([changes.next(), nextTurn()]);
        if (!step) return read;
        if (step.done) return [...read, 'end'];
        read.push(step.value.version);
      }
    },
  };
}

test('a delete ends the stream of what was deleted', async () => {
  for (const version of [7, 8, undefined]) {
    const { changes, deleted, read } = opened();
    changes.start(first());
    deleted(version);
    expect(await read()).toEqual([7, 'end']);
  }
});

test('a delete that comes late does not end the stream of the next experiment with the id', async () => {
  const { changes, changed, deleted, read } = opened();
  changes.start(next());
  deleted(7);
  changed(next(9));
  expect(await read()).toEqual([8, 9]);
});

test('a delete before the first state is that of what had the id before, or of the state itself', async () => {
  const one = opened();
  one.deleted(7);
  one.changes.start(next());
  expect(await one.read()).toEqual([8]);
  const other = opened();
  other.changed(first(8));
  other.deleted(8);
  other.changes.start(first(7));
  expect(await other.read()).toEqual(['end']);
});

test('a state of the next experiment ends the stream when the delete was not heard of', async () => {
  const { changes, changed, read } = opened();
  changes.start(first());
  changed(next(9));
  expect(await read()).toEqual([7, 'end']);
});

test('a state of the experiment before it is older, whenever it comes', async () => {
  const { changes, changed, read } = opened();
  changed(first());
  changed(next(9));
  changes.start(next());
  changed(first());
  changed(next(10));
  expect(await read()).toEqual([8, 9, 10]);
});
