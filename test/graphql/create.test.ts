import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, later, listIssues, otherConnection, toPreview } from '../support/gateway/calls.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

const blank = {
  name: 'Untitled experiment',
  status: 'PENDING',
  description: null,
  dataset: null,
  datasetId: null,
  datasetName: null,
  workflowCount: 0,
  progress: 0,
  startedAt: null,
  completedAt: null,
  tags: [],
  workflow: [],
  evaluatorIds: [],
  evaluatorSlugs: [],
  evaluatorWorkflowIds: [],
  spanWorkflowName: 'workflow',
  enableTracing: true,
  batchSize: 100,
  concurrency: 15,
  generationMethod: null,
  errorMessage: null,
  revision: 1,
  deletedAt: null,
  purgeAt: null,
  attempt: 0,
  runRevision: null,
  leaseExpiresAt: null,
  isStalled: false,
  clonedFromId: null,
  clonedFromRevision: null,
};

test('a create with an empty input creates an untitled experiment with every default', async () => {
  const calls = createCalls(await createTestGateway());
  const start = Date.now();
  const experiment = await calls.created();
  expect(experiment).toEqual({
    ...blank,
    id: expect.stringMatching(/^exp_[0-9a-z]{20,}$/),
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    updatedAt: experiment.createdAt,
  });
  expect(Date.parse(experiment.createdAt)).toBeGreaterThanOrEqual(start);
  expect(Date.parse(experiment.createdAt)).toBeLessThanOrEqual(Date.now());
  expect(await calls.stored(experiment.id)).toEqual(experiment);
});

test('null in every field of a create means the same as omitting it', async () => {
  const calls = createCalls(await createTestGateway());
  const nulls = Object.fromEntries(
    [...Object.keys(fullInput), 'evaluatorSlugs', 'evaluatorWorkflowIds'].map((field) => [field, null]),
  );
  expect(await calls.created(nulls)).toMatchObject(blank);
});

test('a create takes every field from the input', async () => {
  const calls = createCalls(await createTestGateway());
  const { experimentId: id, ...rest } = fullInput;
  const experiment = await calls.created({ ...fullInput, name: ' Full\n' });
  const { createdAt, updatedAt } = experiment;
  expect(experiment).toEqual({
    ...blank,
    ...rest,
    id,
    createdAt,
    updatedAt,
    dataset: rest.datasetId,
    evaluatorSlugs: rest.evaluatorIds,
    workflowCount: 1,
  });
  expect(await calls.stored(id)).toEqual(experiment);
});

test('generated ids are unique and sort by time', async () => {
  const calls = createCalls(await createTestGateway());
  const ids: string[] = [];
  for (let count = 0; count < 5; count++) {
    const { id, createdAt } = await calls.created();
    ids.push(id);
    await later(createdAt);
  }
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(5);
});

test.each(['0', 'x'.repeat(255), ' a b ', 'ünï/😀?%2F"\'\\', 'null', 'undefined', '__proto__', 'exp_1'])(
  'an experiment with the id %j is returned and found under exactly that id',
  async (experimentId) => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    const { id } = await calls.created({ experimentId });
    expect(id).toBe(experimentId);
    const query =
      'query ($id: ID!) { experiment(id: $id) { id } node(id: $id) { id } experiments { edges { node { id } } } }';
    expect(await gateway.data(query, { id })).toEqual({
      experiment: { id },
      node: { id },
      experiments: { edges: [{ node: { id } }] },
    });
  },
);

test('a create follows the field rules of a replace, reports every issue at once and writes nothing', async () => {
  const calls = createCalls(await createTestGateway());
  const input = {
    experimentId: 'x'.repeat(256),
    name: ' ',
    batchSize: 0,
    tags: Array.from({ length: 101 }, () => ({})),
    evaluatorSlugs: ['a'],
    evaluatorWorkflowIds: ['b'],
  };
  const result = await calls.writingNothing(() => calls.create({ input }));
  expect(listIssues(result)).toEqual([
    'input.batchSize TOO_SMALL',
    'input.evaluatorSlugs MUTUALLY_EXCLUSIVE',
    'input.evaluatorWorkflowIds MUTUALLY_EXCLUSIVE',
    'input.experimentId TOO_LONG',
    'input.name TOO_SHORT',
    'input.tags TOO_MANY',
  ]);
});

test('the warnings of a create name everything that was not stored as sent', async () => {
  const calls = createCalls(await createTestGateway());
  const input = {
    evaluatorIds: ['a', 'a'],
    evaluatorSlugs: ['b'],
    workflow: [{ type: 'completion', config: { temperature: 3 } }],
  };
  const { experiment, warnings } = await calls.create({ input });
  expect(experiment).toMatchObject({ evaluatorIds: ['a'], workflow: input.workflow });
  expect(warnings.map(({ code }: any) => code).toSorted()).toEqual([
    'DUPLICATES_REMOVED',
    'EVALUATOR_SLUGS_IGNORED',
    'UNDOCUMENTED_SETTING',
  ]);
});

