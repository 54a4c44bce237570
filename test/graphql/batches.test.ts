import { describe, expect, test } from 'vitest';
import { listIssues } from '../support/gateway/calls.ts';
import { readLog } from '../support/gateway/log.ts';
import { readMetrics } from '../support/gateway/metrics.ts';
import { batches, mutations, steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { connectionTo } from '../support/storage/storage.ts';

const listIds = (count: number) => Array.from({ length: count }, (_, index) => `exp-${index}`);

/** A gateway with some experiments, and functions that call the batches on it. */
async function setUp(count: number, environment: Record<string, string> = {}) {
  const gateway = await createTestGateway(environment);
  const call = (query: string) => async (variables: Record<string, unknown>) =>
    (await gateway.data(query, variables)).result;
  const create = call(mutations.create);
  for (const experimentId of listIds(count)) await create({ input: { experimentId, tags: [{ team: 'search' }] } });
  return {
    gateway,
    ids: listIds(count),
    create,
    start: call(steps.start),
    replace: call(batches.replace),
    update: call(batches.update),
    delete: call(batches.delete),
    cancel: call(batches.cancel),
    readAll: () => readAll(gateway),
  };
}

async function readAll({ data }: TestGateway): Promise<any[]> {
  return (await data('{ experiments(first: 100) { nodes { id name batchSize status revision updatedAt } } }'))
    .experiments.nodes;
}

const typenames = ({ results }: any) => results.map(({ __typename }: any) => __typename);

describe('the rows of a batch', () => {
  test.each([0, 101, 2_000])('a batch of %d experiments is refused as a whole', async (count) => {
    const { readAll: read, ...calls } = await setUp(2);
    const before = await read();
    const wrong = listIds(count);
    const items = wrong.map((id) => ({ id, input: {} }));
    const code = count === 0 ? 'TOO_SHORT' : 'TOO_MANY';
    for (const result of [
      await calls.update({ ids: wrong, input: { batchSize: 3 } }),
      await calls.delete({ ids: wrong }),
      await calls.cancel({ ids: wrong }),
    ]) {
      expect(result).toMatchObject({ __typename: 'ValidationError', code: 'BAD_USER_INPUT', status: 400 });
      expect(listIssues(result)).toEqual([`ids ${code}`]);
    }
    expect(listIssues(await calls.replace({ items }))).toEqual([`items ${code}`]);
    expect(await read()).toEqual(before);
  });

  test('an id that is in a batch twice is refused, and its place is named', async () => {
    const { readAll: read, ...calls } = await setUp(3);
    const before = await read();
    const repeated = ['exp-0', 'exp-1', 'exp-0', 'exp-2', 'exp-1'];
    const paths = ['ids.2 REPEATED', 'ids.4 REPEATED'];
    expect(listIssues(await calls.update({ ids: repeated, input: { batchSize: 3 }, policy: 'PARTIAL' }))).toEqual(
      paths,
    );
    expect(listIssues(await calls.delete({ ids: repeated, policy: 'PARTIAL' }))).toEqual(paths);
    expect(listIssues(await calls.cancel({ ids: repeated }))).toEqual(paths);
    const items = repeated.map((id) => ({ id, input: {} }));
    expect(await calls.replace({ items })).toMatchObject({
      issues: [
        { path: ['items', '2', 'id'], message: 'items.2.id: "exp-0" is in the batch already; send each id once.' },
        { path: ['items', '4', 'id'] },
      ],
    });
    expect(await read()).toEqual(before);
  });

  test('a batch of 100 experiments has 100 results, in the order in which they were given', async () => {
    const { update, ids, readAll: read } = await setUp(100);
    const order = ids.toReversed();
    const result = await update({ ids: order, input: { batchSize: 3 } });
    expect(result).toMatchObject({ succeeded: 100, failed: 0 });
    expect(result.results.map(({ experiment }: any) => [experiment.id, experiment.batchSize])).toEqual(
      order.map((id) => [id, 3]),
    );
    expect((await read()).every(({ batchSize, revision }) => batchSize === 3 && revision === 2)).toBe(true);
  });

  test('an input that is invalid fails in every row, as it does in an update of one experiment', async () => {
    const { gateway, update, ids } = await setUp(3);
    const input = { batchSize: 0, name: null };
    const { result: one } = await gateway.data(mutations.update, { id: 'exp-0', input });
    expect(await update({ ids: ['exp-0', 'exp-none', ''], input })).toMatchObject({
      succeeded: 0,
      failed: 3,
      results: [one, one, { issues: [{ path: ['id'] }, ...one.issues] }],
    });
    expect(ids).toHaveLength(3);
  });

  test('the issues and warnings of a replace have the same paths in a batch', async () => {
    const { replace } = await setUp(2);
    const { results } = await replace({
      policy: 'PARTIAL',
      items: [
        { id: 'exp-1', input: { evaluatorIds: ['a', 'a'] } },
        { id: 'exp-0', input: { batchSize: 0 } },
      ],
    });
    expect(results).toMatchObject([
      { warnings: [{ code: 'DUPLICATES_REMOVED', path: ['input', 'evaluatorIds'] }] },
      { issues: [{ code: 'TOO_SMALL', path: ['input', 'batchSize'] }] },
    ]);
  });
});

describe('the policy of a batch', () => {
  test('without a policy, a batch in which one fails writes nothing, and says which were skipped', async () => {
    const { update, readAll: read } = await setUp(2);
    const before = await read();
    const result = await update({ ids: ['exp-0', 'exp-none', 'exp-1'], input: { batchSize: 3 } });
    expect(result).toMatchObject({
      __typename: 'UpdateExperimentsSuccess',
      succeeded: 0,
      failed: 1,
      results: [
        { __typename: 'SkippedRow', experimentId: 'exp-0', message: expect.stringContaining('was not written') },
        { __typename: 'NotFoundError', missingId: 'exp-none' },
        { __typename: 'SkippedRow', experimentId: 'exp-1' },
      ],
    });
    expect(await read()).toEqual(before);
  });

  test('with PARTIAL, the others are written when one fails', async () => {
    const { replace, readAll: read } = await setUp(3);
    const items = [
      { id: 'exp-0', input: { batchSize: 3 } },
      { id: 'exp-1', input: { batchSize: 3 }, ifRevision: 7 },
      { id: 'exp-2', input: { batchSize: 3 }, ifRevision: 1 },
    ];
    const result = await replace({ items, policy: 'PARTIAL' });
    expect(result).toMatchObject({ succeeded: 2, failed: 1 });
    expect(typenames(result)).toEqual(['ReplaceExperimentSuccess', 'ConflictError', 'ReplaceExperimentSuccess']);
    expect(result.results[1]).toMatchObject({ reason: 'STALE_REVISION', current: { id: 'exp-1', revision: 1 } });
    const revisions = (await read()).map(({ id, revision }) => [id, revision]);
    expect(Object.fromEntries(revisions)).toEqual({ 'exp-0': 2, 'exp-1': 1, 'exp-2': 2 });
  });

  test('a dry run previews what a batch would write, skips what it would skip, and writes nothing (R15)', async () => {
    const { update, replace, readAll: read } = await setUp(2);
    const before = await read();
    const good = await update({ ids: ['exp-0', 'exp-1'], input: { batchSize: 3 }, dryRun: true });
    expect(good).toMatchObject({ succeeded: 2, failed: 0 });
    expect(good.results).toMatchObject([0, 1].map(() => ({ __typename: 'ExperimentPreview', batchSize: 3 })));
    const items = ['exp-0', 'exp-none'].map((id) => ({ id, input: {} }));
    const failing = await replace({ items, dryRun: true });
    expect(failing).toMatchObject({ succeeded: 0, failed: 1 });
    expect(failing.results).toMatchObject([
      { __typename: 'SkippedRow', message: expect.stringContaining('would not be written') },
      { __typename: 'NotFoundError' },
    ]);
    const partial = await replace({ items, dryRun: true, policy: 'PARTIAL' });
    expect(typenames(partial)).toEqual(['ExperimentPreview', 'NotFoundError']);
    expect(await read()).toEqual(before);
  });

  test('runs that have ended are not cancelled, and with PARTIAL the others are', async () => {
    const { start, cancel, readAll: read } = await setUp(3);
    await start({ id: 'exp-0' });
    expect(await cancel({ ids: ['exp-1'] })).toMatchObject({ succeeded: 1, failed: 0 });
    const atomic = await cancel({ ids: ['exp-0', 'exp-1', 'exp-2'] });
    expect(typenames(atomic)).toEqual(['SkippedRow', 'ConflictError', 'SkippedRow']);
    const partial = await cancel({ ids: ['exp-0', 'exp-1', 'exp-2'], policy: 'PARTIAL' });
    expect(typenames(partial)).toEqual(['CancelExperimentSuccess', 'ConflictError', 'CancelExperimentSuccess']);
    expect(partial.results[1]).toMatchObject({ reason: 'INVALID_TRANSITION', current: { status: 'CANCELLED' } });
    expect((await read()).map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
  });

  test.each([
    ['30', 'into the trash'],
    ['0', 'permanently, without a trash'],
  ])('with TRASH_DAYS=%s a batch deletes experiments %s', async (days) => {
    const calls = await setUp(3, { TRASH_DAYS: days });
    expect(await calls.delete({ ids: ['exp-0', 'exp-2'] })).toMatchObject({
      succeeded: 2,
      results: [{ deletedExperimentId: 'exp-0' }, { deletedExperimentId: 'exp-2' }],
    });
    expect((await calls.readAll()).map(({ id }) => id)).toEqual(['exp-1']);
    expect(typenames(await calls.delete({ ids: ['exp-0', 'exp-1'] }))).toEqual(['NotFoundError', 'SkippedRow']);
    const database = connectionTo(calls.gateway.databasePath);
    expect(database.prepare('SELECT count(*) AS n FROM experiments').get()).toEqual({ n: days === '0' ? 1 : 3 });
  });
});

describe('a batch that storage refuses in one row', () => {
  async function setUpRefusal() {
    const calls = await setUp(3, { LOG_LEVEL: 'error' });
    connectionTo(calls.gateway.databasePath).exec(
      "CREATE TRIGGER refuse BEFORE UPDATE ON experiments WHEN OLD.id = 'exp-1' BEGIN SELECT RAISE(ABORT, 'refused'); END",
    );
    return { ...calls, log: readLog(calls.gateway) };
  }

  test('with PARTIAL, the other rows are written, and the log and the metrics have the fault', async () => {
    const { gateway, ids, log, readAll: read } = await setUpRefusal();
    const variables = { ids, input: { batchSize: 3 }, policy: 'PARTIAL' };
    const { result } = await gateway.data(batches.update, variables, { headers: { 'x-request-id': 'mine' } });
    expect(result).toMatchObject({ succeeded: 2, failed: 1 });
    expect(typenames(result)).toEqual(['UpdateExperimentSuccess', 'SkippedRow', 'UpdateExperimentSuccess']);
    expect(result.results[1].message).toBe('The gateway could not write this experiment. Its log has the details.');
    expect((await read()).filter(({ batchSize }) => batchSize === 3)).toHaveLength(2);
    expect(log).toMatchObject([{ msg: 'fault', requestId: 'mine', err: { message: 'refused' } }]);
    const { value } = await readMetrics(gateway);
    expect(value('gateway_errors_total{code="INTERNAL_SERVER_ERROR"}')).toBe(1);
  });

  test('with ATOMIC, nothing is written, and the call fails', async () => {
    const { gateway, ids, log, readAll: read } = await setUpRefusal();
    const before = await read();
    const { body } = await gateway.graphql(batches.update, { ids, input: { batchSize: 3 } });
    expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(await read()).toEqual(before);
    expect(log).toMatchObject([{ msg: 'fault', err: { message: 'refused' } }]);
  });
});

describe('the limits of a batch', () => {
  const tagsOf = (count: number, value: string) => [
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, value])),
  ];

  test('experiments of more than 4 MiB together are not written at once, and a part of them is', async () => {
    const { update, ids, readAll: read } = await setUp(90);
    const workflow = [{ text: 'x'.repeat(50_000) }];
    for (const dryRun of [true, false]) {
      const refused = await update({ ids, input: { workflow }, policy: 'PARTIAL', dryRun });
      expect(listIssues(refused)).toEqual(['ids TOO_LARGE']);
      expect(refused.issues[0].message).toBe(
        'ids: the experiments hold more than 4194304 bytes together; send fewer at a time.',
      );
    }
    expect((await read()).every(({ revision }) => revision === 1)).toBe(true);
    expect(await update({ ids: ids.slice(0, 80), input: { workflow } })).toMatchObject({ succeeded: 80 });
  });

  test('more than 5,000 keys of tags and evaluators are not changed at once', async () => {
    const { update, ids } = await setUp(50);
    expect(await update({ ids, input: { tags: tagsOf(99, 'a') } })).toMatchObject({ succeeded: 50 });
    const refused = await update({ ids, input: { tags: tagsOf(2, 'b') } });
    expect(listIssues(refused)).toEqual(['ids TOO_LARGE']);
    expect(await update({ ids: ids.slice(1), input: { tags: tagsOf(2, 'b') } })).toMatchObject({ succeeded: 49 });
    const evaluatorIds = Array.from({ length: 100 }, (_, index) => `evaluator-${index}`);
    expect(await update({ ids, input: { evaluatorIds } })).toMatchObject({ succeeded: 50 });
    expect(listIssues(await update({ ids, input: { evaluatorIds: ['one'] } }))).toEqual(['ids TOO_LARGE']);
  });

  test('more than 1,000 revisions of several experiments are not permanently deleted at once', async () => {
    const calls = await setUp(3, { TRASH_DAYS: '0' });
    const database = connectionTo(calls.gateway.databasePath);
    database.exec("UPDATE experiments SET revision = 999 WHERE id <> 'exp-2'");
    expect(listIssues(await calls.delete({ ids: calls.ids }))).toEqual(['ids TOO_LARGE']);
    expect(await calls.delete({ ids: ['exp-1', 'exp-2'] })).toMatchObject({ succeeded: 2 });
    database.exec('UPDATE experiments SET revision = 5000');
    expect(await calls.delete({ ids: ['exp-0'] })).toMatchObject({ succeeded: 1 });
  });
});
