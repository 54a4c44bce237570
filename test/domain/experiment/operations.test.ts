import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Actor, Scope } from '../../../src/domain/actor.ts';
import { createLocalEvents } from '../../../src/domain/experiment/events.ts';
import type { Experiment } from '../../../src/domain/experiment/experiment.ts';
import { initialState } from '../../../src/domain/experiment/experiment.ts';
import { createExperimentOperations } from '../../../src/domain/experiment/operations.ts';
import type { WriteResult } from '../../../src/domain/experiment/write-steps.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { createTemporaryFolder } from '../../support/gateway/test-gateway.ts';

function actorWith(...scopes: Scope[]): Actor {
  return { organization: 'acme', scopes, author: { kind: 'subject', id: 'ada' } };
}
const writer = actorWith('experiments:write');

/** Creates the operations over a new database, with a clock that tests set. */
async function setUp() {
  const storage = await openStorage(`file:${join(createTemporaryFolder(), 'gateway.db')}`);
  onTestFinished(storage.close);
  const clock = { now: new Date(1_000) };
  return {
    operations: createExperimentOperations(storage.experiments, createLocalEvents(), { now: () => clock.now }),
    clock,
  };
}

function readExperiment(result: WriteResult | { kind: string }): Experiment {
  if (result.kind !== 'written') throw new Error(JSON.stringify(result));
  return (result as Extract<WriteResult, { kind: 'written' }>).experiment;
}

describe('a create', () => {
  test('a create fills in every field', async () => {
    const { operations } = await setUp();
    const { workflow, evaluatorIds, evaluatorWorkflowIds, tags, ...rest } = readExperiment(
      await operations.create(writer, { input: { experimentId: 'exp', batchSize: 7 } }),
    );
    expect([workflow, evaluatorIds, evaluatorWorkflowIds, tags].map((list) => list.text)).toEqual([
      '[]',
      '[]',
      '[]',
      '[]',
    ]);
    expect(rest).toEqual({
      ...initialState,
      organization: 'acme',
      id: 'exp',
      name: 'Untitled experiment',
      description: null,
      datasetId: null,
      spanWorkflowName: 'workflow',
      enableTracing: true,
      batchSize: 7,
      concurrency: 15,
      generationMethod: null,
      status: 'PENDING',
      progress: 0,
      createdAt: new Date(1_000),
      updatedAt: new Date(1_000),
      startedAt: null,
      completedAt: null,
      errorMessage: null,
      revision: 1,
      firstRevision: 1,
      version: 1,
    });
  });

  test('a create without an id generates one from the current time', async () => {
    const { operations, clock } = await setUp();
    const first = readExperiment(await operations.create(writer, { input: {} }));
    clock.now = new Date(1_001);
    const second = readExperiment(await operations.create(writer, { input: { experimentId: null } }));
    expect(first.id).toMatch(/^exp_/);
    expect(second.id > first.id).toBe(true);
  });

  test('a repeated create is a safe retry with the same content and a conflict with other content', async () => {
    const { operations, clock } = await setUp();
    const input = { experimentId: 'exp', name: ' Run ', evaluatorIds: ['a', 'a'], tags: [{ team: 'x' }] };
    await operations.create(writer, { input });
    clock.now = new Date(2_000);
    const retried = await operations.create(writer, { input: { ...input, name: 'Run', batchSize: 100 } });
    expect(retried).toMatchObject({
      kind: 'written',
      changes: [],
      warnings: [{ code: 'DUPLICATES_REMOVED' }],
      experiment: { revision: 1, createdAt: new Date(1_000), updatedAt: new Date(1_000) },
    });
    for (const other of [{ name: 'Other' }, { tags: [] }, { batchSize: 1 }]) {
      const taken = await operations.create(writer, { input: { ...input, ...other } });
      expect(taken).toMatchObject({ kind: 'conflict', reason: 'ID_TAKEN', current: { name: 'Run', revision: 1 } });
    }
  });

  test('a create records its author', async () => {
    const { operations } = await setUp();
    await operations.create(writer, { input: { experimentId: 'exp' } });
    const [revision] = await operations.revisions(writer, [{ experimentId: 'exp', from: 1, to: 1 }]);
    expect(revision).toMatchObject({ revision: 1, createdAt: new Date(1_000), author: { kind: 'subject', id: 'ada' } });
  });
});

describe('order of checks', () => {
  const bad = { batchSize: 0 };

  test('a replace checks authentication, permission, input, existence and revision in this order', async () => {
    const { operations } = await setUp();
    const call = (caller: Actor | null, id: string, input: object) =>
      operations.replace(caller, { id, input, ifRevision: 9 }).then(({ kind }) => kind);
    expect(await call(null, '', bad)).toBe('unauthenticated');
    expect(await call(actorWith('experiments:read', 'experiments:run'), '', bad)).toBe('forbidden');
    expect(await call(writer, '', bad)).toBe('invalid');
    expect(await call(writer, 'exp', bad)).toBe('invalid');
    expect(await call(writer, 'exp', {})).toBe('notFound');
    await operations.create(writer, { input: { experimentId: 'exp' } });
    expect(await call(writer, 'exp', bad)).toBe('invalid');
    expect(await call(writer, 'exp', {})).toBe('conflict');
  });

  test('every write checks in the same order', async () => {
    const { operations } = await setUp();
    const reader = actorWith('experiments:read');
    const each = (caller: Actor | null, id: string) =>
      Promise.all([
        operations.update(caller, { id, input: bad }),
        operations.delete(caller, { id }),
        operations.restoreRevision(caller, { id, revision: 0 }),
        operations.create(caller, { input: { ...bad, experimentId: id } }),
      ]).then((results) => results.map(({ kind }) => kind));
    expect(await each(null, '')).toEqual(Array.from({ length: 4 }, () => 'unauthenticated'));
    expect(await each(reader, '')).toEqual(Array.from({ length: 4 }, () => 'forbidden'));
    expect(await each(writer, '')).toEqual(Array.from({ length: 4 }, () => 'invalid'));
  });

  test('an experiment does not exist for another organization', async () => {
    const { operations } = await setUp();
    await operations.create(writer, { input: { experimentId: 'exp' } });
    const stranger = { ...writer, organization: 'other' };
    const target = { id: 'exp', ifRevision: 9 };
    expect(await operations.replace(stranger, { ...target, input: {} })).toMatchObject({ kind: 'notFound', id: 'exp' });
    expect(await operations.update(stranger, { ...target, input: {} })).toMatchObject({ kind: 'notFound' });
    expect(await operations.delete(stranger, target)).toMatchObject({ kind: 'notFound' });
    expect(await operations.restoreRevision(stranger, { ...target, revision: 1 })).toMatchObject({ kind: 'notFound' });
    expect(await operations.find(stranger, 'exp')).toBeNull();
    expect(await operations.find(writer, 'exp')).toMatchObject({ revision: 1 });
  });
});

