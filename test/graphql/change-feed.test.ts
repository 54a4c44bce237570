import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createCalls, fullInput } from '../support/gateway/calls.ts';
import { findChangesCursor, openChanges } from '../support/gateway/change-feed.ts';
import { experimentFields, mutations, steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openStream } from '../support/http/stream.ts';

const create = (gateway: TestGateway, id: string, input: object = {}) =>
  gateway.data(mutations.create, { input: { experimentId: id, ...input } });
const update = (gateway: TestGateway, id: string, input: object) => gateway.data(mutations.update, { id, input });
const trash = (gateway: TestGateway, id: string) => gateway.data(mutations.delete, { id });
const deletePermanently = (gateway: TestGateway, id: string) =>
  gateway.data('mutation ($id: ID!) { deleteExperiment(id: $id, permanently: true) { __typename } }', { id });
const bringBack = (gateway: TestGateway, id: string) =>
  gateway.data('mutation ($id: ID!) { restoreExperiment(id: $id) { __typename } }', { id });
const team = (name: string) => ({ tags: [{ team: name }] });

describe('experimentsChanged', () => {
  test('without since, a stream has only what changes from now on', async () => {
    const gateway = await createTestGateway();
    await create(gateway, 'before');
    const changes = await openChanges(gateway);
    await create(gateway, 'a');
    await gateway.data(steps.start, { id: 'before' });
    expect(await changes.take(2)).toEqual(['SAVED a', 'SAVED before']);
    await trash(gateway, 'a');
    expect(await changes.take(1)).toEqual(['DELETED a']);
  });

  test('with since, it begins with the latest state of everything that changed after that cursor, once and in order', async () => {
    const gateway = await createTestGateway();
    for (const id of ['a', 'b', 'c', 'd', 'e']) await create(gateway, id);
    const since = await findChangesCursor(gateway);
    await update(gateway, 'a', { batchSize: 5 });
    await trash(gateway, 'b');
    await update(gateway, 'a', { batchSize: 6 });
    await deletePermanently(gateway, 'c');
    await trash(gateway, 'd');
    await bringBack(gateway, 'd');
    const changes = await openChanges(gateway, { since, fields: 'batchSize' });
    expect([await changes.next(), await changes.next(), await changes.next(), await changes.next()]).toMatchObject([
      { kind: 'DELETED', experimentId: 'b', experiment: null },
      { kind: 'SAVED', experimentId: 'a', experiment: { batchSize: 6 } },
      { kind: 'DELETED', experimentId: 'c', experiment: null },
      { kind: 'SAVED', experimentId: 'd', experiment: { batchSize: 100 } },
    ]);
    await update(gateway, 'e', { batchSize: 7 });
    expect(await changes.next()).toMatchObject({ kind: 'SAVED', experimentId: 'e', experiment: { batchSize: 7 } });
  });

  test('a change that does not match the filter is UNMATCHED, with its id alone', async () => {
    const gateway = await createTestGateway();
    const changes = await openChanges(gateway, { filter: { tag: { key: 'team', value: 'a' }, status: ['PENDING'] } });
    await create(gateway, 'ours', team('a'));
    await create(gateway, 'theirs', team('b'));
    expect(await changes.take(1)).toEqual(['SAVED ours']);
    expect(await changes.next()).toMatchObject({ kind: 'UNMATCHED', experimentId: 'theirs', experiment: null });
    await update(gateway, 'theirs', team('a'));
    await update(gateway, 'ours', team('b'));
    expect(await changes.take(2)).toEqual(['SAVED theirs', 'UNMATCHED ours']);
    await gateway.data(steps.start, { id: 'theirs' });
    await trash(gateway, 'ours');
    expect(await changes.take(2)).toEqual(['UNMATCHED theirs', 'DELETED ours']);
  });

  test('streams whose filters differ only in the last digit of a tag are different lists (R11)', async () => {
    const gateway = await createTestGateway();
    const digits = [4, 5];
    const streams = await Promise.all(
      digits.map((digit) =>
        openStream(
          gateway,
          `subscription { experimentsChanged(filter: { tag: { key: "seed", value: 1844674407370955161${digit} } }) { kind } }`,
        ),
      ),
    );
    const next = Promise.all(streams.map((stream) => stream.next()));
    await gateway.data(
      'mutation { createExperiment(input: { tags: [{ seed: 18446744073709551615 }] }) { __typename } }',
    );
    const kinds = (await next).map(({ data }) => data.experimentsChanged.kind);
    expect(kinds).toEqual(['UNMATCHED', 'SAVED']);
  });

  test('with deleted: true it follows the trash, where what was restored is UNMATCHED', async () => {
    const gateway = await createTestGateway();
    const changes = await openChanges(gateway, { filter: { deleted: true }, fields: 'id deletedAt purgeAt' });
    const seen = async (write: Promise<unknown>) => {
      await write;
      return changes.next();
    };
    expect(await seen(create(gateway, 'a'))).toMatchObject({ kind: 'UNMATCHED', experiment: null });
    expect(await seen(trash(gateway, 'a'))).toMatchObject({
      kind: 'SAVED',
      experiment: { id: 'a', deletedAt: expect.any(String), purgeAt: expect.any(String) },
    });
    expect(await seen(bringBack(gateway, 'a'))).toMatchObject({ kind: 'UNMATCHED', experiment: null });
    expect(await seen(trash(gateway, 'a'))).toMatchObject({ kind: 'SAVED' });
    expect(await seen(deletePermanently(gateway, 'a'))).toMatchObject({ kind: 'DELETED', experimentId: 'a' });
  });

  test('a batch is one change for each experiment that it changed, and a clone is a change of the new one', async () => {
    const gateway = await createTestGateway();
    for (const id of ['a', 'b', 'c']) await create(gateway, id);
    const changes = await openChanges(gateway, { fields: 'id batchSize' });
    const ids = ['a', 'b', 'nobody'];
    const batch = (field: string, given = '') =>
      gateway.data(`mutation ($ids: [ID!]!) { ${field}(ids: $ids${given}, policy: PARTIAL) { __typename } }`, { ids });
    await batch('updateExperiments', ', input: { batchSize: 7 }');
    expect([await changes.next(), await changes.next()]).toMatchObject([
      { kind: 'SAVED', experiment: { id: 'a', batchSize: 7 } },
      { kind: 'SAVED', experiment: { id: 'b', batchSize: 7 } },
    ]);
    await batch('updateExperiments', ', input: { batchSize: 7 }');
    await gateway.data('mutation { cloneExperiment(id: "c", input: { experimentId: "d" }) { __typename } }');
    expect(await changes.take(1)).toEqual(['SAVED d']);
    await batch('deleteExperiments');
    expect(await changes.take(2)).toEqual(['DELETED a', 'DELETED b']);
  });

  test('a stream that continues from any cursor has exactly what came after it', async () => {
    const gateway = await createTestGateway();
    const since = await findChangesCursor(gateway);
    for (const id of ['a', 'b', 'c', 'd']) await create(gateway, id);
    await trash(gateway, 'b');
    const whole = await openChanges(gateway, { since });
    const all = [await whole.next(), await whole.next(), await whole.next(), await whole.next()];
    expect(all.map(({ experimentId }) => experimentId)).toEqual(['a', 'c', 'd', 'b']);
    await create(gateway, 'last');
    for (const [index, { cursor }] of all.entries()) {
      const changes = await openChanges(gateway, { since: cursor });
      const rest = all.slice(index + 1).map(({ kind, experimentId }) => `${kind} ${experimentId}`);
      expect(await changes.take(rest.length + 1)).toEqual([...rest, 'SAVED last']);
      await changes.leave();
    }
  });

  test('a list and the stream from its changesCursor lose nothing, whenever writes happen', async () => {
    const gateway = await createTestGateway();
    const writer = { isDone: false };
    const writing = (async () => {
      for (let n = 0; n < 150; n++) {
        await create(gateway, `exp_${n}`);
        if (n % 3 === 0) await trash(gateway, `exp_${n}`);
        if (n % 5 === 0) await update(gateway, `exp_${n}`, { batchSize: 7 });
      }
      writer.isDone = true;
    })();
    const query = '{ experiments(first: 100) { changesCursor nodes { id batchSize } } }';
    const lists = [];
    while (!writer.isDone) {
      lists.push((await gateway.data(query)).experiments);
      await sleep(20);
    }
    await writing;
    const stored = (await gateway.data(query)).experiments.nodes as { id: string; batchSize: number }[];
    await create(gateway, 'end');
    expect(lists.length).toBeGreaterThan(3);
    for (const { changesCursor, nodes } of lists.slice(0, 20)) {
      const known = new Map<string, number>(nodes.map(({ id, batchSize }: (typeof stored)[number]) => [id, batchSize]));
      const changes = await openChanges(gateway, { since: changesCursor, fields: 'batchSize' });
      for (;;) {
        const { kind, experimentId, experiment } = await changes.next();
        if (experimentId === 'end') break;
        if (kind === 'SAVED') known.set(experimentId, experiment.batchSize);
        else known.delete(experimentId);
      }
      await changes.leave();
      for (const { id, batchSize } of stored) expect([id, known.get(id)]).toEqual([id, batchSize]);
    }
  });

  test('a backlog of several pages is sent whole, and changes during it are not lost', async () => {
    const gateway = await createTestGateway();
    const since = await findChangesCursor(gateway);
    const ids = Array.from({ length: 230 }, (_, index) => `exp_${index}`);
    await Promise.all(ids.map((id) => create(gateway, id)));
    const changes = await openChanges(gateway, { since });
    const first = await changes.take(50);
    await create(gateway, 'later');
    await trash(gateway, 'exp_0');
    const rest = await changes.take(182);
    expect([...first, ...rest].toSorted()).toEqual(
      [...ids.map((id) => `SAVED ${id}`), 'SAVED later', 'DELETED exp_0'].toSorted(),
    );
    expect(rest.at(-1)).toBe('DELETED exp_0');
  });

  test('a reader that falls behind gets the latest state of an experiment that changes fast', async () => {
    const gateway = await createTestGateway();
    await create(gateway, 'a');
    const changes = await openChanges(gateway, { fields: 'batchSize description' });
    for (let size = 1; size <= 300; size++)
      await update(gateway, 'a', { batchSize: size, description: `${size}`.repeat(3_000) });
    const sizes: number[] = [];
    do sizes.push((await changes.next()).experiment.batchSize);
    while (sizes.at(-1) !== 300);
    expect(sizes.length).toBeLessThan(100);
    expect(sizes).toEqual(sizes.toSorted((one, other) => one - other));
  });

  test('an event has every field of an experiment that a query has', async () => {
    const gateway = await createTestGateway();
    const query = `subscription { experimentsChanged { experiment { ...All } again: experiment { ... on Node { id } } } }
      fragment All on Experiment { ${experimentFields} ...More }
      fragment More on Experiment { revisions(first: 1) { totalCount nodes { revision } } }`;
    const stream = await openStream(gateway, query);
    const { stored, created } = createCalls(gateway);
    await created(fullInput);
    const { experiment, again } = (await stream.next()).data.experimentsChanged;
    const expected = await stored('exp-full');
    const revisions = { totalCount: 1, nodes: [{ revision: 1 }] };
    expect([experiment, again]).toEqual([{ ...expected, revisions }, { id: 'exp-full' }]);
  });
});
