import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, later, toPreview } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const { tags: _, experimentId: __, ...fullReplace } = fullInput;

describe('changes', () => {
  /** For each field: a value to set, then the value and the reason of the change once it is omitted. */
  const resets: [field: string, before: unknown, after: unknown, reason: string][] = [
    ['description', fullInput.description, null, 'CLEARED'],
    ['datasetId', fullInput.datasetId, null, 'CLEARED'],
    ['workflow', fullInput.workflow, [], 'CLEARED'],
    ['evaluatorIds', fullInput.evaluatorIds, [], 'CLEARED'],
    ['spanWorkflowName', 'span', 'workflow', 'RESET_TO_DEFAULT'],
    ['enableTracing', false, true, 'RESET_TO_DEFAULT'],
    ['batchSize', 7, 100, 'RESET_TO_DEFAULT'],
    ['concurrency', 3, 15, 'RESET_TO_DEFAULT'],
    ['generationMethod', 'method', null, 'CLEARED'],
  ];
  const sortByField = (changes: any[]) => changes.toSorted((one, other) => (one.field < other.field ? -1 : 1));

  test('R13: every field that is cleared or reset is a change with before, after and reason', async () => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const { changes } = await calls.replace({ id: 'exp-full', input: {} });
    const expected = resets.map(([field, before, after, reason]) => ({ field, before, after, reason }));
    expect(sortByField(changes)).toEqual(sortByField(expected));
  });

  test('R13: changes contain every field that is set and no other', async () => {
    const calls = createCalls(await createTestGateway());
    await calls.created({ experimentId: 'a', concurrency: 3 });
    const { changes } = await calls.replace({ id: 'a', input: fullReplace });
    const set = [
      { field: 'name', before: 'Untitled experiment', after: 'Full', reason: 'SET' },
      ...resets
        .filter(([field]) => field !== 'concurrency')
        .map(([field, after, before]) => ({ field, before, after, reason: 'SET' })),
    ];
    expect(sortByField(changes)).toEqual(sortByField(set));
  });

  test.each([
    ['the documented default, when sent', { batchSize: 100 }, 'batchSize', 7, 100, 'RESET_TO_DEFAULT'],
    ['an empty text', { description: '' }, 'description', fullInput.description, '', 'CLEARED'],
    ['an empty list', { evaluatorIds: [] }, 'evaluatorIds', fullInput.evaluatorIds, [], 'CLEARED'],
    ['a non-default number', { batchSize: 8 }, 'batchSize', 7, 8, 'SET'],
    [
      'the same evaluators in another order',
      { evaluatorIds: ['evaluator-2', 'evaluator-1'] },
      'evaluatorIds',
      fullInput.evaluatorIds,
      ['evaluator-2', 'evaluator-1'],
      'SET',
    ],
  ])('R13: the reason of a change depends on the new value: %s', async (_case, input, field, before, after, reason) => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const { changes } = await calls.replace({ id: 'exp-full', input: { ...fullReplace, ...input } });
    expect(changes).toEqual([{ field, before, after, reason }]);
  });

  test('R13: false is not an empty value', async () => {
    const calls = createCalls(await createTestGateway());
    await calls.created({ experimentId: 'a' });
    const { changes } = await calls.replace({ id: 'a', input: { enableTracing: false } });
    expect(changes).toEqual([{ field: 'enableTracing', before: true, after: false, reason: 'SET' }]);
  });

  test('R13: a replace that changes nothing succeeds with the same revision and updatedAt', async () => {
    const calls = createCalls(await createTestGateway());
    const before = await calls.created(fullInput);
    await later(before.updatedAt);
    const result = await calls.writingNothing(() => calls.replace({ id: 'exp-full', input: fullReplace }));
    expect(result).toEqual({ __typename: 'ReplaceExperimentSuccess', experiment: before, changes: [], warnings: [] });
  });

  test('R13: each write that changes something increments the revision by one', async () => {
    const calls = createCalls(await createTestGateway());
    const revisions = [(await calls.created({ experimentId: 'a' })).revision];
    for (const description of ['one', 'one', 'two', null, 'two']) {
      revisions.push((await calls.replace({ id: 'a', input: { description } })).experiment.revision);
    }
    expect(revisions).toEqual([1, 2, 2, 3, 4, 5]);
  });
});

