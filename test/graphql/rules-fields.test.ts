import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, later, otherConnection } from '../support/gateway/calls.ts';
import { steps } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

const { tags, experimentId: _, ...fullReplace } = fullInput;

/** The values of omitted fields after a replace (R3, R4). */
const defaults = { spanWorkflowName: 'workflow', enableTracing: true, batchSize: 100, concurrency: 15 };
const cleared = {
  description: null,
  datasetId: null,
  generationMethod: null,
  workflow: [],
  evaluatorIds: [],
  evaluatorWorkflowIds: [],
};

test('R2: every editable field takes its value from the input', async () => {
  const calls = createCalls(await createTestGateway());
  const before = await calls.created({ experimentId: 'a', tags });
  await later(before.updatedAt);
  const { experiment } = await calls.replace({ id: 'a', input: fullReplace });
  expect(experiment).toEqual({
    ...before,
    ...fullReplace,
    dataset: fullReplace.datasetId,
    evaluatorSlugs: fullReplace.evaluatorIds,
    workflowCount: 1,
    revision: 2,
    updatedAt: expect.any(String),
  });
  expect(Date.parse(experiment.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
  expect(await calls.stored('a')).toEqual(experiment);
});

test('R2: evaluatorWorkflowIds take their value from the input', async () => {
  const calls = createCalls(await createTestGateway());
  await calls.created(fullInput);
  const { experiment } = await calls.replace({ id: 'exp-full', input: { evaluatorWorkflowIds: ['version-1'] } });
  expect(experiment).toMatchObject({ evaluatorIds: [], evaluatorSlugs: [], evaluatorWorkflowIds: ['version-1'] });
});

describe('null and omitted', () => {
  const inputFields = [...Object.keys(fullReplace), 'evaluatorSlugs', 'evaluatorWorkflowIds', 'experimentId'];

  test.each(inputFields)('R2: null for %s means the same as omitting it', async (field) => {
    const { [field]: _, ...input } = { ...fullReplace } as Record<string, unknown>;
    const one = createCalls(await createTestGateway());
    const other = createCalls(await createTestGateway());
    await one.created(fullInput);
    await other.created(fullInput);
    const left = await one.replace({ id: 'exp-full', input });
    const right = await other.replace({ id: 'exp-full', input: { ...input, [field]: null } });
    const times = { createdAt: '', updatedAt: '' };
    expect(right.__typename).toBe('ReplaceExperimentSuccess');
    expect({ ...right, experiment: { ...right.experiment, ...times } }).toEqual({
      ...left,
      experiment: { ...left.experiment, ...times },
    });
  });

  test('R2: null in the document, null in a variable and a variable without a value all mean omitted', async () => {
    const gateway = await createTestGateway();
    await createCalls(gateway).created({ ...fullInput, experimentId: 'a' });
    const query = `mutation ($given: Int, $missing: String) {
      result: replaceExperiment(id: "a", input: { batchSize: $given, spanWorkflowName: $missing, concurrency: null }) {
        ... on ReplaceExperimentSuccess { experiment { batchSize spanWorkflowName concurrency } }
      }
    }`;
    const { result } = await gateway.data(query, { given: null });
    expect(result.experiment).toEqual({ batchSize: 100, spanWorkflowName: 'workflow', concurrency: 15 });
  });
});

test.each(Object.entries(defaults))('R3: an omitted %s takes its default', async (field, value) => {
  const calls = createCalls(await createTestGateway());
  await calls.created(fullInput);
  const { [field]: _, ...input } = fullReplace as Record<string, unknown>;
  const { experiment } = await calls.replace({ id: 'exp-full', input });
  expect(experiment).toMatchObject({ ...input, [field]: value });
});

test.each(Object.entries(cleared))('R4: an omitted %s is cleared', async (field, value) => {
  const calls = createCalls(await createTestGateway());
  const evaluators = field === 'evaluatorWorkflowIds' ? { evaluatorIds: [], evaluatorWorkflowIds: ['version-1'] } : {};
  const input: Record<string, unknown> = { ...fullReplace, ...evaluators };
  await calls.created({ ...input, experimentId: 'a' });
  delete input[field];
  const { experiment } = await calls.replace({ id: 'a', input });
  expect(experiment).toMatchObject({ ...input, [field]: value });
});

test('R3, R4: an empty input resets or clears every field except the name', async () => {
  const calls = createCalls(await createTestGateway());
  const before = await calls.created(fullInput);
  const { experiment } = await calls.replace({ id: 'exp-full', input: {} });
  expect(experiment).toEqual({
    ...before,
    ...defaults,
    ...cleared,
    dataset: null,
    evaluatorSlugs: [],
    workflowCount: 0,
    revision: 2,
    updatedAt: experiment.updatedAt,
  });
});

describe('the name', () => {
  const long = 'n'.repeat(255);

  test.each([
    ['an omitted name', {}, 'Full'],
    ['a null name', { name: null }, 'Full'],
    ['a given name', { name: 'New' }, 'New'],
    ['a name surrounded by white space', { name: ' \t\n New name \u00a0\u3000' }, 'New name'],
    ['a name of 255 characters between spaces', { name: `  ${long}  ` }, long],
    ['a name of 255 characters beyond the basic plane', { name: '𝒏'.repeat(255) }, '𝒏'.repeat(255)],
  ])('R5: a replace with %s stores the expected name', async (_case, input, name) => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const { experiment } = await calls.replace({ id: 'exp-full', input });
    expect(experiment.name).toBe(name);
    expect((await calls.stored('exp-full')).name).toBe(name);
  });

  test.each([
    ['empty', '', 'TOO_SHORT'],
    ['nothing but white space', ' \t\n\u00a0', 'TOO_SHORT'],
    ['256 characters long', 'n'.repeat(256), 'TOO_LONG'],
  ])('R5: a name that is %s is refused', async (_case, name, code) => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const result = await calls.writingNothing(() => calls.replace({ id: 'exp-full', input: { name } }));
    expect(result).toMatchObject({ __typename: 'ValidationError', code: 'BAD_USER_INPUT', status: 400 });
    expect(result.issues).toEqual([{ path: ['input', 'name'], code, message: expect.any(String) }]);
  });
});

