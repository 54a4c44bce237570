import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, later, listIssues, otherConnection, toPreview } from '../support/gateway/calls.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';

const id = 'exp-full';

/** A new value for each field of an update. */
const values: Record<string, unknown> = {
  name: 'New',
  description: 'New',
  datasetId: 'new',
  workflow: [{ new: 1 }, { new: 2 }],
  evaluatorIds: ['new'],
  spanWorkflowName: 'new',
  enableTracing: true,
  batchSize: 100,
  concurrency: 15,
  generationMethod: 'new',
  tags: [{ new: true }],
};
const twins: Record<string, string> = { datasetId: 'dataset', evaluatorIds: 'evaluatorSlugs' };

test.each(Object.entries(values))('an update with only %s changes only that field', async (field, value) => {
  const calls = createCalls(await createTestGateway());
  const before = await calls.created(fullInput);
  const { experiment, changes } = await calls.update({ id, input: { [field]: value } });
  const { updatedAt } = experiment;
  expect(experiment).toEqual({
    ...before,
    [field]: value,
    ...(twins[field] && { [twins[field]]: value }),
    ...(field === 'workflow' && { workflowCount: 2 }),
    updatedAt,
    revision: 2,
  });
  expect(changes.map((change: any) => [change.field, change.before, change.after])).toEqual([
    [field, (fullInput as Record<string, unknown>)[field], value],
  ]);
  expect(await calls.stored(id)).toEqual(experiment);
});

test('an update with evaluatorSlugs changes the evaluators, and evaluatorIds win over them', async () => {
  const calls = createCalls(await createTestGateway());
  await calls.created(fullInput);
  const one = await calls.update({ id, input: { evaluatorSlugs: ['slug', 'slug'] } });
  expect(one).toMatchObject({ experiment: { evaluatorIds: ['slug'], evaluatorSlugs: ['slug'] } });
  expect(one.warnings).toMatchObject([{ code: 'DUPLICATES_REMOVED', path: ['input', 'evaluatorSlugs'] }]);
  const other = await calls.update({ id, input: { evaluatorIds: ['id'], evaluatorSlugs: ['slug'] } });
  expect(other).toMatchObject({
    experiment: { evaluatorIds: ['id'] },
    warnings: [{ code: 'EVALUATOR_SLUGS_IGNORED' }],
  });
});

describe('null in an update', () => {
  test.each([
    ['description', null],
    ['datasetId', null],
    ['generationMethod', null],
    ['workflow', []],
    ['evaluatorIds', []],
    ['tags', []],
  ])('null in an update clears %s', async (field, value) => {
    const calls = createCalls(await createTestGateway());
    const before = await calls.created(fullInput);
    const { changes } = await calls.update({ id, input: { [field]: null } });
    expect(changes).toEqual([{ field, before: before[field], after: value, reason: 'CLEARED' }]);
    expect((await calls.stored(id))[field]).toEqual(value);
  });

  test('null in an update clears evaluatorSlugs and evaluatorWorkflowIds', async () => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    expect(await calls.update({ id, input: { evaluatorSlugs: null } })).toMatchObject({
      experiment: { evaluatorIds: [] },
    });
    await calls.update({ id, input: { evaluatorWorkflowIds: ['version'] } });
    const { experiment } = await calls.update({ id, input: { evaluatorWorkflowIds: null } });
    expect(experiment).toMatchObject({ evaluatorIds: [], evaluatorWorkflowIds: [], revision: 4 });
  });

  test('null in an update is an issue at every field without an empty value', async () => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const fields = ['name', 'spanWorkflowName', 'enableTracing', 'batchSize', 'concurrency'];
    const input = { ...Object.fromEntries(fields.map((field) => [field, null])), description: null, datasetId: '' };
    const result = await calls.writingNothing(() => calls.update({ id, input }));
    expect(result).toMatchObject({ __typename: 'ValidationError', code: 'BAD_USER_INPUT', status: 400 });
    const required = fields.map((field) => `input.${field} REQUIRED`);
    expect(listIssues(result)).toEqual(['input.datasetId TOO_SHORT', ...required].toSorted());
  });
});