describe('ifRevision', () => {
  async function atRevision2(gateway: TestGateway) {
    const calls = createCalls(gateway);
    await calls.created({ experimentId: 'a' });
    await calls.replace({ id: 'a', input: { name: 'Second' } });
    return calls;
  }

  test.each([1, 3, 0, -1, 2_147_483_647])(
    'R14: a replace with the wrong ifRevision %d is a conflict',
    async (ifRevision) => {
      const calls = await atRevision2(await createTestGateway());
      const input = { name: 'Third' };
      const result = await calls.writingNothing(() => calls.replace({ id: 'a', input, ifRevision }));
      expect(result).toEqual({
        __typename: 'ConflictError',
        code: 'CONFLICT',
        status: 409,
        message: expect.any(String),
        reason: 'STALE_REVISION',
        current: await calls.stored('a'),
      });
    },
  );

  test('R14: a stale revision is a conflict even when nothing would change', async () => {
    const calls = await atRevision2(await createTestGateway());
    const result = await calls.replace({ id: 'a', input: {}, ifRevision: 1 });
    expect(result).toMatchObject({ __typename: 'ConflictError', reason: 'STALE_REVISION' });
  });

  test.each([2, null, undefined])('R14: a replace with ifRevision %s succeeds at revision 2', async (ifRevision) => {
    const calls = await atRevision2(await createTestGateway());
    const { experiment } = await calls.replace({ id: 'a', input: { name: 'Third' }, ifRevision });
    expect(experiment).toMatchObject({ name: 'Third', revision: 3 });
  });

  test('R14: of many concurrent replaces with the same ifRevision exactly one succeeds', async () => {
    const calls = await atRevision2(await createTestGateway());
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) => calls.replace({ id: 'a', input: { name: `${index}` }, ifRevision: 2 })),
    );
    const done = results.filter(({ __typename }) => __typename === 'ReplaceExperimentSuccess');
    expect(done).toHaveLength(1);
    expect(await calls.stored('a')).toEqual(done[0].experiment);
    expect(results.filter(({ reason }) => reason === 'STALE_REVISION')).toHaveLength(9);
  });
});

describe('dryRun', () => {
  const cases: [what: string, variables: Record<string, unknown>][] = [
    ['a change', { id: 'exp-full', input: { name: 'New', batchSize: 8 } }],
    ['no change', { id: 'exp-full', input: fullReplace }],
    ['warnings', { id: 'exp-full', input: { evaluatorIds: ['a', 'a'], evaluatorSlugs: ['b'] } }],
    ['the right revision', { id: 'exp-full', input: {}, ifRevision: 1 }],
    ['a stale revision', { id: 'exp-full', input: {}, ifRevision: 2 }],
    ['issues', { id: 'exp-full', input: { name: '', batchSize: 0 } }],
    ['a missing experiment', { id: 'missing', input: {} }],
  ];

  test.each(cases)('R15: a dry run returns %s as the write would and writes nothing', async (_what, variables) => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const tried = await calls.writingNothing(() => calls.replace({ ...variables, dryRun: true }));
    expect(tried).toEqual(toPreview(await calls.replace({ ...variables, dryRun: false })));
  });

  test('R15: a preview has the content of the write and what it would change, but no id, revision or time', async () => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    await calls.created(fullInput);
    await gateway.data('mutation { registerDataset(input: { id: "ds_1", name: "Support QA" }) { __typename } }');
    const input = { datasetId: 'ds_1', workflow: [{ b: 1, a: 2 }], batchSize: 8, evaluatorIds: ['x', 'x'] };
    const preview = await calls.replace({ id: 'exp-full', input, dryRun: true });
    expect(preview).toEqual({
      __typename: 'ExperimentPreview',
      name: 'Full',
      description: null,
      dataset: 'ds_1',
      datasetId: 'ds_1',
      datasetName: 'Support QA',
      workflow: [{ b: 1, a: 2 }],
      workflowCount: 1,
      evaluatorIds: ['x'],
      evaluatorSlugs: ['x'],
      evaluatorWorkflowIds: [],
      spanWorkflowName: 'workflow',
      enableTracing: true,
      batchSize: 8,
      concurrency: 15,
      generationMethod: null,
      tags: fullInput.tags,
      changes: expect.arrayContaining([{ field: 'batchSize', before: 7, after: 8, reason: 'SET' }]),
      warnings: [expect.objectContaining({ code: 'DUPLICATES_REMOVED', path: ['input', 'evaluatorIds'] })],
    });
    expect(preview.changes.map(({ field }: any) => field)).not.toContain('tags');
  });

  test.each([false, null, undefined])('R15: a replace with dryRun %s writes', async (dryRun) => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const { experiment } = await calls.replace({ id: 'exp-full', input: {}, dryRun });
    expect(await calls.stored('exp-full')).toEqual(experiment);
    expect(experiment.revision).toBe(2);
  });
});
