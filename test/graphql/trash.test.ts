import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, otherConnection } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';

const fields = 'id name revision tags updatedAt deletedAt purgeAt revisions { totalCount }';
const deleteDocument = `mutation ($id: ID!, $ifRevision: Int, $permanently: Boolean) {
  result: deleteExperiment(id: $id, ifRevision: $ifRevision, permanently: $permanently) {
    __typename
    ... on DeleteExperimentSuccess { deletedExperimentId purgeAt }
    ... on MutationError { code message }
    ... on NotFoundError { missingId }
    ... on ConflictError { reason }
  }
}`;
const restoreDocument = `mutation ($id: ID!) {
  result: restoreExperiment(id: $id) {
    __typename
    ... on RestoreExperimentSuccess { experiment { ${fields} } }
    ... on MutationError { code message }
    ... on ValidationError { issues { path code } }
    ... on NotFoundError { missingId }
    ... on PermissionError { requiredScope }
  }
}`;

/** Deleting, restoring and listing, through the public door. */
function createTrashCalls(gateway: TestGateway) {
  const list = async (filter: object) =>
    (
      await gateway.data(
        `query ($filter: ExperimentFilter) { experiments(filter: $filter) { totalCount nodes { ${fields} } } }`,
        { filter },
      )
    ).experiments;
  return {
    ...createCalls(gateway),
    delete: async (variables: Record<string, unknown>) => (await gateway.data(deleteDocument, variables)).result,
    bringBack: async (id: string) => (await gateway.data(restoreDocument, { id })).result,
    list,
    trash: () => list({ deleted: true }),
  };
}

const dayMs = 24 * 60 * 60 * 1000;
const notThere = { __typename: 'NotFoundError', code: 'NOT_FOUND', missingId: 'exp-full' };

