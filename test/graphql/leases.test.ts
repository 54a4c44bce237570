import { expect, test } from 'vitest';
import type { StepName } from '../../src/domain/experiment/lifecycle.ts';
import { createCalls, otherConnection } from '../support/gateway/calls.ts';
import { steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

/** A gateway with one experiment, and what a runner and the passing of time can do to it. */
async function createRun() {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  await calls.created({ experimentId: 'exp_run' });
  const database = otherConnection(gateway);
  return {
    ...gateway,
    ...calls,
    take: async (name: StepName, variables: object = {}) =>
      (await gateway.data(steps[name], { id: 'exp_run', ...variables })).result,
    read: () => calls.stored('exp_run'),
    /** Lets the lease run out, as time would. */
    expireLease: () => void database.exec('UPDATE experiments SET lease_expires_at = 7 WHERE lease_expires_at > 7'),
  };
}

const listIds = async ({ data }: Pick<TestGateway, 'data'>, filter: object) => {
  const { experiments } = await data(
    'query ($filter: ExperimentFilter) { experiments(filter: $filter) { totalCount nodes { id isStalled } } }',
    { filter },
  );
  expect(experiments.totalCount).toBe(experiments.nodes.length);
  return experiments.nodes.map(({ id }: { id: string }) => id).toSorted();
};

const secondsLeft = ({ leaseExpiresAt }: { leaseExpiresAt: string }) =>
  (Date.parse(leaseExpiresAt) - Date.now()) / 1000;

test('a start counts attempts, remembers the revision that it saw, and has a lease only if it asks for one', async () => {
  const { take, replace, read } = await createRun();
  expect(await read()).toMatchObject({ attempt: 0, runRevision: null, leaseExpiresAt: null, isStalled: false });
  await replace({ id: 'exp_run', input: { batchSize: 7 } });
  const { experiment } = await take('start');
  expect(experiment).toMatchObject({ attempt: 1, runRevision: 2, leaseExpiresAt: null, isStalled: false });
  await replace({ id: 'exp_run', input: { batchSize: 8 } });
  expect(await read()).toMatchObject({ revision: 3, attempt: 1, runRevision: 2 });
});

test('a start with a lease has one of that many seconds, and each report renews it, equal progress included', async () => {
  const { take, read, expireLease } = await createRun();
  const { experiment: started } = await take('start', { leaseSeconds: 86_400 });
  expect(secondsLeft(started)).toBeGreaterThan(86_390);
  expect(secondsLeft(started)).toBeLessThanOrEqual(86_400);
  for (const progress of [0, 40, 40]) {
    expireLease();
    expect(await read()).toMatchObject({ isStalled: true, leaseExpiresAt: '1970-01-01T00:00:00.007Z' });
    const { experiment } = await take('reportProgress', { progress, attempt: 1 });
    expect(experiment).toMatchObject({ status: 'RUNNING', progress, attempt: 1, isStalled: false });
    expect(secondsLeft(experiment)).toBeGreaterThan(86_390);
    expect(await read()).toEqual(experiment);
  }
  expect(await take('reportProgress', { progress: 39 })).toMatchObject({ reason: 'INVALID_TRANSITION' });
});

test.each([[10], [86_400]])('a lease of %s seconds is accepted', async (leaseSeconds) => {
  const { take } = await createRun();
  expect(await take('start', { leaseSeconds })).toMatchObject({ __typename: 'StartExperimentSuccess' });
});

test.each([
  [9, 'TOO_SMALL'],
  [0, 'TOO_SMALL'],
  [-60, 'TOO_SMALL'],
  [86_401, 'TOO_BIG'],
])('a lease of %s seconds is refused, and nothing starts', async (leaseSeconds, code) => {
  const { take, read } = await createRun();
  const message = `leaseSeconds: ${leaseSeconds} is outside the range 10 to 86400.`;
  const issues = [{ path: ['leaseSeconds'], code, message }];
  expect(await take('start', { leaseSeconds })).toMatchObject({ __typename: 'ValidationError', issues });
  expect(await read()).toMatchObject({ status: 'PENDING', attempt: 0 });
});

test('a live run cannot be started, and a stalled one is taken over with another attempt, from the beginning', async () => {
  const { take, replace, expireLease } = await createRun();
  await take('start', { leaseSeconds: 60 });
  await take('reportProgress', { progress: 70 });
  await replace({ id: 'exp_run', input: { batchSize: 7 } });
  const refused = await take('start', { leaseSeconds: 60 });
  expect(refused).toMatchObject({
    reason: 'INVALID_TRANSITION',
    current: { attempt: 1, progress: 70, runRevision: 1 },
  });
  expect(refused.message).toMatch(/RUNNING.*take it over.*lease has expired, at \d{4}-/);
  expireLease();
  const { experiment } = await take('start');
  expect(experiment).toMatchObject({ attempt: 2, progress: 0, runRevision: 2, leaseExpiresAt: null, isStalled: false });
  expect(experiment.startedAt).toBe(experiment.updatedAt);
  expireLease();
  expect(await take('start', { leaseSeconds: 60 })).toMatchObject({ reason: 'INVALID_TRANSITION' });
});

test('a runner that was taken over cannot write: each step that names its attempt returns STALE_ATTEMPT', async () => {
  const { take, read, expireLease } = await createRun();
  await take('start', { leaseSeconds: 60 });
  expireLease();
  await take('start', { leaseSeconds: 60 });
  const current = await read();
  const late = [
    ['reportProgress', { progress: 99 }],
    ['complete', {}],
    ['fail', { errorMessage: 'Too late.' }],
  ] as const;
  for (const [name, variables] of late) {
    for (const attempt of [1, 3, 0, -1]) {
      expect(await take(name, { ...variables, attempt })).toEqual({
        __typename: 'ConflictError',
        code: 'CONFLICT',
        status: 409,
        message: 'The experiment is now at attempt 2.',
        reason: 'STALE_ATTEMPT',
        current,
      });
    }
  }
  expect(await read()).toEqual(current);
  expect(await take('complete', { attempt: 2 })).toMatchObject({ experiment: { status: 'COMPLETED', progress: 100 } });
});

test('another attempt is judged before the transition, and a missing experiment before both', async () => {
  const { take } = await createRun();
  await take('start');
  await take('complete');
  expect(await take('complete', { attempt: 2 })).toMatchObject({ reason: 'STALE_ATTEMPT' });
  expect(await take('complete', { attempt: 1 })).toMatchObject({ reason: 'INVALID_TRANSITION' });
  expect(await take('complete', { id: 'nobody', attempt: 2 })).toMatchObject({ __typename: 'NotFoundError' });
});

test('a start with ifRevision is judged by the revision before the transition, and starts only what it knows', async () => {
  const { take, replace, read } = await createRun();
  await replace({ id: 'exp_run', input: { batchSize: 7 } });
  const stale = { __typename: 'ConflictError', reason: 'STALE_REVISION', current: { revision: 2 } };
  expect(await take('start', { ifRevision: 1 })).toMatchObject(stale);
  expect(await read()).toMatchObject({ status: 'PENDING', attempt: 0 });
  expect(await take('start', { ifRevision: 2 })).toMatchObject({ experiment: { runRevision: 2, revision: 2 } });
  expect(await take('start', { ifRevision: 1 })).toMatchObject(stale);
  expect(await take('start', { ifRevision: 2 })).toMatchObject({ reason: 'INVALID_TRANSITION' });
  expect(await take('start', { id: 'nobody', ifRevision: 1 })).toMatchObject({ __typename: 'NotFoundError' });
});

test.each<[StepName, object, string]>([
  ['complete', {}, 'COMPLETED'],
  ['fail', { errorMessage: 'It broke.' }, 'FAILED'],
  ['cancel', {}, 'CANCELLED'],
])('%s ends the lease, also of a stalled run', async (name, variables, status) => {
  const { take, expireLease } = await createRun();
  await take('start', { leaseSeconds: 60 });
  expireLease();
  const { experiment } = await take(name, variables);
  expect(experiment).toMatchObject({ status, leaseExpiresAt: null, isStalled: false, attempt: 1, runRevision: 1 });
});

test.each<[string, StepName, object]>([
  ['COMPLETED', 'complete', {}],
  ['FAILED', 'fail', { errorMessage: 'It broke.' }],
  ['CANCELLED', 'cancel', {}],
])('reset makes a %s experiment startable again, and keeps its attempt and runRevision', async (_, name, variables) => {
  const { take, read } = await createRun();
  await take('start', { leaseSeconds: 60 });
  await take('reportProgress', { progress: 30 });
  await take(name, variables);
  const { experiment } = await take('reset');
  const cleared = { progress: 0, startedAt: null, completedAt: null, errorMessage: null, leaseExpiresAt: null };
  expect(experiment).toMatchObject({ status: 'PENDING', ...cleared, attempt: 1, runRevision: 1, revision: 1 });
  expect(await read()).toEqual(experiment);
  expect(await take('reset')).toMatchObject({ reason: 'INVALID_TRANSITION', current: experiment });
  expect(await take('start')).toMatchObject({ experiment: { attempt: 2, leaseExpiresAt: null } });
});

test('the filter `stalled` selects runs whose lease has expired, alone and inside and, or and not', async () => {
  const gateway = await createRun();
  const { take, created, expireLease } = gateway;
  for (const experimentId of ['pending', 'unleased', 'live']) await created({ experimentId });
  await take('start', { leaseSeconds: 60 });
  expireLease();
  await take('start', { id: 'unleased' });
  await take('start', { id: 'live', leaseSeconds: 60 });
  const others = ['live', 'pending', 'unleased'];
  const expected: [object, string[]][] = [
    [{ stalled: true }, ['exp_run']],
    [{ stalled: false }, others],
    [{ stalled: null }, ['exp_run', ...others]],
    [{ not: { stalled: true } }, others],
    [{ not: { stalled: false } }, ['exp_run']],
    [{ and: [{ stalled: true }, { status: ['RUNNING'] }] }, ['exp_run']],
    [{ or: [{ stalled: true }, { status: ['PENDING'] }] }, ['exp_run', 'pending']],
    [{ stalled: true, status: ['PENDING'] }, []],
  ];
  for (const [filter, ids] of expected) expect([filter, await listIds(gateway, filter)]).toEqual([filter, ids]);
  await take('reportProgress', { progress: 0 });
  expect(await listIds(gateway, { stalled: true })).toEqual([]);
});

test('the fields of a run are the same in a list, in one experiment, and in the result of a step', async () => {
  const gateway = await createRun();
  const { take, data, expireLease } = gateway;
  const fields = 'attempt runRevision leaseExpiresAt isStalled';
  const readAll = async () => {
    const { experiments, experiment, node } = await data(
      `{ experiments { nodes { ${fields} } } experiment(id: "exp_run") { ${fields} } node(id: "exp_run") { ... on Experiment { ${fields} } } }`,
    );
    expect([experiments.nodes[0], node]).toEqual([experiment, experiment]);
    return experiment;
  };
  const { experiment: started } = await take('start', { leaseSeconds: 60 });
  expect(started).toMatchObject(await readAll());
  expireLease();
  expect(await readAll()).toMatchObject({ isStalled: true });
  const only = await data('{ experiments { nodes { isStalled } } }');
  expect(only.experiments.nodes).toEqual([{ isStalled: true }]);
});
