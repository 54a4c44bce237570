import { expect, test } from 'vitest';
import { scopes } from '../../src/domain/actor.ts';
import { issueApiKey } from '../../src/domain/api-key/api-key.ts';
import { createMovedClock } from '../support/process/moved-clock.ts';
import { hasCompiler } from '../support/process/preloaded.ts';
import { startGateway } from '../support/process/process.ts';
import { openStorageOn } from '../support/storage/storage.ts';

const hour = 3_600;
const success = (name: string, rest = '') => `... on ${name}Success { experiment { id revision attempt ${rest} } }`;
const failure = '... on MutationError { code message }';
const operations = {
  create: `mutation ($id: ID, $key: String) { result: createExperiment(input: {name: "New", experimentId: $id}, idempotencyKey: $key) {
    ${success('CreateExperiment')} ${failure} } }`,
  rename: `mutation ($id: ID!, $name: String!) { result: replaceExperiment(id: $id, input: {name: $name}) {
    ${success('ReplaceExperiment', 'name')} ${failure} } }`,
  start: `mutation ($id: ID!) { result: startExperiment(id: $id, leaseSeconds: 600) { ${success('StartExperiment')} ${failure} } }`,
  report: `mutation ($id: ID!) { result: reportExperimentProgress(id: $id, progress: 50, attempt: 1) {
    ${success('ReportExperimentProgress', 'isStalled')} ${failure} } }`,
  remove: 'mutation ($id: ID!) { result: deleteExperiment(id: $id) { ... on DeleteExperimentSuccess { purgeAt } } }',
  restore: `mutation ($id: ID!) { result: restoreExperiment(id: $id) { ${success('RestoreExperiment')} ${failure} } }`,
};
const list = `query ($after: String) { experiments(first: 1, after: $after, orderBy: {field: CREATED_AT, direction: ASC}) {
  totalCount changesCursor nodes { id } pageInfo { endCursor } } }`;

test.runIf(hasCompiler)('a clock that is moved by an hour, forward and back, loses nothing (needs cc)', async () => {
  const clock = createMovedClock();
  const gateway = await startGateway({ env: clock.env });
  const { graphql } = gateway;
  const ask = async (kind: keyof typeof operations, variables: object) =>
    (await graphql(operations[kind], { ...variables })).data.result;
  const { apiKeys } = await openStorageOn(`file:${gateway.databasePath}`);
  const expiresAt = new Date(Date.now() + (hour / 2) * 1_000);
  const grant = { organization: 'default', name: null, scopes, expiresAt };
  const { secret: expiring } = await issueApiKey(apiKeys, grant);
  const isAccepted = async () => (await graphql('{ viewer { organization } }', {}, expiring)).errors === undefined;

  const { experiment: nightly } = await ask('create', { key: 'nightly' });
  for (const id of ['running', 'deleted', 'kept']) await ask('create', { id });
  await ask('start', { id: 'running' });
  await ask('remove', { id: 'deleted' });
  const first = (await graphql(list)).data.experiments;
  expect(first).toMatchObject({ totalCount: 3, nodes: [nightly.id].map((id) => ({ id })) });
  expect(await isAccepted()).toBe(true);

  /** What must hold at any time. The names show the order of writes. */
  const expectNothingLost = async (time: string, revision: number) => {
    expect(await ask('create', { key: 'nightly' })).toMatchObject({ experiment: { id: nightly.id } });
    expect(await ask('rename', { id: 'kept', name: time })).toMatchObject({ experiment: { revision, name: time } });
    await ask('create', { id: time });
    const { nodes } = (await graphql(list, { after: first.pageInfo.endCursor })).data.experiments;
    expect(nodes).toEqual([{ id: 'running' }]);
    // A run whose lease has expired by the new time is revived by its next report.
    expect(await ask('report', { id: 'running' })).toMatchObject({ experiment: { attempt: 1, isStalled: false } });
    const all = '{ experiments(first: 100) { totalCount nodes { id name } } }';
    const { experiments } = (await graphql(all)).data;
    expect(experiments.totalCount).toBe(experiments.nodes.length);
    expect(experiments.nodes).toContainEqual({ id: 'kept', name: time });
    return new Set(experiments.nodes.map(({ id }: { id: string }) => id));
  };

  clock.moveTo(hour);
  const { createdAt } = (
    await graphql(
      'mutation { r: createExperiment(input: {experimentId: "late"}) { ... on CreateExperimentSuccess { experiment { createdAt } } } }',
    )
  ).data.r.experiment;
  expect(Date.parse(createdAt) - Date.now()).toBeGreaterThan((hour - 60) * 1_000);
  expect(await expectNothingLost('ahead', 2)).toEqual(new Set([nightly.id, 'ahead', 'kept', 'late', 'running']));
  await expect.poll(isAccepted, { timeout: 10_000 }).toBe(false);

  clock.moveTo(-hour);
  expect(await ask('restore', { id: 'deleted' })).toMatchObject({ experiment: { id: 'deleted', revision: 1 } });
  expect(await ask('rename', { id: 'late', name: 'earlier' })).toMatchObject({ experiment: { revision: 2 } });
  expect(await expectNothingLost('behind', 3)).toEqual(
    new Set([nightly.id, 'ahead', 'behind', 'deleted', 'kept', 'late', 'running']),
  );
  await expect.poll(isAccepted, { timeout: 10_000 }).toBe(true);
});