describe('the trash', () => {
  test('a deleted experiment is in the trash for 30 days, and comes back as it was with its history', async () => {
    const calls = createTrashCalls(await createTestGateway());
    await calls.created(fullInput);
    await calls.update({ id: 'exp-full', input: { name: 'Second' } });
    const before = (await calls.list({})).nodes[0];
    const deleted = await calls.delete({ id: 'exp-full', ifRevision: 2 });
    expect(deleted).toEqual({
      __typename: 'DeleteExperimentSuccess',
      deletedExperimentId: 'exp-full',
      purgeAt: expect.any(String),
    });
    expect((Date.parse(deleted.purgeAt) - Date.now()) / dayMs).toBeCloseTo(30, 2);
    expect(await calls.list({})).toEqual({ totalCount: 0, nodes: [] });
    const { totalCount, nodes } = await calls.trash();
    expect(totalCount).toBe(1);
    expect(nodes).toEqual([{ ...before, deletedAt: expect.any(String), purgeAt: deleted.purgeAt }]);

    const { experiment, __typename } = await calls.bringBack('exp-full');
    expect(__typename).toBe('RestoreExperimentSuccess');
    expect(experiment).toEqual({ ...before, updatedAt: expect.any(String) });
    expect(Date.parse(experiment.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt) - 1);
    expect(await calls.trash()).toEqual({ totalCount: 0, nodes: [] });
    expect((await calls.list({ tag: { key: 'team' } })).totalCount).toBe(1);
  });

  test('every operation but restore and a permanent delete finds nothing there', async () => {
    const gateway = await createTestGateway();
    const calls = createTrashCalls(gateway);
    await calls.created(fullInput);
    await calls.delete({ id: 'exp-full' });
    for (const write of [
      () => calls.replace({ id: 'exp-full', input: {} }),
      () => calls.update({ id: 'exp-full', input: {}, dryRun: true }),
      () => calls.restore({ id: 'exp-full', revision: 1 }),
      () => calls.delete({ id: 'exp-full' }),
    ])
      expect(await write()).toMatchObject(notThere);
    const steps = `mutation { a: startExperiment(id: "exp-full") { __typename } b: cancelExperiment(id: "exp-full") { __typename } }`;
    expect(await gateway.data(steps)).toEqual({
      a: { __typename: 'NotFoundError' },
      b: { __typename: 'NotFoundError' },
    });
    const reads = '{ experiment(id: "exp-full") { id } node(id: "exp-full") { id } }';
    expect(await gateway.data(reads)).toEqual({ experiment: null, node: null });
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'])
      expect(await callRest(gateway, method, 'exp-full', method.startsWith('P') ? {} : undefined)).toMatchObject({
        status: 404,
      });
    expect((await calls.trash()).nodes[0]).toMatchObject({ id: 'exp-full', revision: 1 });
  });

  test('DELETE by REST moves to the trash as well', async () => {
    const gateway = await createTestGateway();
    const calls = createTrashCalls(gateway);
    await calls.created(fullInput);
    expect(await callRest(gateway, 'DELETE', 'exp-full')).toMatchObject({ status: 204 });
    expect(await calls.bringBack('exp-full')).toMatchObject({ __typename: 'RestoreExperimentSuccess' });
    expect(await callRest(gateway, 'GET', 'exp-full')).toMatchObject({ status: 200 });
  });

  test('a permanent delete leaves nothing but the numbers, from outside the trash and from inside', async () => {
    const gateway = await createTestGateway();
    const calls = createTrashCalls(gateway);
    for (const id of ['exp-full', 'trashed']) {
      await calls.created({ ...fullInput, experimentId: id });
      await calls.update({ id, input: { tags: [{ team: 'new', other: 1 }] } });
    }
    await calls.delete({ id: 'trashed' });
    for (const id of ['exp-full', 'trashed']) {
      expect(await calls.delete({ id, permanently: true, ifRevision: 1 })).toMatchObject({ reason: 'STALE_REVISION' });
      expect(await calls.delete({ id, permanently: true, ifRevision: 2 })).toMatchObject({ purgeAt: null });
      expect(await calls.delete({ id, permanently: true })).toMatchObject({ __typename: 'NotFoundError' });
    }
    const connection = otherConnection(gateway);
    for (const table of ['experiments', 'experiment_revisions', 'experiment_tags', 'experiment_evaluators'])
      expect(connection.prepare(`SELECT * FROM ${table}`).all()).toEqual([]);
    expect(connection.prepare('SELECT id, revision FROM purged_experiments ORDER BY id').all()).toEqual([
      { id: 'exp-full', revision: 2 },
      { id: 'trashed', revision: 2 },
    ]);
    expect(await calls.bringBack('exp-full')).toMatchObject(notThere);
  });

  test('an id in the trash may be used again, which purges what was there, and its revision goes on counting', async () => {
    const calls = createTrashCalls(await createTestGateway());
    await calls.created(fullInput);
    await calls.update({ id: 'exp-full', input: { name: 'Second' } });
    await calls.delete({ id: 'exp-full' });
    expect(await calls.created({ experimentId: 'exp-full' })).toMatchObject({ revision: 3, tags: [] });
    expect(await calls.trash()).toEqual({ totalCount: 0, nodes: [] });
    expect(await calls.bringBack('exp-full')).toMatchObject(notThere);
    expect(await calls.delete({ id: 'exp-full' })).toMatchObject({ __typename: 'DeleteExperimentSuccess' });
    expect((await calls.bringBack('exp-full')).experiment).toMatchObject({ revision: 3, revisions: { totalCount: 1 } });
  });

  test('the trash of another organization is not there', async () => {
    const gateway = await createTestGateway();
    const calls = createTrashCalls(gateway);
    await calls.created(fullInput);
    await calls.delete({ id: 'exp-full' });
    const { secret: key } = await gateway.issueKey({ organization: 'other' });
    const query = '{ experiments(filter: { deleted: true }) { totalCount } }';
    expect(await gateway.data(query, undefined, { key })).toEqual({ experiments: { totalCount: 0 } });
    expect((await gateway.data(restoreDocument, { id: 'exp-full' }, { key })).result).toMatchObject(notThere);
    const permanently = { id: 'exp-full', permanently: true };
    expect((await gateway.data(deleteDocument, permanently, { key })).result).toMatchObject(notThere);
    expect((await calls.trash()).totalCount).toBe(1);
  });

  test('restoring needs the scope experiments:write, and an id that can exist', async () => {
    const gateway = await createTestGateway();
    const { secret: key } = await gateway.issueKey({ scopes: ['experiments:read', 'experiments:run'] });
    const { result } = await gateway.data(restoreDocument, { id: 'exp-full' }, { key });
    expect(result).toMatchObject({ __typename: 'PermissionError', requiredScope: 'experiments:write' });
    expect(await createTrashCalls(gateway).bringBack('a\u0000b')).toMatchObject({ issues: [{ path: ['id'] }] });
  });

  test.each([{ and: [{ deleted: true }] }, { or: [{ status: ['PENDING'] }, { not: { deleted: false } }] }])(
    'deleted is accepted only at the top of a filter: %j is refused',
    async (filter) => {
      const query = 'query ($filter: ExperimentFilter) { experiments(filter: $filter) { totalCount } }';
      const { body } = await (await createTestGateway()).graphql(query, { filter });
      expect(body.errors).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT', issues: [{ code: 'MUTUALLY_EXCLUSIVE' }] } },
      ]);
    },
  );

  test('other conditions filter the trash, in every order, with cursors', async () => {
    const calls = createTrashCalls(await createTestGateway());
    for (const name of ['a', 'b', 'c', 'd']) await calls.created({ experimentId: name, name });
    for (const id of ['a', 'b', 'c']) await calls.delete({ id });
    expect((await calls.list({ deleted: true, nameContains: 'b' })).nodes).toMatchObject([{ id: 'b' }]);
    expect((await calls.list({ deleted: false })).nodes).toMatchObject([{ id: 'd' }]);
    expect((await calls.list({ deleted: true, not: { nameContains: 'b' } })).totalCount).toBe(2);
  });
});

describe('TRASH_DAYS', () => {
  test('0 deletes permanently and at once', async () => {
    const calls = createTrashCalls(await createTestGateway({ TRASH_DAYS: '0' }));
    await calls.created(fullInput);
    expect(await calls.delete({ id: 'exp-full' })).toMatchObject({ purgeAt: null });
    expect(await calls.trash()).toEqual({ totalCount: 0, nodes: [] });
    expect(await calls.bringBack('exp-full')).toMatchObject(notThere);
  });

  test('expired trash is purged when the gateway starts, whatever its size', async () => {
    const first = await createTestGateway({ TRASH_DAYS: '7' });
    const calls = createTrashCalls(first);
    for (const id of ['old', 'new']) await calls.created({ ...fullInput, experimentId: id });
    for (let n = 1; n <= 150; n++) await calls.update({ id: 'old', input: { batchSize: n } });
    for (const id of ['old', 'new']) await calls.delete({ id });
    const connection = otherConnection(first);
    connection.prepare("UPDATE experiments SET purge_at = 1 WHERE id = 'old'").run();
    const second = createTrashCalls(await createTestGateway({ DATABASE_URL: `file:${connection.name}` }));
    await expect.poll(async () => (await second.trash()).nodes.map(({ id }: any) => id)).toEqual(['new']);
    expect(
      connection.prepare("SELECT count(*) FROM experiment_revisions WHERE experiment_id = 'old'").pluck().get(),
    ).toBe(0);
    expect(await second.created({ experimentId: 'old' })).toMatchObject({ revision: 152 });
  });
});
