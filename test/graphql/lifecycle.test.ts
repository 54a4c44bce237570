import { describe, expect, test } from 'vitest';
import { type StepName, transitions } from '../../src/domain/experiment/lifecycle.ts';
import { mutations, steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const extra = { reportProgress: { progress: 50 }, fail: { errorMessage: 'The model is gone.' } } as Record<
  string,
  object
>;
/** The steps that lead to each status. */
const stepsTo: Record<string, StepName[]> = {
  PENDING: [],
  RUNNING: ['start'],
  COMPLETED: ['start', 'complete'],
  FAILED: ['start', 'fail'],
  CANCELLED: ['cancel'],
};

async function takeStep({ data }: TestGateway, name: StepName, id = 'exp_run', variables: object = extra[name] ?? {}) {
  return (await data(steps[name], { id, ...variables })).result;
}

async function createExperimentIn(status: string): Promise<TestGateway> {
  const gateway = await createTestGateway();
  await gateway.data(mutations.create, { input: { experimentId: 'exp_run' } });
  for (const name of stepsTo[status] ?? []) await takeStep(gateway, name);
  return gateway;
}

const readCurrent = async ({ data }: TestGateway, fields: string) =>
  (await data(`{ experiment(id: "exp_run") { ${fields} } }`)).experiment;

describe.each(Object.keys(stepsTo))('an experiment that is %s', (status) => {
  test.each(Object.keys(transitions) as StepName[])(
    `%s of a ${status} experiment succeeds or is refused as the table of transitions says`,
    async (name) => {
      const gateway = await createExperimentIn(status);
      const before = await readCurrent(gateway, 'status updatedAt revision');
      const { from, to } = transitions[name];
      const isAllowed = (from as readonly string[]).includes(status);
      const refusal = { __typename: 'ConflictError', code: 'CONFLICT', reason: 'INVALID_TRANSITION', current: before };
      expect(await takeStep(gateway, name)).toMatchObject(
        isAllowed ? { experiment: { status: to, revision: before.revision } } : refusal,
      );
      expect(await readCurrent(gateway, 'status updatedAt revision')).toMatchObject(
        isAllowed ? { status: to } : before,
      );
    },
  );
});

test('start, progress and complete set status, progress and times', async () => {
  const gateway = await createExperimentIn('PENDING');
  expect(await readCurrent(gateway, 'startedAt completedAt progress')).toEqual({
    startedAt: null,
    completedAt: null,
    progress: 0,
  });
  const { experiment: started } = await takeStep(gateway, 'start');
  expect(started).toMatchObject({ status: 'RUNNING', startedAt: started.updatedAt, completedAt: null });
  expect((await takeStep(gateway, 'reportProgress', 'exp_run', { progress: 12.5 })).experiment.progress).toBe(12.5);
  const { experiment: completed } = await takeStep(gateway, 'complete');
  expect(completed).toMatchObject({
    status: 'COMPLETED',
    progress: 100,
    completedAt: completed.updatedAt,
    revision: 1,
  });
});

test('a failed experiment keeps its error message and progress', async () => {
  const gateway = await createExperimentIn('RUNNING');
  await takeStep(gateway, 'reportProgress', 'exp_run', { progress: 30 });
  expect((await takeStep(gateway, 'fail')).experiment).toMatchObject({
    status: 'FAILED',
    errorMessage: 'The model is gone.',
    progress: 30,
  });
});

test('progress never decreases, and equal progress changes nothing', async () => {
  const gateway = await createExperimentIn('RUNNING');
  const { experiment } = await takeStep(gateway, 'reportProgress', 'exp_run', { progress: 40 });
  expect(await takeStep(gateway, 'reportProgress', 'exp_run', { progress: 39.9 })).toMatchObject({
    reason: 'INVALID_TRANSITION',
    current: { progress: 40 },
  });
  expect((await takeStep(gateway, 'reportProgress', 'exp_run', { progress: 40 })).experiment).toEqual(experiment);
});

test.each([
  ['reportProgress', { progress: -0.1 }, { path: ['progress'], code: 'TOO_SMALL' }],
  ['reportProgress', { progress: 100.1 }, { path: ['progress'], code: 'TOO_BIG' }],
  ['fail', { errorMessage: '' }, { path: ['errorMessage'], code: 'TOO_SHORT' }],
  ['fail', { errorMessage: 'x'.repeat(10_001) }, { path: ['errorMessage'], code: 'TOO_LONG' }],
  ['fail', { errorMessage: 'a\0b' }, { path: ['errorMessage'], code: 'INVALID_TEXT' }],
] as const)('%s refuses an invalid argument and writes nothing', async (name, variables, issue) => {
  const gateway = await createExperimentIn('RUNNING');
  const before = await readCurrent(gateway, 'status updatedAt');
  expect(await takeStep(gateway, name, 'exp_run', variables)).toMatchObject({
    __typename: 'ValidationError',
    issues: [issue],
  });
  expect(await readCurrent(gateway, 'status updatedAt')).toEqual(before);
});

test('of twenty concurrent starts one wins, and the others return a conflict with the running experiment', async () => {
  const gateway = await createExperimentIn('PENDING');
  const results = await Promise.all(Array.from({ length: 20 }, () => takeStep(gateway, 'start')));
  const losers = results.filter(({ __typename }) => __typename === 'ConflictError');
  expect(results.length - losers.length).toBe(1);
  expect(
    losers.every(({ reason, current: { status } }) => reason === 'INVALID_TRANSITION' && status === 'RUNNING'),
  ).toBe(true);
});

test('steps need experiments:run, and do not find an experiment of another organization', async () => {
  const gateway = await createExperimentIn('PENDING');
  const { secret: writer } = await gateway.issueKey({ scopes: ['experiments:read', 'experiments:write'] });
  const { secret: stranger } = await gateway.issueKey({ organization: 'other' });
  for (const [name, query] of Object.entries(steps)) {
    const variables = { id: 'exp_run', ...extra[name] };
    expect((await gateway.data(query, variables, { key: writer })).result).toMatchObject({
      requiredScope: 'experiments:run',
    });
    expect((await gateway.data(query, variables, { key: stranger })).result).toMatchObject({
      __typename: 'NotFoundError',
      missingId: 'exp_run',
    });
  }
  expect(await readCurrent(gateway, 'status')).toEqual({ status: 'PENDING' });
});

test('steps create no revision, and an edit does not affect the run', async () => {
  const gateway = await createExperimentIn('RUNNING');
  await takeStep(gateway, 'reportProgress');
  const { result } = await gateway.data(mutations.replace, { id: 'exp_run', input: { batchSize: 7 } });
  expect(result.experiment).toMatchObject({ status: 'RUNNING', progress: 50, revision: 2 });
  expect((await readCurrent(gateway, 'revisions { totalCount }')).revisions.totalCount).toBe(2);
});
