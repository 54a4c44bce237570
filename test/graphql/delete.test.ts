import { describe, expect, test } from 'vitest';
import { createCalls, fullInput } from '../support/gateway/calls.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';

test('a deleted experiment disappears from every query at once, and others stay', async () => {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  await calls.created(fullInput);
  await calls.created({ experimentId: 'kept', tags: fullInput.tags });
  expect(await calls.delete({ id: 'exp-full' })).toEqual({
    __typename: 'DeleteExperimentSuccess',
    deletedExperimentId: 'exp-full',
  });
  const query = `{
    experiment(id: "exp-full") { id }
    node(id: "exp-full") { id }
    all: experiments { totalCount edges { node { id } } }
    tagged: experiments(filter: { tag: { key: "team" } }) { totalCount edges { node { id } } }
  }`;
  const kept = { totalCount: 1, edges: [{ node: { id: 'kept' } }] };
  expect(await gateway.data(query)).toEqual({ experiment: null, node: null, all: kept, tagged: kept });
});

test('a mutation of a deleted experiment returns the same as for one that never existed', async () => {
  const calls = createCalls(await createTestGateway());
  await calls.created(fullInput);
  await calls.delete({ id: 'exp-full' });
  const missing = { __typename: 'NotFoundError', code: 'NOT_FOUND', status: 404, missingId: 'exp-full' };
  expect(await calls.delete({ id: 'exp-full' })).toMatchObject(missing);
  expect(await calls.replace({ id: 'exp-full', input: {} })).toMatchObject(missing);
  expect(await calls.update({ id: 'exp-full', input: {} })).toMatchObject(missing);
  expect(await calls.restore({ id: 'exp-full', revision: 1 })).toMatchObject(missing);
});

test('the id of a deleted experiment is free again, and nothing of the old experiment returns with it', async () => {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  await calls.created(fullInput);
  await calls.replace({ id: 'exp-full', input: { name: 'Second' } });
  await calls.delete({ id: 'exp-full' });
  const experiment = await calls.created({ experimentId: 'exp-full', name: 'Reborn' });
  expect(experiment).toMatchObject({ name: 'Reborn', revision: 3, tags: [] });
  expect(await calls.restore({ id: 'exp-full', revision: 2 })).toMatchObject({ __typename: 'NotFoundError' });
  const { experiments } = await calls.everything();
  expect(experiments.edges[0].node.revisions.edges.map(({ node }: any) => node.name)).toEqual(['Reborn']);
  const tagged = await gateway.data('{ experiments(filter: { tag: { key: "team" } }) { totalCount } }');
  expect(tagged.experiments.totalCount).toBe(0);
});

