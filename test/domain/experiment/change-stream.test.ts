import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ExperimentChangeStream } from '../../../src/domain/experiment/change-stream.ts';
import { createLocalEvents } from '../../../src/domain/experiment/events.ts';
import type { Experiment } from '../../../src/domain/experiment/experiment.ts';
import { anExperiment } from '../../support/gateway/experiments.ts';

const id = { organization: 'acme', id: 'exp_1' };
/** The first experiment with the id, at version 7, and the next one, created in the same millisecond. */
const first = (version = 7) => anExperiment({ version, revision: 3 });
const next = (version = 8) => anExperiment({ version, revision: 4, firstRevision: 4 });

/** Opens a stream, with functions that publish to it. */
function openStream() {
  const events = createLocalEvents();
  const changes = new ExperimentChangeStream(events, id, () => () => undefined);
  return {
    changes,
    changed: (experiment: Experiment) => events.publish({ kind: 'changed', experiment }),
    deleted: (version?: number) => events.publish({ kind: 'deleted', ...id, version }),
    /** Returns the pending versions, and 'end' if the stream ended after them. */
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

test('a delete ends the stream of the deleted experiment', async () => {
  for (const version of [7, 8, undefined]) {
    const { changes, deleted, read } = openStream();
    changes.start(first());
    deleted(version);
    expect(await read()).toEqual([7, 'end']);
  }
});

test('a late delete does not end the stream of the next experiment with the id', async () => {
  const { changes, changed, deleted, read } = openStream();
  changes.start(next());
  deleted(7);
  changed(next(9));
  expect(await read()).toEqual([8, 9]);
});

test('a delete before the first state ends the stream only if it is the delete of that experiment', async () => {
  const one = openStream();
  one.deleted(7);
  one.changes.start(next());
  expect(await one.read()).toEqual([8]);
  const other = openStream();
  other.changed(first(8));
  other.deleted(8);
  other.changes.start(first(7));
  expect(await other.read()).toEqual(['end']);
});

test('a state of the next experiment ends the stream when the delete was missed', async () => {
  const { changes, changed, read } = openStream();
  changes.start(first());
  changed(next(9));
  expect(await read()).toEqual([7, 'end']);
});

test('a state of an earlier experiment with the id is skipped, whenever it arrives', async () => {
  const { changes, changed, read } = openStream();
  changed(first());
  changed(next(9));
  changes.start(next());
  changed(first());
  changed(next(10));
  expect(await read()).toEqual([8, 9, 10]);
});