test('R9: a replace never changes id, status, createdAt, progress, run times, tags or errorMessage', async () => {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  const { createdAt } = await calls.created({ ...fullInput, experimentId: 'a' });
  otherConnection(gateway)
    .prepare(
      "UPDATE experiments SET status = 'FAILED', progress = 42.5, started_at = 1, completed_at = 2, error_message = 'out of tokens'",
    )
    .run();
  const kept = {
    id: 'a',
    status: 'FAILED',
    createdAt,
    progress: 42.5,
    startedAt: '1970-01-01T00:00:00.001Z',
    completedAt: '1970-01-01T00:00:00.002Z',
    tags,
    errorMessage: 'out of tokens',
  };
  expect(await calls.stored('a')).toMatchObject(kept);
  const { experiment } = await calls.replace({ id: 'a', input: { name: 'Replaced', batchSize: 8 } });
  expect(experiment).toMatchObject({ ...kept, name: 'Replaced', batchSize: 8, revision: 2 });
  expect(await calls.stored('a')).toEqual(experiment);
});

test('R9: a replace never changes the attempt, the revision or the lease of a run', async () => {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  await calls.created({ experimentId: 'a' });
  await gateway.data(steps.start, { id: 'a', leaseSeconds: 60 });
  const { attempt, runRevision, leaseExpiresAt } = await calls.stored('a');
  expect([attempt, runRevision]).toEqual([1, 1]);
  const { experiment } = await calls.replace({ id: 'a', input: { batchSize: 8 } });
  expect(experiment).toMatchObject({ attempt, runRevision, leaseExpiresAt, isStalled: false, revision: 2 });
  expect(await calls.stored('a')).toEqual(experiment);
});

test('R9: a replace does not accept tags', async () => {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  await calls.created(fullInput);
  const { body } = await gateway.graphql(
    'mutation { replaceExperiment(id: "exp-full", input: { tags: [] }) { __typename } }',
  );
  expect(body).toEqual({ errors: [expect.objectContaining({ message: expect.stringContaining('"tags"') })] });
  expect((await calls.stored('exp-full')).tags).toEqual(tags);
});