test.each([
  ['no fields', {}],
  ['the stored values', fullInput],
  ['the stored name with spaces around it', { name: ' Full ' }],
])('an update with %s changes nothing', async (_what, { experimentId: _, ...input }: Record<string, unknown>) => {
  const calls = createCalls(await createTestGateway());
  const experiment = await calls.created(fullInput);
  await later(experiment.updatedAt);
  const result = await calls.writingNothing(() => calls.update({ id, input }));
  expect(result).toEqual({ __typename: 'UpdateExperimentSuccess', experiment, changes: [], warnings: [] });
});

test('an unset variable in an update leaves its field unchanged', async () => {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  await calls.created(fullInput);
  const query = `mutation ($given: String, $missing: String) {
    result: updateExperiment(id: "${id}", input: { description: $given, generationMethod: $missing }) {
      ... on UpdateExperimentSuccess { experiment { description generationMethod } }
    }
  }`;
  const { result } = await gateway.data(query, { given: null });
  expect(result.experiment).toEqual({ description: null, generationMethod: 'method' });
});

describe('evaluators and evaluator workflows in an update', () => {
  const evaluators = { experimentId: id, evaluatorIds: ['e'] };
  const workflows = { experimentId: id, evaluatorWorkflowIds: ['w'] };

  test.each([
    ['evaluatorIds beside stored workflows', workflows, { evaluatorIds: ['e'] }, ['evaluatorIds']],
    ['evaluatorSlugs beside stored workflows', workflows, { evaluatorSlugs: ['e'] }, ['evaluatorSlugs']],
    ['both names beside stored workflows', workflows, { evaluatorIds: ['e'], evaluatorSlugs: ['f'] }, ['evaluatorIds']],
    ['workflows beside stored evaluators', evaluators, { evaluatorWorkflowIds: ['w'] }, ['evaluatorWorkflowIds']],
    [
      'both lists in one input',
      evaluators,
      { evaluatorIds: ['e'], evaluatorWorkflowIds: ['w'] },
      ['evaluatorIds', 'evaluatorWorkflowIds'],
    ],
  ])('an update with %s is refused, because they exclude each other', async (_case, stored, input, fields) => {
    const calls = createCalls(await createTestGateway());
    await calls.created(stored);
    const result = await calls.writingNothing(() => calls.update({ id, input }));
    expect(result).toMatchObject({ __typename: 'ValidationError', code: 'BAD_USER_INPUT', status: 400 });
    expect(listIssues(result)).toEqual(fields.map((field) => `input.${field} MUTUALLY_EXCLUSIVE`));
  });

  test.each([
    ['evaluatorIds', 'evaluatorWorkflowIds', workflows],
    ['evaluatorSlugs', 'evaluatorWorkflowIds', workflows],
    ['evaluatorWorkflowIds', 'evaluatorIds', evaluators],
  ])('R7: an update with %s is told that the experiment has %s, and how to clear them', async (sent, other, stored) => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    await calls.created(stored);
    const message = `${sent}: cannot be combined with ${other}, which the experiment has; send ${other}: null in the same update to clear them.`;
    for (const dryRun of [true, false]) {
      const { issues } = await calls.writingNothing(() => calls.update({ id, input: { [sent]: ['x'] }, dryRun }));
      expect(issues).toEqual([{ path: ['input', sent], code: 'MUTUALLY_EXCLUSIVE', message }]);
    }
    const toSnakeCase = (text: string) =>
      text.replace(/[a-z]+[A-Z]\w*/g, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    const { status, body } = await callRest(gateway, 'PATCH', id, { [toSnakeCase(sent)]: ['x'] });
    expect([status, body.errors]).toEqual([400, { [toSnakeCase(sent)]: [toSnakeCase(message)] }]);

    expect(await calls.update({ id, input: { [sent]: ['x'], [other]: null } })).toMatchObject({
      __typename: 'UpdateExperimentSuccess',
      experiment: { [sent]: ['x'], [other]: [] },
    });
  });

  test.each([
    ['null', null],
    ['an empty list', []],
  ])('an update may set one list of evaluators when it sets the other to %s', async (_what, empty) => {
    const calls = createCalls(await createTestGateway());
    await calls.created(evaluators);
    const there = await calls.update({ id, input: { evaluatorIds: empty, evaluatorWorkflowIds: ['w'] } });
    expect(there.experiment).toMatchObject({ evaluatorIds: [], evaluatorWorkflowIds: ['w'] });
    const back = await calls.update({ id, input: { evaluatorSlugs: ['e'], evaluatorWorkflowIds: empty } });
    expect(back.experiment).toMatchObject({ evaluatorIds: ['e'], evaluatorWorkflowIds: [] });
  });
});

