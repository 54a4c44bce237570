import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, later, listIssues, otherConnection, toPreview } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const id = 'exp-full';
const { tags, experimentId: _, ...content } = fullInput;

/** Creates an experiment with full content at revision 1 and almost none at revision 2. */
async function createTwoRevisions(gateway: TestGateway) {
  const calls = createCalls(gateway);
  const first = await calls.created(fullInput);
  const second = (await calls.replace({ id, input: { name: 'Second' } })).experiment;
  return { calls, first, second };
}

test('a restore brings back the whole content as a new revision', async () => {
  const { calls, first, second } = await createTwoRevisions(await createTestGateway());
  await later(second.updatedAt);
  const result = await calls.restore({ id, revision: 1 });
  const { updatedAt } = result.experiment;
  expect(result).toMatchObject({ __typename: 'RestoreExperimentRevisionSuccess', warnings: [] });
  expect(result.experiment).toEqual({ ...first, updatedAt, revision: 3 });
  expect(Date.parse(updatedAt)).toBeGreaterThan(Date.parse(second.updatedAt));
  expect(await calls.stored(id)).toEqual(result.experiment);
});

test('a restore lists its changes as a replace does', async () => {
  const { calls } = await createTwoRevisions(await createTestGateway());
  await calls.restore({ id, revision: 1 });
  const { changes } = await calls.restore({ id, revision: 2 });
  expect(changes.map(({ field, reason }: any) => [field, reason]).toSorted()).toEqual([
    ['batchSize', 'RESET_TO_DEFAULT'],
    ['concurrency', 'RESET_TO_DEFAULT'],
    ['datasetId', 'CLEARED'],
    ['description', 'CLEARED'],
    ['enableTracing', 'RESET_TO_DEFAULT'],
    ['evaluatorIds', 'CLEARED'],
    ['generationMethod', 'CLEARED'],
    ['name', 'SET'],
    ['spanWorkflowName', 'RESET_TO_DEFAULT'],
    ['workflow', 'CLEARED'],
  ]);
  expect(changes).toContainEqual({ field: 'name', before: 'Full', after: 'Second', reason: 'SET' });
});

test('a restore has the same effect as a replace with the content of the revision', async () => {
  const { calls: one } = await createTwoRevisions(await createTestGateway());
  const { calls: other } = await createTwoRevisions(await createTestGateway());
  const restored = await one.restore({ id, revision: 1 });
  const replaced = await other.replace({ id, input: content });
  const times = { createdAt: '', updatedAt: '' };
  expect(restored.changes).toEqual(replaced.changes);
  expect({ ...restored.experiment, ...times }).toEqual({ ...replaced.experiment, ...times });
});

test('a restore never changes tags, status, progress or the times of the run', async () => {
  const gateway = await createTestGateway();
  const { calls } = await createTwoRevisions(gateway);
  await calls.update({ id, input: { tags: [{ new: true }] } });
  otherConnection(gateway).exec(
    "UPDATE experiments SET status = 'COMPLETED', progress = 100, started_at = 1, completed_at = 2",
  );
  const before = await calls.stored(id);
  expect(before.tags).not.toEqual(tags);
  const { experiment } = await calls.restore({ id, revision: 1 });
  const { updatedAt } = experiment;
  expect(experiment).toMatchObject({ ...content, revision: 4, name: 'Full' });
  const { status, progress, startedAt, completedAt, createdAt } = before;
  expect(await calls.stored(id)).toMatchObject({
    ...content,
    status,
    progress,
    startedAt,
    completedAt,
    createdAt,
    updatedAt,
    tags: [{ new: true }],
  });
});

test('a restore of the current content changes nothing', async () => {
  const { calls, second } = await createTwoRevisions(await createTestGateway());
  await later(second.updatedAt);
  const result = await calls.writingNothing(() => calls.restore({ id, revision: 2 }));
  expect(result).toEqual({
    __typename: 'RestoreExperimentRevisionSuccess',
    experiment: second,
    changes: [],
    warnings: [],
  });
});

test('a restored revision can be restored again, and old revisions do not change', async () => {
  const { calls, first } = await createTwoRevisions(await createTestGateway());
  await calls.restore({ id, revision: 1 });
  await calls.restore({ id, revision: 2 });
  const { experiment } = await calls.restore({ id, revision: 3 });
  expect(experiment).toEqual({ ...first, revision: 5, updatedAt: experiment.updatedAt });
});

describe('refused restores', () => {
  test.each([3, 2_147_483_647])('a restore of the missing revision %d returns NotFoundError', async (revision) => {
    const { calls } = await createTwoRevisions(await createTestGateway());
    const result = await calls.writingNothing(() => calls.restore({ id, revision }));
    expect(result).toEqual({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      status: 404,
      message: expect.any(String),
      missingId: id,
    });
  });

  test.each([0, -1])('a restore of the invalid revision %d returns ValidationError', async (revision) => {
    const { calls } = await createTwoRevisions(await createTestGateway());
    const result = await calls.writingNothing(() => calls.restore({ id, revision }));
    expect(result).toMatchObject({ __typename: 'ValidationError', issues: [{ path: ['revision'] }] });
  });

  test('a restore does not find a revision of another experiment', async () => {
    const { calls } = await createTwoRevisions(await createTestGateway());
    await calls.created({ experimentId: 'one-revision' });
    const result = await calls.writingNothing(() => calls.restore({ id: 'one-revision', revision: 2 }));
    expect(result).toMatchObject({ __typename: 'NotFoundError', missingId: 'one-revision' });
  });

  test('a restore reports an invalid id and an invalid revision together', async () => {
    const calls = createCalls(await createTestGateway());
    const result = await calls.restore({ id: '', revision: 0 });
    expect(listIssues(result)).toEqual(['id TOO_SHORT', 'revision TOO_SMALL']);
  });
});

describe('ifRevision and dryRun of a restore', () => {
  test('a restore with a stale ifRevision is a conflict and writes nothing', async () => {
    const { calls, second: current } = await createTwoRevisions(await createTestGateway());
    const result = await calls.writingNothing(() => calls.restore({ id, revision: 1, ifRevision: 1 }));
    expect(result).toMatchObject({ __typename: 'ConflictError', status: 409, reason: 'STALE_REVISION', current });
  });

  test('a restore checks that the revision exists before it checks ifRevision', async () => {
    const { calls } = await createTwoRevisions(await createTestGateway());
    expect(await calls.restore({ id, revision: 7, ifRevision: 1 })).toMatchObject({ __typename: 'NotFoundError' });
  });

  test('a restore with the stored revision as ifRevision succeeds', async () => {
    const { calls } = await createTwoRevisions(await createTestGateway());
    const { experiment } = await calls.restore({ id, revision: 1, ifRevision: 2 });
    expect(experiment).toMatchObject({ name: 'Full', revision: 3 });
  });

  test.each([
    ['a change', { id, revision: 1 }],
    ['no change', { id, revision: 2 }],
    ['an unknown revision', { id, revision: 3 }],
    ['a stale revision', { id, revision: 1, ifRevision: 1 }],
    ['a missing experiment', { id: 'missing', revision: 1 }],
  ])('a dry run of a restore returns %s as the restore would and writes nothing', async (_what, variables) => {
    const { calls } = await createTwoRevisions(await createTestGateway());
    const tried = await calls.writingNothing(() => calls.restore({ ...variables, dryRun: true }));
    expect(tried).toEqual(toPreview(await calls.restore(variables)));
  });
});
