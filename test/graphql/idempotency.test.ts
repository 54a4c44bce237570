import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, listIssues, otherConnection, toPreview } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';

const idempotencyKey = 'order 66 é';
const reused = { __typename: 'ConflictError', code: 'CONFLICT', status: 409, reason: 'IDEMPOTENCY_KEY_REUSED' };

async function setUp() {
  const gateway = await createTestGateway();
  return { gateway, calls: createCalls(gateway) };
}

const post = (gateway: TestGateway, body: object, key: string) =>
  callRest(gateway, 'POST', '', body, { headers: { 'idempotency-key': key } });

describe('an idempotency key', () => {
  test('the same create with the same key returns the experiment as it is now, and writes nothing', async () => {
    const { calls } = await setUp();
    const input = { name: 'Retry', batchSize: 1, evaluatorIds: ['a', 'a'] };
    const first = await calls.create({ input, idempotencyKey });
    expect(first).toMatchObject({ __typename: 'CreateExperimentSuccess', changes: { length: 3 } });
    const { id } = first.experiment;
    await calls.update({ id, input: { name: 'Changed', batchSize: 9 } });
    const experiment = await calls.stored(id);
    const repeated = await calls.writingNothing(() => calls.create({ input, idempotencyKey }));
    expect(repeated).toEqual({ ...first, experiment, changes: [] });
  });

  test('the same input is one that would store the same, however it is written', async () => {
    const { calls } = await setUp();
    const first = await calls.create({ input: { name: 'Same', evaluatorIds: ['a'] }, idempotencyKey });
    for (const input of [
      { name: ' Same ', evaluatorSlugs: ['a', 'a'] },
      { evaluatorIds: ['a'], name: 'Same', batchSize: 100, description: null, experimentId: null, tags: [] },
    ])
      expect(await calls.create({ input, idempotencyKey })).toMatchObject({ experiment: { id: first.experiment.id } });
    for (const input of [
      { name: 'Same', evaluatorIds: ['a', 'b'] },
      { name: 'Same', evaluatorIds: ['a'], experimentId: 'given' },
      { name: 'Same', evaluatorIds: ['a'], tags: [{}] },
      { name: 'same', evaluatorIds: ['a'] },
    ])
      expect(await calls.create({ input, idempotencyKey })).toMatchObject(reused);
  });

  test('a key that was used for another input is a conflict that shows what it created', async () => {
    const { calls } = await setUp();
    const { experiment } = await calls.create({ input: fullInput, idempotencyKey });
    const input = { ...fullInput, batchSize: 8 };
    const result = await calls.writingNothing(() => calls.create({ input, idempotencyKey }));
    expect(result).toEqual({
      ...reused,
      message:
        'This idempotency key was used for another call. Use another key, or repeat that call with the same input.',
      current: experiment,
    });
  });

  test('a key of a create is no key of a clone, nor the other way round', async () => {
    const { calls } = await setUp();
    await calls.create({ input: { experimentId: 'a' }, idempotencyKey: 'create' });
    await calls.clone({ id: 'a', idempotencyKey: 'clone' });
    expect(await calls.clone({ id: 'a', idempotencyKey: 'create' })).toMatchObject(reused);
    expect(await calls.create({ input: {}, idempotencyKey: 'clone' })).toMatchObject(reused);
  });

  test('a key whose experiment has been deleted since is a conflict with no current experiment', async () => {
    const { gateway, calls } = await setUp();
    const create = () => calls.create({ input: { experimentId: 'a' }, idempotencyKey });
    await create();
    await calls.delete({ id: 'a' });
    const gone = {
      ...reused,
      message: 'The experiment that this idempotency key created has been deleted. Use another key to create it again.',
      current: null,
    };
    expect(await calls.writingNothing(create)).toEqual(gone);
    const rest = await post(gateway, { experiment_id: 'a' }, 'order 66 \u00e9');
    expect([rest.status, rest.body, rest.headers.get('etag')]).toEqual([422, { detail: gone.message }, null]);
    expect(await calls.create({ input: { experimentId: 'a' } })).toMatchObject({ experiment: { revision: 2 } });
    expect(await create()).toEqual(gone);
  });

  test('a dry run, a refused input and a call that finds its id taken do not use a key up', async () => {
    const { calls } = await setUp();
    await calls.created({ experimentId: 'taken', name: 'Other' });
    const call = (input: object, dryRun = false) =>
      calls.writingNothing(() => calls.create({ input, dryRun, idempotencyKey }));
    expect(await call({ name: 'Tried' }, true)).toMatchObject({ __typename: 'ExperimentPreview' });
    expect(await call({ batchSize: 0 })).toMatchObject({ __typename: 'ValidationError' });
    expect(await call({ experimentId: 'taken' })).toMatchObject({ reason: 'ID_TAKEN' });
    const clone = await calls.clone({ id: 'missing', idempotencyKey });
    expect(clone).toMatchObject({ __typename: 'NotFoundError', missingId: 'missing' });
    expect(await calls.create({ input: {}, idempotencyKey })).toMatchObject({ __typename: 'CreateExperimentSuccess' });
  });

  test('R15: a dry run with a used key returns what the call then returns', async () => {
    const { calls } = await setUp();
    const input = { name: 'Once' };
    const { experiment } = await calls.create({ input, idempotencyKey });
    await calls.update({ id: experiment.id, input: { name: 'Changed' } });
    for (const given of [input, { name: 'Other' }]) {
      const call = { input: given, idempotencyKey };
      const preview = await calls.writingNothing(() => calls.create({ ...call, dryRun: true }));
      expect(preview).toEqual(toPreview(await calls.create(call)));
    }
  });

  test('a key has 1 to 255 characters that storage can keep, and is judged with the input', async () => {
    const { calls } = await setUp();
    for (const [key, code] of [
      ['', 'TOO_SHORT'],
      ['😀'.repeat(256), 'TOO_LONG'],
      ['a\0', 'INVALID_TEXT'],
      ['\ud800', 'INVALID_TEXT'],
    ]) {
      const input = { batchSize: 0 };
      const result = await calls.writingNothing(() => calls.create({ input, idempotencyKey: key }));
      expect(listIssues(result)).toEqual([`idempotencyKey ${code}`, 'input.batchSize TOO_SMALL']);
      expect(listIssues(await calls.clone({ id: '', revision: 0, input, idempotencyKey: key }))).toEqual([
        'id TOO_SHORT',
        `idempotencyKey ${code}`,
        'input.batchSize TOO_SMALL',
        'revision TOO_SMALL',
      ]);
    }
    const success = { __typename: 'CreateExperimentSuccess' };
    expect(await calls.create({ input: {}, idempotencyKey: '😀'.repeat(255) })).toMatchObject(success);
    expect(await calls.create({ input: {}, idempotencyKey: null })).toMatchObject(success);
  });

  test('a key belongs to its organization, no matter who used it', async () => {
    const { gateway, calls } = await setUp();
    const { experiment } = await calls.create({ input: {}, idempotencyKey });
    const colleague = createCalls(gateway, { key: (await gateway.issueKey()).secret });
    expect(await colleague.create({ input: {}, idempotencyKey })).toMatchObject({ experiment, changes: [] });
    const { secret } = await gateway.issueKey({ organization: 'other' });
    const stranger = createCalls(gateway, { key: secret });
    const theirs = await stranger.create({ input: { name: 'Theirs' }, idempotencyKey });
    expect(theirs).toMatchObject({ __typename: 'CreateExperimentSuccess', experiment: { name: 'Theirs' } });
  });

  test('a key is free again after 24 hours', async () => {
    const { gateway, calls } = await setUp();
    await calls.create({ input: {}, idempotencyKey });
    const keys = otherConnection(gateway);
    keys.prepare('UPDATE idempotency_keys SET created_at = created_at - ?').run(24 * 60 * 60 * 1000 - 60_000);
    expect(await calls.create({ input: { name: 'Other' }, idempotencyKey })).toMatchObject(reused);
    keys.prepare('UPDATE idempotency_keys SET created_at = created_at - ?').run(60_000);
    const input = { name: 'Other' };
    const { experiment } = await calls.create({ input, idempotencyKey });
    expect(experiment).toMatchObject({ name: 'Other' });
    expect(await calls.create({ input, idempotencyKey })).toMatchObject({ experiment, changes: [] });
  });

  test('of 20 equal creates at once with one key, one creates, and all return its experiment', async () => {
    const { calls } = await setUp();
    const results = await Promise.all(
      Array.from({ length: 20 }, () => calls.create({ input: { name: 'Once' }, idempotencyKey })),
    );
    const ids = results.map(({ experiment }) => experiment.id);
    expect(new Set(ids).size).toBe(1);
    expect(results.filter(({ changes }) => changes.length > 0)).toHaveLength(1);
    expect(await calls.everything()).toMatchObject({ experiments: { totalCount: 1 } });
  });
});

