import { describe, expect, test } from 'vitest';
import type { StepName } from '../../src/domain/experiment/lifecycle.ts';
import { createCalls, otherConnection } from '../support/gateway/calls.ts';
import { steps } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

const id = 'exp_run';
const errorMessage = 'It broke.';

/** An experiment at revision 2 with a run of that revision, after these steps. */
async function createRun(names: readonly StepName[]) {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  await calls.created({ experimentId: id, tags: [{ team: 'search' }] });
  await calls.replace({ id, input: { batchSize: 2 } });
  for (const name of names) await gateway.data(steps[name], { id, errorMessage, progress: 5 });
  return { gateway, ...calls };
}

type Calls = Awaited<ReturnType<typeof createRun>>;
type Write = (calls: Calls, dryRun: boolean) => Promise<any>;

/** Each kind of write of content. */
const writes: [string, Write][] = [
  ['a replace', ({ replace }, dryRun) => replace({ id, input: { batchSize: 3 }, dryRun })],
  ['an update', ({ update }, dryRun) => update({ id, input: { batchSize: 3 }, dryRun })],
  ['an update with tags', ({ update }, dryRun) => update({ id, input: { batchSize: 3, tags: [] }, dryRun })],
  ['a restore of a revision', ({ restore }, dryRun) => restore({ id, revision: 1, dryRun })],
];

/** What ends or has begun a run, and what the warning says of it. */
const states: [StepName[], string][] = [
  [['start'], 'the experiment is RUNNING; the run uses revision 2, and this write does not affect it.'],
  ...(['COMPLETED', 'FAILED', 'CANCELLED'] as const).map((status): [StepName[], string] => [
    ['start', ({ COMPLETED: 'complete', FAILED: 'fail', CANCELLED: 'cancel' } as const)[status]],
    `the experiment is ${status} and its last run used revision 2; reset and start it to run it with this content.`,
  ]),
  [['cancel'], 'the experiment is CANCELLED and has never run; reset and start it to run it with this content.'],
];

describe.each(writes)('R18: %s', (_, write) => {
  test.each(states)('warns of a run that it does not affect, dry or not, after %s', async (names, text) => {
    const calls = await createRun(names);
    const warning = { code: 'RUN_NOT_AFFECTED', path: ['id'], message: `id: ${text}` };
    for (const dryRun of [true, false]) {
      const { changes, warnings } = await write(calls, dryRun);
      expect(changes).not.toEqual([]);
      expect(warnings).toEqual([warning]);
    }
    expect(await calls.stored(id)).toMatchObject({ revision: 3 });
  });

  test.each<[StepName[]]>([[[]], [['start', 'complete', 'reset']]])(
    'warns of nothing while PENDING, after %s',
    async (names) => {
      const calls = await createRun(names);
      for (const dryRun of [true, false]) expect(await write(calls, dryRun)).toMatchObject({ warnings: [] });
    },
  );
});

test('R18: a write of tags alone, or one that changes nothing, has no such warning', async () => {
  const { update, replace, restore } = await createRun(['start']);
  const { changes, warnings } = await update({ id, input: { tags: [{ team: 'ads' }] } });
  expect([changes.length, warnings]).toEqual([1, []]);
  expect(await replace({ id, input: { batchSize: 2 } })).toMatchObject({ changes: [], warnings: [] });
  expect(await update({ id, input: {} })).toMatchObject({ changes: [], warnings: [] });
  expect(await restore({ id, revision: 2 })).toMatchObject({ changes: [], warnings: [] });
});

test('R18: the warning comes after those of the input', async () => {
  const { replace } = await createRun(['start']);
  const { warnings } = await replace({ id, input: { evaluatorIds: ['a', 'a'] } });
  expect(warnings.map(({ code }: { code: string }) => code)).toEqual(['DUPLICATES_REMOVED', 'RUN_NOT_AFFECTED']);
});

test.each<[StepName[], RegExp]>([
  [['start'], /RUNNING; the run uses an earlier revision/],
  [['start', 'complete'], /COMPLETED and its run used an earlier revision/],
])(
  'R18: a run that began before its revision was recorded is warned of without a number, after %s',
  async (names, text) => {
    const { gateway, replace } = await createRun(names);
    otherConnection(gateway).exec('UPDATE experiments SET run_revision = NULL');
    const { warnings } = await replace({ id, input: { batchSize: 3 } });
    expect(warnings).toMatchObject([{ code: 'RUN_NOT_AFFECTED', message: expect.stringMatching(text) }]);
  },
);