describe('revisions after an id is created again', () => {
  /** Creates an experiment, deletes it at revision 3 and creates it again. */
  async function recreate() {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    await calls.created(fullInput);
    for (const name of ['Second', 'Third']) await calls.replace({ id: 'exp-full', input: { name } });
    await calls.delete({ id: 'exp-full', ifRevision: 3 });
    const current = await calls.created({ experimentId: 'exp-full', name: 'Reborn' });
    return { gateway, calls, current };
  }

  test.each([1, 2, 3])(
    'revision %d of a deleted experiment is stale for every write to the next one with its id',
    async (ifRevision) => {
      const { calls, current } = await recreate();
      expect(current.revision).toBe(4);
      const stale = { __typename: 'ConflictError', reason: 'STALE_REVISION', current };
      for (const write of [
        () => calls.replace({ id: 'exp-full', input: {}, ifRevision }),
        () => calls.replace({ id: 'exp-full', input: {}, ifRevision, dryRun: true }),
        () => calls.update({ id: 'exp-full', input: { name: 'X' }, ifRevision }),
        () => calls.restore({ id: 'exp-full', revision: 4, ifRevision }),
        () => calls.delete({ id: 'exp-full', ifRevision }),
      ]) {
        expect(await calls.writingNothing(write)).toMatchObject(stale);
      }
      expect(await calls.restore({ id: 'exp-full', revision: ifRevision })).toMatchObject({
        __typename: 'NotFoundError',
      });
    },
  );

  test('the history of a recreated experiment begins with the revision of its create', async () => {
    const { gateway, calls } = await recreate();
    await calls.update({ id: 'exp-full', input: { name: 'Later' } });
    const query = `query ($first: Int, $after: String) { experiment(id: "exp-full") {
      revisions(first: $first, after: $after) {
        totalCount edges { node { revision name } } pageInfo { hasNextPage endCursor }
      }
    } }`;
    const whole = (await gateway.data(query)).experiment.revisions;
    expect(whole).toMatchObject({
      totalCount: 2,
      edges: [{ node: { revision: 5, name: 'Later' } }, { node: { revision: 4, name: 'Reborn' } }],
      pageInfo: { hasNextPage: false },
    });
    const first = (await gateway.data(query, { first: 1 })).experiment.revisions;
    expect(first.pageInfo.hasNextPage).toBe(true);
    const second = (await gateway.data(query, { first: 1, after: first.pageInfo.endCursor })).experiment.revisions;
    expect(second).toMatchObject({ edges: [{ node: { revision: 4 } }], pageInfo: { hasNextPage: false } });
    expect(await calls.restore({ id: 'exp-full', revision: 4 })).toMatchObject({
      experiment: { name: 'Reborn', revision: 6 },
    });
  });

  test('a dry run of a create with a used id previews the content, and uses up no revision', async () => {
    const calls = createCalls(await createTestGateway());
    await calls.created({ experimentId: 'exp-full' });
    await calls.update({ id: 'exp-full', input: { name: 'Second' } });
    await calls.delete({ id: 'exp-full' });
    const input = { experimentId: 'exp-full' };
    const dry = await calls.create({ input, dryRun: true });
    expect(dry).toMatchObject({ __typename: 'ExperimentPreview', name: 'Untitled experiment', changes: [] });
    expect(await calls.created(input)).toMatchObject({ revision: 3 });
    expect(await calls.created(input)).toMatchObject({ revision: 3 });
  });

  test('an If-Match from before the delete is refused with 412', async () => {
    const { gateway, current } = await recreate();
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const headers = { 'if-match': '"3"' };
      expect(
        await callRest(gateway, method, 'exp-full', method === 'DELETE' ? undefined : {}, { headers }),
      ).toMatchObject({
        status: 412,
      });
    }
    expect(await callRest(gateway, 'GET', 'exp-full')).toMatchObject({ status: 200, body: { name: current.name } });
    const headers = { 'if-match': '"4"' };
    expect(await callRest(gateway, 'PUT', 'exp-full', { name: 'New' }, { headers })).toMatchObject({ status: 200 });
  });
});

test.each([2, 0, -1])('a delete with the wrong ifRevision %d deletes nothing', async (ifRevision) => {
  const calls = createCalls(await createTestGateway());
  const current = await calls.created(fullInput);
  const result = await calls.writingNothing(() => calls.delete({ id: 'exp-full', ifRevision }));
  expect(result).toEqual({
    __typename: 'ConflictError',
    code: 'CONFLICT',
    status: 409,
    message: expect.any(String),
    reason: 'STALE_REVISION',
    current,
  });
});

test('a delete with the stored revision succeeds', async () => {
  const calls = createCalls(await createTestGateway());
  await calls.created(fullInput);
  await calls.replace({ id: 'exp-full', input: {} });
  expect(await calls.delete({ id: 'exp-full', ifRevision: 2 })).toMatchObject({ deletedExperimentId: 'exp-full' });
  expect(await calls.stored('exp-full')).toBeNull();
});

test.each(['', 'x'.repeat(256), 'a\0', 'a\n'])('a delete refuses the invalid id %j', async (id) => {
  const calls = createCalls(await createTestGateway());
  const result = await calls.delete({ id });
  expect(result).toMatchObject({ __typename: 'ValidationError', issues: [{ path: ['id'] }] });
});

test('a delete never affects the same id in another organization', async () => {
  const gateway = await createTestGateway();
  const { secret: key } = await gateway.issueKey({ organization: 'other' });
  const [one, other] = [createCalls(gateway), createCalls(gateway, { key })];
  await one.created({ ...fullInput, name: 'One' });
  await other.created({ ...fullInput, name: 'Other' });
  await other.writingNothing(() => one.delete({ id: 'exp-full' }));
  expect(await one.stored('exp-full')).toBeNull();
  const query = '{ experiments(filter: { tag: { key: "team" } }) { edges { node { name } } } }';
  const { experiments } = await gateway.data(query, undefined, { key });
  expect(experiments.edges).toEqual([{ node: { name: 'Other' } }]);
});

test('of many concurrent deletes exactly one succeeds', async () => {
  const calls = createCalls(await createTestGateway());
  await calls.created(fullInput);
  const results = await Promise.all(Array.from({ length: 5 }, () => calls.delete({ id: 'exp-full' })));
  const kinds: string[] = results.map(({ __typename }) => __typename);
  expect(kinds.toSorted()).toEqual(['DeleteExperimentSuccess', ...Array(4).fill('NotFoundError')]);
});