describe('a create with a taken id', () => {
  test.each([
    ['every field', fullInput],
    ['an id alone', { experimentId: 'exp-full' }],
    ['tags alone', { experimentId: 'exp-full', tags: [{ b: 1, a: 2 }] }],
  ])('repeating a create with %s is a safe retry that writes nothing', async (_what, input) => {
    const calls = createCalls(await createTestGateway());
    const first = await calls.created(input);
    await later(first.updatedAt);
    const again = await calls.writingNothing(() => calls.create({ input }));
    expect(again).toEqual({ __typename: 'CreateExperimentSuccess', experiment: first, changes: [], warnings: [] });
  });

  test('a retry may spell the same input differently', async () => {
    const calls = createCalls(await createTestGateway());
    const experiment = await calls.created({ experimentId: 'a', evaluatorIds: ['e'] });
    const input = {
      experimentId: 'a',
      name: ' Untitled experiment ',
      description: null,
      evaluatorSlugs: ['e'],
      batchSize: 100,
      tags: [],
    };
    expect(await calls.writingNothing(() => calls.create({ input }))).toMatchObject({
      __typename: 'CreateExperimentSuccess',
      experiment,
    });
  });

  test('a retry returns an experiment that was started in between', async () => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    await calls.created(fullInput);
    otherConnection(gateway).exec("UPDATE experiments SET status = 'RUNNING', progress = 10");
    expect(await calls.create({ input: fullInput })).toMatchObject({
      __typename: 'CreateExperimentSuccess',
      experiment: { status: 'RUNNING', progress: 10 },
    });
  });

  test('a retry is a conflict while the experiment has other content, and safe again once that is undone', async () => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    await calls.update({ id: 'exp-full', input: { description: 'New' } });
    expect(await calls.create({ input: fullInput })).toMatchObject({ reason: 'ID_TAKEN' });
    await calls.update({ id: 'exp-full', input: { description: fullInput.description } });
    expect(await calls.create({ input: fullInput })).toMatchObject({ experiment: { revision: 3 } });
  });

  const others: Record<string, unknown> = {
    name: 'Other',
    description: null,
    datasetId: 'other',
    workflow: [{ type: 'custom', config: { a: [2], b: 1 } }],
    evaluatorIds: ['evaluator-2', 'evaluator-1'],
    spanWorkflowName: 'other',
    enableTracing: true,
    batchSize: 8,
    concurrency: 4,
    generationMethod: 'other',
    tags: [{ team: 'other' }],
  };

  test.each(Object.entries(others))(
    'a create with a taken id and another %s is a conflict that returns the stored experiment',
    async (field, value) => {
      const calls = createCalls(await createTestGateway());
      const current = await calls.created(fullInput);
      const input = { ...fullInput, [field]: value };
      expect(await calls.writingNothing(() => calls.create({ input }))).toEqual({
        __typename: 'ConflictError',
        code: 'CONFLICT',
        status: 409,
        message: expect.any(String),
        reason: 'ID_TAKEN',
        current,
      });
    },
  );

  test('a create may use an id of another organization', async () => {
    const gateway = await createTestGateway();
    const { secret: key } = await gateway.issueKey({ organization: 'other' });
    const [one, other] = [createCalls(gateway), createCalls(gateway, { key })];
    await one.created({ experimentId: 'a', name: 'One' });
    await other.created({ experimentId: 'a', name: 'Other' });
    expect([(await one.stored('a')).name, (await other.stored('a')).name]).toEqual(['One', 'Other']);
  });

  test('of many concurrent creates with one id, one writes and the others are retries or conflicts', async () => {
    const calls = createCalls(await createTestGateway());
    const inputs = Array.from({ length: 10 }, (_, index) => ({ experimentId: 'a', name: index % 2 ? 'Odd' : 'Even' }));
    const results = await Promise.all(inputs.map((input) => calls.create({ input })));
    const { name } = await calls.stored('a');
    expect(results.map(({ __typename }) => __typename)).toEqual(
      inputs.map((input) => (input.name === name ? 'CreateExperimentSuccess' : 'ConflictError')),
    );
    expect((await calls.everything()).experiments.edges[0].node.revisions.totalCount).toBe(1);
  });
});

describe('dry runs of a create', () => {
  test.each([
    ['a new id', { ...fullInput, experimentId: 'new' }],
    ['a safe retry', fullInput],
    ['a taken id', { ...fullInput, name: 'Other' }],
    ['issues', { name: '', batchSize: 0 }],
  ])('a dry run of a create returns %s as the create would and writes nothing', async (_what, input) => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const tried = await calls.writingNothing(() => calls.create({ input, dryRun: true }));
    expect(tried).toEqual(toPreview(await calls.create({ input })));
  });

  test('a dry run of a create with a taken id and the same content previews no changes', async () => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const preview = await calls.create({ input: fullInput, dryRun: true });
    expect(preview).toMatchObject({ __typename: 'ExperimentPreview', name: 'Full', changes: [], warnings: [] });
  });

  test('a dry run of a create without an id returns a preview and creates nothing', async () => {
    const calls = createCalls(await createTestGateway());
    const preview = await calls.writingNothing(() => calls.create({ input: { batchSize: 9 }, dryRun: true }));
    expect(preview).toMatchObject({
      __typename: 'ExperimentPreview',
      name: 'Untitled experiment',
      changes: [{ field: 'batchSize', before: 100, after: 9, reason: 'SET' }],
    });
  });
});