describe('an update', () => {
  test('an update changes only the fields that are present, tags included', async () => {
    const { operations, clock } = await setUp();
    const input = { experimentId: 'exp', name: 'Run', description: 'd', batchSize: 7, tags: [{ a: 1 }] };
    await operations.create(writer, { input });
    clock.now = new Date(2_000);
    const updated = await operations.update(writer, { id: 'exp', input: { description: null, tags: null } });
    expect(updated).toMatchObject({
      experiment: { name: 'Run', description: null, batchSize: 7, revision: 2, updatedAt: new Date(2_000) },
      changes: [
        { field: 'description', before: 'd', after: null, reason: 'CLEARED' },
        { field: 'tags', before: [{ a: 1 }], after: [], reason: 'CLEARED' },
      ],
    });
  });

  test('R7: an update checks evaluators together with the stored ones', async () => {
    const { operations } = await setUp();
    await operations.create(writer, { input: { experimentId: 'exp', evaluatorWorkflowIds: ['w'] } });
    const update = (input: object) => operations.update(writer, { id: 'exp', input });
    expect(await update({ evaluatorSlugs: ['a'] })).toMatchObject({
      kind: 'invalid',
      issues: [{ path: ['input', 'evaluatorSlugs'], code: 'MUTUALLY_EXCLUSIVE' }],
    });
    expect(await update({ evaluatorSlugs: [] })).toMatchObject({ kind: 'written', changes: [] });
    expect(await update({ evaluatorIds: ['a'], evaluatorWorkflowIds: null })).toMatchObject({
      changes: [
        { field: 'evaluatorIds', reason: 'SET' },
        { field: 'evaluatorWorkflowIds', reason: 'CLEARED' },
      ],
    });
  });

  test('concurrent updates of different fields do not undo each other', async () => {
    const { operations } = await setUp();
    await operations.create(writer, { input: { experimentId: 'exp' } });
    const inputs = [
      { name: 'Run' },
      { description: 'd' },
      { batchSize: 7 },
      { tags: [{ a: 1 }] },
      { datasetId: 'set' },
    ];
    await Promise.all(inputs.map((input) => operations.update(writer, { id: 'exp', input })));
    const { tags, ...found } = (await operations.find(writer, 'exp')) as Experiment;
    expect(found).toMatchObject({ name: 'Run', description: 'd', batchSize: 7, datasetId: 'set', revision: 6 });
    expect(tags.values).toEqual([{ a: 1 }]);
  });
});

describe('a restore', () => {
  test('a restore returns notFound for a missing revision and refuses an invalid one', async () => {
    const { operations } = await setUp();
    await operations.create(writer, { input: { experimentId: 'exp' } });
    const restore = (revision: number) => operations.restoreRevision(writer, { id: 'exp', revision });
    expect(await restore(2)).toMatchObject({ kind: 'notFound', id: 'exp' });
    expect(await restore(0)).toMatchObject({ kind: 'invalid', issues: [{ path: ['revision'], code: 'TOO_SMALL' }] });
    expect(await restore(1)).toMatchObject({ kind: 'written', changes: [], experiment: { revision: 1 } });
  });

  test('a restore finds only the revisions since the id was created again', async () => {
    const { operations } = await setUp();
    const input = { experimentId: 'exp', name: 'First' };
    await operations.create(writer, { input });
    await operations.replace(writer, { id: 'exp', input: { name: 'Second' } });
    expect(await operations.delete(writer, { id: 'exp' })).toEqual({
      kind: 'deleted',
      id: 'exp',
      purgeAt: new Date('1970-01-31T00:00:01.000Z'),
    });
    await operations.create(writer, { input: { ...input, name: 'Third' } });
    expect(await operations.restoreRevision(writer, { id: 'exp', revision: 2 })).toMatchObject({ kind: 'notFound' });
    const restored = await operations.restoreRevision(writer, { id: 'exp', revision: 3 });
    expect(restored).toMatchObject({ kind: 'written', experiment: { name: 'Third' }, changes: [] });
  });
});

test('R13: a replace that changes nothing keeps revision and updatedAt', async () => {
  const { operations, clock } = await setUp();
  await operations.create(writer, { input: { experimentId: 'exp', name: 'Run', datasetId: 'set' } });
  clock.now = new Date(2_000);
  const replaced = await operations.replace(writer, { id: 'exp', input: { datasetId: 'set' } });
  expect(replaced).toMatchObject({
    changes: [],
    warnings: [],
    experiment: { revision: 1, updatedAt: new Date(1_000) },
  });
});
