import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../support/gateway/arbitraries.ts';
import { createCalls, otherConnection } from '../support/gateway/calls.ts';
import { steps } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

type Act = 'start' | 'reportProgress' | 'complete' | 'fail';
/** What happens next: a runner does something, or so much time passes that the lease runs out. */
type Happening = { readonly act: 'timePasses' } | { readonly act: Act; readonly runner: 0 | 1 };

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ act: 'timePasses' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constantFrom<Act>('start', 'start', 'reportProgress', 'reportProgress', 'complete', 'fail'),
      runner: fc.constantFrom(0 as const, 1 as const),
    }),
  },
);

/** What a runner did, and what came of it. `startsBefore` counts the starts that had succeeded until then. */
interface Deed {
  readonly act: Act;
  readonly attempt: number | null;
  readonly startsBefore: number;
  readonly progress: number;
  readonly outcome: 'done' | 'INVALID_TRANSITION' | 'STALE_ATTEMPT';
}

const isEnd = ({ act }: Deed) => act === 'complete' || act === 'fail';

test('any interleaving of two runners whose leases expire leaves one consistent run', async () => {
  const gateway = await createTestGateway();
  const { created, stored } = createCalls(gateway);
  const expireLease = otherConnection(gateway).prepare(
    'UPDATE experiments SET lease_expires_at = 7 WHERE id = ? AND lease_expires_at > 7',
  );

  /** Each runner names the attempt of its own start, and moves on by 10 % with each report. */
  async function run(id: string, events: readonly Happening[]): Promise<Deed[]> {
    const runners = [0, 1].map(() => ({ attempt: null as number | null, progress: 0 }));
    const deeds: Deed[] = [];
    for (const event of events) {
      const runner = event.act === 'timePasses' ? undefined : runners[event.runner];
      if (event.act === 'timePasses') expireLease.run(id);
      if (event.act === 'timePasses' || !runner || (event.act !== 'start' && runner.attempt === null)) continue;
      const startsBefore = deeds.filter(({ act, outcome }) => act === 'start' && outcome === 'done').length;
      const { attempt } = runner;
      const progress = event.act === 'reportProgress' ? Math.min(runner.progress + 10, 100) : runner.progress;
      const variables = { id, leaseSeconds: 60, attempt, progress, errorMessage: 'It broke.' };
      const { experiment, reason } = (await gateway.data(steps[event.act], variables)).result;
      deeds.push({ act: event.act, attempt, startsBefore, progress, outcome: reason ?? 'done' });
      if (experiment && event.act === 'start') Object.assign(runner, { attempt: experiment.attempt, progress: 0 });
      else if (experiment) runner.progress = progress;
    }
    return deeds;
  }

  let count = 0;
  const check = async (events: readonly Happening[]) => {
    const id = `exp_${count++}`;
    await created({ experimentId: id });
    const deeds = await run(id, events);
    const done = deeds.filter(({ outcome }) => outcome === 'done');
    const starts = done.filter(({ act }) => act === 'start');
    const end = done.find(isEnd);

    // Only the runner of the latest start writes, and nothing is written once the run has ended.
    const others = done.filter(({ act }) => act !== 'start');
    expect(others.map(({ attempt }) => attempt)).toEqual(others.map(({ startsBefore }) => startsBefore));
    expect(done.findIndex(isEnd)).toBe(end ? done.length - 1 : -1);
    // A runner is told why it may not write.
    const refused = deeds.filter(({ act, outcome }) => act !== 'start' && outcome !== 'done');
    expect(refused.map(({ outcome }) => outcome)).toEqual(
      refused.map(({ attempt, startsBefore }) => (attempt === startsBefore ? 'INVALID_TRANSITION' : 'STALE_ATTEMPT')),
    );
    // What is stored is what the last writes left.
    const last = done.at(-1);
    const status = end ? { complete: 'COMPLETED', fail: 'FAILED' }[end.act as string] : last ? 'RUNNING' : 'PENDING';
    const progress = status === 'COMPLETED' ? 100 : last && last.act !== 'start' ? last.progress : 0;
    const experiment = await stored(id);
    expect(experiment).toMatchObject({ status, progress, attempt: starts.length, revision: 1 });
    expect(experiment.leaseExpiresAt === null).toBe(status !== 'RUNNING');
  };

  await fc.assert(fc.asyncProperty(fc.array(happenings, { minLength: 4, maxLength: 25 }), check), runs(60));
});
