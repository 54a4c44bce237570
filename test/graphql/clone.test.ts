import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createInputs, runs } from '../support/gateway/arbitraries.ts';
import { answerText, createCalls, fullInput, listIssues, toPreview } from '../support/gateway/calls.ts';
import { mutations, previewFields, steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

async function setUp() {
  const gateway = await createTestGateway();
  return { gateway, calls: createCalls(gateway) };
}

/** The fields that callers edit. */
const pickContent = (experiment: any) =>
  Object.fromEntries(previewFields.split(' ').map((field) => [field, experiment[field]]));

const cloneText = (gateway: TestGateway, variables: string) =>
  answerText(gateway, `{"query":${JSON.stringify(mutations.clone)},"variables":${variables}}`);

describe('a clone', () => {
  test('a clone has the content and tags of its source, and its own id, origin and run', async () => {
    const { gateway, calls } = await setUp();
    const source = await calls.created(fullInput);
    await gateway.data(steps.start, { id: source.id });
    await gateway.data(steps.reportProgress, { id: source.id, progress: 50 });
    const before = await calls.stored(source.id);
    const result = await calls.clone({ id: source.id });
    const { experiment, ...effects } = result;
    expect(effects).toEqual({ __typename: 'CloneExperimentSuccess', changes: [], warnings: [] });
    expect(experiment).toEqual({
      ...source,
      id: expect.stringMatching(/^exp_/),
      createdAt: experiment.createdAt,
      updatedAt: experiment.createdAt,
      clonedFromId: source.id,
      clonedFromRevision: 1,
    });
    expect(await calls.stored(experiment.id)).toEqual(experiment);
    expect(await calls.stored(source.id)).toEqual(before);
  });

  test('a clone of an earlier revision has the content and the tags of that revision', async () => {
    const { calls } = await setUp();
    const source = await calls.created(fullInput);
    await calls.update({ id: source.id, input: { name: 'Second', tags: [{ second: 2 }], evaluatorIds: [] } });
    await calls.update({ id: source.id, input: { name: 'Third', workflow: [] } });
    for (const [revision, name, tags] of [
      [1, 'Full', fullInput.tags],
      [2, 'Second', [{ second: 2 }]],
      [3, 'Third', [{ second: 2 }]],
      [null, 'Third', [{ second: 2 }]],
    ] as const) {
      const { experiment } = await calls.clone({ id: source.id, revision });
      expect(experiment).toMatchObject({ name, tags, revision: 1, clonedFromRevision: revision ?? 3 });
    }
  });

  test('the given fields are over those of the source: null clears, and changes names what differs', async () => {
    const { calls } = await setUp();
    await calls.created(fullInput);
    const input = {
      experimentId: 'clone',
      name: ' Clone ',
      description: null,
      batchSize: 100,
      addTags: [{ new: 1 }],
      removeTags: fullInput.tags,
    };
    const { experiment, changes } = await calls.clone({ id: 'exp-full', input });
    const { experimentId: _, ...inherited } = fullInput;
    expect(experiment).toMatchObject({
      ...inherited,
      id: 'clone',
      name: 'Clone',
      description: null,
      batchSize: 100,
      tags: [{ new: 1 }],
    });
    expect(changes).toEqual([
      { field: 'name', before: 'Full', after: 'Clone', reason: 'SET' },
      { field: 'description', before: 'Every field is set', after: null, reason: 'CLEARED' },
      { field: 'batchSize', before: 7, after: 100, reason: 'RESET_TO_DEFAULT' },
      { field: 'tags', before: fullInput.tags, after: [{ new: 1 }], reason: 'SET' },
    ]);
  });

  test('R15: a dry run of a clone returns what the write then does, and needs no id', async () => {
    const { calls } = await setUp();
    await calls.created(fullInput);
    for (const call of [
      { id: 'exp-full' },
      { id: 'exp-full', input: { name: 'Clone', tags: [{ a: 1 }], evaluatorSlugs: ['a', 'a'] } },
      { id: 'exp-full', input: { experimentId: 'exp-full' } },
      { id: 'exp-full', revision: 2 },
      { id: 'exp-full', input: { batchSize: 0, evaluatorWorkflowIds: ['w'] } },
      { id: 'exp-full', input: { evaluatorWorkflowIds: ['w'] } },
    ]) {
      const preview = await calls.writingNothing(() => calls.clone({ ...call, dryRun: true }));
      expect(preview).toEqual(toPreview(await calls.clone(call)));
    }
  });

  test('a clone of what is missing, in the trash, of others, or of a missing revision is not found', async () => {
    const { gateway, calls } = await setUp();
    await calls.created({ experimentId: 'a' });
    await calls.created({ experimentId: 'b' });
    await calls.delete({ id: 'b' });
    const others = createCalls(gateway, { key: (await gateway.issueKey({ organization: 'other' })).secret });
    await others.created({ experimentId: 'c' });
    const notFound = { __typename: 'NotFoundError', code: 'NOT_FOUND', status: 404 };
    const message = 'There is no experiment with this id.';
    for (const [id, revision] of [['nobody'], ['b'], ['b', 1], ['c'], ['c', 1]] as const) {
      const result = await calls.writingNothing(() => calls.clone({ id, revision }));
      expect(result).toEqual({ ...notFound, message, missingId: id });
    }
    expect(await calls.clone({ id: 'a', revision: 2 })).toEqual({
      ...notFound,
      message: 'There is no experiment with this id that has a revision 2.',
      missingId: 'a',
    });
  });

  test('a clone checks its input like an update, and its id like a create', async () => {
    const { calls } = await setUp();
    await calls.created(fullInput);
    const input = {
      experimentId: 'dataset:x',
      name: null,
      batchSize: 0,
      tags: [],
      addTags: [{}],
      evaluatorIds: ['a'],
      evaluatorWorkflowIds: ['b'],
    };
    const result = await calls.writingNothing(() => calls.clone({ id: 'exp-full', revision: -1, input }));
    expect(listIssues(result)).toEqual([
      'input.addTags MUTUALLY_EXCLUSIVE',
      'input.batchSize TOO_SMALL',
      'input.evaluatorIds MUTUALLY_EXCLUSIVE',
      'input.evaluatorWorkflowIds MUTUALLY_EXCLUSIVE',
      'input.experimentId RESERVED',
      'input.name REQUIRED',
      'input.tags MUTUALLY_EXCLUSIVE',
      'revision TOO_SMALL',
    ]);
    const full = { addTags: Array.from({ length: 100 }, (_, n) => ({ n })) };
    expect(listIssues(await calls.clone({ id: 'exp-full', input: full }))).toEqual(['input.addTags TOO_MANY']);
  });

  test('R7: a clone is told that the cloned revision has the other list, and how to clear it', async () => {
    const { calls } = await setUp();
    await calls.created(fullInput);
    const { issues } = await calls.clone({ id: 'exp-full', input: { evaluatorWorkflowIds: ['w'] } });
    expect(issues).toEqual([
      {
        path: ['input', 'evaluatorWorkflowIds'],
        code: 'MUTUALLY_EXCLUSIVE',
        message:
          'evaluatorWorkflowIds: cannot be combined with evaluatorIds, which the cloned revision has; send evaluatorIds: null in the same clone to clear them.',
      },
    ]);
    const input = { evaluatorWorkflowIds: ['w'], evaluatorIds: null };
    expect(await calls.clone({ id: 'exp-full', input })).toMatchObject({
      experiment: { evaluatorIds: [], evaluatorWorkflowIds: ['w'] },
    });
  });

  test('R6 and R12: a clone has the warnings of its input', async () => {
    const { calls } = await setUp();
    await calls.created(fullInput);
    const input = { evaluatorIds: ['a'], evaluatorSlugs: ['b'], addTags: [{ a: 1 }, { a: 1.0 }] };
    const { warnings } = await calls.clone({ id: 'exp-full', input });
    expect(warnings.map(({ code }: { code: string }) => code).toSorted()).toEqual([
      'DUPLICATES_REMOVED',
      'EVALUATOR_SLUGS_IGNORED',
    ]);
  });
});

describe('the id of a clone', () => {
  test('the same clone again succeeds and writes nothing, as long as content and origin are the same', async () => {
    const { calls } = await setUp();
    await calls.created(fullInput);
    const call = { id: 'exp-full', input: { experimentId: 'clone', name: 'Clone' } };
    const first = await calls.clone(call);
    expect(await calls.writingNothing(() => calls.clone(call))).toEqual({ ...first, changes: [] });
    const taken = { __typename: 'ConflictError', reason: 'ID_TAKEN', current: first.experiment };
    await calls.update({ id: 'exp-full', input: { name: 'Newer' } });
    // The content is the same, but it comes from revision 2.
    expect(await calls.writingNothing(() => calls.clone(call))).toMatchObject(taken);
    expect(await calls.clone({ ...call, revision: 1 })).toEqual({ ...first, changes: [] });
    expect(await calls.clone({ ...call, revision: 1, input: { experimentId: 'clone' } })).toMatchObject(taken);
  });

  test('a clone never takes the id of an experiment with the same content that is no such clone', async () => {
    const { calls } = await setUp();
    const source = await calls.created(fullInput);
    const input = { experimentId: 'exp-full' };
    const result = await calls.writingNothing(() => calls.clone({ id: 'exp-full', input }));
    expect(result).toMatchObject({ reason: 'ID_TAKEN', current: source });
  });
});

test('a clone with a key is repeated although its source has changed or is gone', async () => {
  const { calls } = await setUp();
  await calls.created(fullInput);
  const call = { id: 'exp-full', input: { name: 'Clone' }, idempotencyKey: 'key' };
  const first = await calls.clone(call);
  await calls.update({ id: 'exp-full', input: { batchSize: 9 } });
  expect(await calls.writingNothing(() => calls.clone(call))).toEqual({ ...first, changes: [] });
  await calls.delete({ id: 'exp-full' });
  expect(await calls.clone(call)).toEqual({ ...first, changes: [] });
  const reused = { __typename: 'ConflictError', reason: 'IDEMPOTENCY_KEY_REUSED', current: first.experiment };
  for (const other of [{ revision: 1 }, { id: 'other' }, { input: {} }, { input: { name: 'Clone', addTags: [{}] } }])
    expect(await calls.clone({ ...call, ...other })).toMatchObject(reused);
});

describe('the numbers of a clone', () => {
  const task = '{"type":"custom","config":{"seed":6687881544318117707,"n":1.0,"10":2}}';
  const tag = '{"run":12345678901234567890}';

  async function createSource() {
    const gateway = await createTestGateway();
    const create = `{"query":${JSON.stringify(mutations.create)},"variables":{"input":{"experimentId":"a","workflow":[${task}],"tags":[${tag}]}}}`;
    await answerText(gateway, create);
    return gateway;
  }

  test('R11: a clone keeps the digits and the keys of workflow and tags', async () => {
    const gateway = await createSource();
    await cloneText(gateway, '{"id":"a","input":{"experimentId":"b","addTags":[{"n":1.50}]}}');
    const text = await answerText(gateway, { query: '{ experiment(id: "b") { workflow tags } }' });
    expect(text).toContain(`"workflow":[${task}],"tags":[${tag},{"n":1.50}]`);
  });

  test('R17: numbers of the source that a client rounded are named', async () => {
    const gateway = await createSource();
    const rounded = JSON.stringify({
      id: 'a',
      input: { workflow: [JSON.parse(task)], addTags: [JSON.parse(tag)] },
    });
    const { result } = JSON.parse(await cloneText(gateway, rounded)).data;
    expect(result.warnings.map(({ code, path }: any) => `${code} ${path.join('.')}`)).toEqual([
      'NUMBER_ROUNDED input.workflow.0.config.seed',
      'NUMBER_ROUNDED input.addTags.0.run',
    ]);
  });
});

test('a clone of a clone has the content of the revision that it began with, whichever that was', async () => {
  const { calls } = await setUp();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(createInputs, { minLength: 1, maxLength: 4 }), fc.nat(), async (inputs, pick) => {
      const id = `source ${++count}`;
      await calls.created({ experimentId: id });
      const contents = [pickContent(await calls.stored(id))];
      for (const { experimentId: _, ...input } of inputs) {
        const omitted = Object.entries(input).filter(([, value]) => value !== null);
        const { experiment } = await calls.update({ id, input: Object.fromEntries(omitted) });
        if (experiment) contents[experiment.revision - 1] = pickContent(experiment);
      }
      const revision = (pick % contents.length) + 1;
      const first = await calls.clone({ id, revision });
      const second = await calls.clone({ id: first.experiment.id });
      for (const { experiment } of [first, second]) expect(pickContent(experiment)).toEqual(contents[revision - 1]);
      expect(second.experiment).toMatchObject({ clonedFromId: first.experiment.id, clonedFromRevision: 1 });
      expect(await calls.stored(second.experiment.id)).toEqual(second.experiment);
    }),
    runs(25),
  );
});