describe('the header Idempotency-Key of a POST', () => {
  test('a create over REST and the same one over GraphQL share a key', async () => {
    const { gateway, calls } = await setUp();
    const workflow = [{ type: 'custom', config: { b: 1, 10: 2, a: [1.5] } }];
    const first = await post(gateway, { name: 'By REST', workflow, batch_size: 100 }, 'key');
    expect(first.status).toBe(201);
    const result = await calls.create({ input: { name: 'By REST', workflow }, idempotencyKey: 'key' });
    expect(result).toMatchObject({ experiment: { id: first.body.id }, changes: [] });
    await calls.update({ id: first.body.id, input: { name: 'Changed' } });
    const again = await post(gateway, { workflow, name: 'By REST' }, 'key');
    expect([again.status, again.body]).toMatchObject([201, { id: first.body.id, name: 'Changed', revision: 2 }]);
    expect(again.headers.get('etag')).toBe('"2"');
    const other = await post(gateway, { name: 'Other' }, 'key');
    expect([other.status, other.headers.get('etag')]).toEqual([422, '"2"']);
    expect(await calls.everything()).toMatchObject({ experiments: { totalCount: 1 } });
  });

  test('a key over REST that is empty or too long is 400, and named as the header', async () => {
    const { gateway } = await setUp();
    const empty = await post(gateway, {}, '');
    expect([empty.status, empty.body.errors]).toEqual([
      400,
      { 'Idempotency-Key': ['Idempotency-Key: the text is empty; 1 to 255 characters are accepted.'] },
    ]);
    const long = await post(gateway, { batch_size: 0 }, 'x'.repeat(256));
    expect([long.status, Object.keys(long.body.errors)]).toEqual([400, ['Idempotency-Key', 'batch_size']]);
  });
});
