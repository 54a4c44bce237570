import { describe, expect, test } from 'vitest';
import { type StepName, transitions } from '../../src/domain/experiment/lifecycle.ts';
import { mutations, steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const extra = { reportProgress: { progress: 50 }, fail: { errorMessage: 'The model is gone.' } } as Record<
  string,
  object
>;
/** How a run reaches each status. */
const ways: Record<string, StepName[]> = {
  PENDING: [],
  RUNNING: ['start'],
  COMPLETED: ['start', 'complete'],
  FAILED: ['start', 'fail'],
  CANCELLED: ['cancel'],
};

async function take({ data }: TestGateway, name: StepName, id = 'exp_run', variables: object = extra[name] ?? {}) {
  return (await data(steps[name], { id, ...variables })).result;
}

async function experimentIn(status: string): Promise<TestGateway> {
  const gateway = await createTestGateway();
  await gateway.data(mutations.create, { input: { experimentId: 'exp_run' } });
  for (const name of ways[status] ?? []) await take(gateway, name);
  return gateway;
}

const current = async ({ data }: TestGateway, fields: string) =>
  (await data(`{ experiment(id: "exp_run") { ${fields} } }`)).experiment;

describe.each(Object.keys(ways))('an experiment that is %s', (status) => {
  test.each(Object.keys(transitions) as StepName[])(
    '%s is done or refused as the table says, in one write',
    async (name) => {
      const gateway = await experimentIn(status);
      const before = await current(gateway, 'status updatedAt revision');
      const { from, to } = transitions[name];
      const isAllowed = (from as readonly string[]).includes(status);
      const refusal = { __typename: 'ConflictError', code: 'CONFLICT', reason: 'INVALID_TRANSITION', current: before };
      expect(await take(gateway, name)).toMatchObject(
        isAllowed ? { experiment: { status: to, revision: before.revision } } : refusal,
      );
      expect(await current(gateway, 'status updatedAt revision')).toMatchObject(isAllowed ? { status: to } : before);
    },
  );
});

test('a run fills status, progress and times: start, progress, complete', async () => {
  const gateway = await experimentIn('PENDING');
  expect(await current(gateway, 'startedAt completedAt progress')).toEqual({
    startedAt: null,
    completedAt: null,
    progress: 0,
  });
  const { experiment: started } = await take(gateway, 'start');
  expect(started).toMatchObject({ status: 'RUNNING', startedAt: started.updatedAt, completedAt: null });
  expect((await take(gateway, 'reportProgress', 'exp_run', { progress: 12.5 })).experiment.progress).toBe(12.5);
  const { experiment: completed } = await take(gateway, 'complete');
  expect(completed).toMatchObject({
    status: 'COMPLETED',
    progress: 100,
    completedAt: completed.updatedAt,
    revision: 1,
  });
});

test('a failure keeps its message and the progress that was reached', async () => {
  const gateway = await experimentIn('RUNNING');
  await take(gateway, 'reportProgress', 'exp_run', { progress: 30 });
  expect((await take(gateway, 'fail')).experiment).toMatchObject({
    status: 'FAILED',
    errorMessage: 'The model is gone.',
    progress: 30,
  });
});

test('progress never goes backwards, and equal progress changes nothing', async () => {
  const gateway = await experimentIn('RUNNING');
  const { experiment } = await take(gateway, 'reportProgress', 'exp_run', { progress: 40 });
  expect(await take(gateway, 'reportProgress', 'exp_run', { progress: 39.9 })).toMatchObject({
    reason: 'INVALID_TRANSITION',
    current: { progress: 40 },
  });
  expect((await take(gateway, 'reportProgress', 'exp_run', { progress: 40 })).experiment).toEqual(experiment);
});

test.each([
  ['reportProgress', { progress: -0.1 }, { path: ['progress'], code: 'TOO_SMALL' }],
  ['reportProgress', { progress: 100.1 }, { path: ['progress'], code: 'TOO_BIG' }],
  ['fail', { errorMessage: '' }, { path: ['errorMessage'], code: 'TOO_SHORT' }],
  ['fail', { errorMessage: 'x'.repeat(10_001) }, { path: ['errorMessage'], code: 'TOO_LONG' }],
  ['fail', { errorMessage: 'a\0b' }, { path: ['errorMessage'], code: 'INVALID_TEXT' }],
] as const)('%s refuses an argument out of bounds and writes nothing', async (name, variables, issue) => {
  const gateway = await experimentIn('RUNNING');
  const before = await current(gateway, 'status updatedAt');
  expect(await take(gateway, name, 'exp_run', variables)).toMatchObject({
    __typename: 'ValidationError',
    issues: [issue],
  });
  expect(await current(gateway, 'status updatedAt')).toEqual(before);
});

test('of twenty runners that race for one experiment one wins, and the others see that it is running', async () => {
  const gateway = await experimentIn('PENDING');
  const results = await Promise.all(Array.from({ length: 20 }, () => take(gateway, 'start')));
  const losers = results.filter(({ __typename }) => __typename === 'ConflictError');
  expect(results.length - losers.length).toBe(1);
  expect(
    losers.every(({ reason, current: { status } }) => reason === 'INVALID_TRANSITION' && status === 'RUNNING'),
  ).toBe(true);
});

test('steps need experiments:run, and another organization has no such experiment', async () => {
  const gateway = await experimentIn('PENDING');
  const { secret: writer } = await gateway.issueKey({ scopes: ['experiments:read', 'experiments:write'] });
  const { secret: stranger } = await gateway.issueKey({ organization: 'other' });
  for (const [name, query] of Object.entries(steps)) {
    const variables = { id: 'exp_run', ...extra[name] };
    expect((await gateway.data(query, variables, { key: writer })).result).toMatchObject({
      requiredScope: 'experiments:run',
    });
    expect((await gateway.data(query, variables, { key: stranger })).result).toMatchObject({
      __typename: 'NotFoundError',
      id: 'exp_run',
    });
  }
  expect(await current(gateway, 'status')).toEqual({ status: 'PENDING' });
});

test('steps make no revision but move updatedAt, and an edit leaves the run alone', async () => {
  const gateway = await experimentIn('RUNNING');
  await take(gateway, 'reportProgress');
  const { result } = await gateway.data(mutations.replace, { id: 'exp_run', input: { batchSize: 7 } });
  expect(result.experiment).toMatchObject({ status: 'RUNNING', progress: 50, revision: 2 });
  expect((await current(gateway, 'revisions { totalCount }')).revisions.totalCount).toBe(2);
});