test('an update keeps the fields of the run', async () => {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  await calls.created(fullInput);
  otherConnection(gateway).exec("UPDATE experiments SET status = 'RUNNING', progress = 12.5, started_at = 1");
  const { experiment } = await calls.update({ id, input: { name: 'New' } });
  expect(experiment).toMatchObject({ status: 'RUNNING', progress: 12.5, startedAt: '1970-01-01T00:00:00.001Z' });
});

test('concurrent updates of different fields are all kept', async () => {
  const calls = createCalls(await createTestGateway());
  await calls.created(fullInput);
  const results = await Promise.all(
    Object.entries(values).map(([field, value]) => calls.update({ id, input: { [field]: value } })),
  );
  expect(results.map(({ __typename }) => __typename)).toEqual(results.map(() => 'UpdateExperimentSuccess'));
  expect(await calls.stored(id)).toMatchObject({ ...values, revision: 1 + results.length });
});

describe('ifRevision and dryRun of an update', () => {
  test.each([2, 0])('an update with the wrong ifRevision %d is a conflict', async (ifRevision) => {
    const calls = createCalls(await createTestGateway());
    const current = await calls.created(fullInput);
    const result = await calls.writingNothing(() => calls.update({ id, input: { name: 'New' }, ifRevision }));
    expect(result).toMatchObject({ __typename: 'ConflictError', status: 409, reason: 'STALE_REVISION', current });
  });

  test('an update with the stored revision or without ifRevision succeeds', async () => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    await calls.update({ id, input: { name: 'Two' }, ifRevision: 1 });
    const { experiment } = await calls.update({ id, input: { name: 'Three' }, ifRevision: null });
    expect(experiment).toMatchObject({ name: 'Three', revision: 3 });
  });

  test.each([
    ['a change', { id, input: { name: 'New', tags: [] } }],
    ['no change', { id, input: {} }],
    ['a warning', { id, input: { evaluatorIds: ['a', 'a'] } }],
    ['an issue', { id, input: { name: null } }],
    ['an issue with a stored field', { id, input: { evaluatorWorkflowIds: ['w'] } }],
    ['a stale revision', { id, input: {}, ifRevision: 3 }],
    ['a missing experiment', { id: 'missing', input: {} }],
  ])('a dry run of an update returns %s as the update would and writes nothing', async (_what, variables) => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const tried = await calls.writingNothing(() => calls.update({ ...variables, dryRun: true }));
    expect(tried).toEqual(toPreview(await calls.update(variables)));
  });
});

test('concurrent updates without ifRevision of one experiment all succeed, and none is stale', async () => {
  const calls = createCalls(await createTestGateway());
  await calls.created(fullInput);
  const sizes = Array.from({ length: 64 }, (_, index) => index + 100);
  const results = await Promise.all(sizes.map((batchSize) => calls.update({ id, input: { batchSize } })));
  expect(results.map(({ __typename }) => __typename)).toEqual(sizes.map(() => 'UpdateExperimentSuccess'));
  expect(results.map(({ experiment }) => experiment.revision).toSorted((one, other) => one - other)).toEqual(
    sizes.map((_, index) => index + 2),
  );
});
