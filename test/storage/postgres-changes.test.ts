import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { ChangePosition } from '../../src/domain/experiment/change-feed.ts';
import { findChangesCursor, openChanges } from '../support/gateway/change-feed.ts';
import { anExperiment, author, toReplace } from '../support/gateway/experiments.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { createPostgresDatabase, hasServer, withClient } from '../support/storage/postgres.ts';
import { startInProcessServer } from '../support/storage/postgres-in-process.ts';
import { openStorageOn } from '../support/storage/storage.ts';

const server = await startInProcessServer();
afterAll(server.close);

const setSize = (gateway: TestGateway, id: string, batchSize: number) =>
  gateway.data(mutations.update, { id, input: { batchSize } });
/** A write as a gateway makes it, on a connection that may wait with its commit. */
const writeLate = (id: string) =>
  `UPDATE experiments SET batch_size = 4321, changed = pg_current_xact_id()::text::bigint WHERE id = '${id}'`;

describe('what a dump leaves when it is restored into another server', () => {
  // Every row was written by the transaction that restored it, and its number by one of another server.
  const restore = `BEGIN;
    CREATE TEMPORARY TABLE dumped ON COMMIT DROP AS SELECT name FROM change_feed;
    DELETE FROM change_feed;
    INSERT INTO change_feed SELECT name FROM dumped;
    UPDATE experiments SET changed = 1000000000000 WHERE id <> 'early';
    UPDATE purged_experiments SET changed = 1000000000000;
    COMMIT`;

  test('is detected at the start: the feed has a new name, and all changes can be read', async () => {
    await server.reset();
    const before = await openStorageOn(server.url);
    for (const id of ['early', 'a', 'gone']) await before.experiments.insert(anExperiment({ id }), author);
    await before.experiments.remove({ organization: 'acme', id: 'gone', ifRevision: null });
    const { feed } = await before.experiments.findFeedEnd('acme');
    await withClient(server.url, (client) => client.query(restore));

    const { experiments } = await openStorageOn(server.url);
    const end = await experiments.findFeedEnd('acme');
    expect(end.feed).not.toBe(feed);
    const query = { organization: 'acme', filter: {} };
    const all = await experiments.listChanges({ ...query, after: { number: -1, id: '' } });
    expect(all).toMatchObject({ isPending: false, hasMore: false });
    expect(all.changes.map(({ change: { kind, id } }) => `${kind} ${id}`)).toEqual([
      'SAVED a',
      'DELETED gone',
      'SAVED early',
    ]);
    await experiments.replace(toReplace(anExperiment({ id: 'a' }), { batchSize: 5 }));
    const { changes } = await experiments.listChanges({ ...query, after: end.position });
    expect(changes.map(({ change }) => change.id)).toEqual(['a']);
    // The next start recognizes the feed as its own.
    const next = await openStorageOn(server.url);
    expect((await next.experiments.findFeedEnd('acme')).feed).toBe(end.feed);
  });

  test('answers CURSOR_EXPIRED to a cursor from before', async () => {
    await server.reset();
    const before = await createTestGateway({ DATABASE_URL: server.url });
    await before.data(mutations.create, { input: { experimentId: 'a' } });
    const since = await findChangesCursor(before);
    await before.app.close();
    await withClient(server.url, (client) => client.query(restore));
    const gateway = await createTestGateway({ DATABASE_URL: server.url });
    const changes = await openChanges(gateway, { since });
    expect((await changes.nextResult()).errors).toMatchObject([{ extensions: { code: 'CURSOR_EXPIRED' } }]);
  });
});

/**
 * Waits until all changes so far are settled. Writers of other databases on the same server hold them back, and a stream
 * that opens meanwhile begins before them.
 */
async function waitForWriters(url: string): Promise<void> {
  const { experiments } = await openStorageOn(url);
  const query = { organization: 'acme', filter: {}, after: { number: 0, id: '' } };
  while ((await experiments.listChanges(query)).isPending) await sleep(5);
}

describe.runIf(hasServer)('on a PostgreSQL server, transactions that overlap', () => {
  test('a commit that comes late, with a smaller number, is not lost to a reader of later ones', async () => {
    const url = await createPostgresDatabase();
    const { experiments } = await openStorageOn(url);
    for (const id of ['late', 'prompt']) await experiments.insert(anExperiment({ id }), author);
    const listSettled = async (after: ChangePosition) => {
      for (;;) {
        const { changes, isPending } = await experiments.listChanges({ organization: 'acme', filter: {}, after });
        if (!isPending) return changes.map(({ change }) => change.id);
        // Others may use the same server.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await listSettled({ number: 0, id: '' });
    const { position: after } = await experiments.findFeedEnd('acme');
    await withClient(url, async (client) => {
      await client.query('BEGIN');
      await client.query(writeLate('late'));
      await experiments.replace(toReplace(anExperiment({ id: 'prompt' }), { batchSize: 5 }));
      const early = await experiments.listChanges({ organization: 'acme', filter: {}, after });
      expect(early).toMatchObject({ changes: [], isPending: true });
      // A cursor that is taken now is not behind what is under way.
      const { position } = await experiments.findFeedEnd('acme');
      await client.query('COMMIT');
      for (const start of [after, position]) expect(await listSettled(start)).toEqual(['late', 'prompt']);
    });
  });

  test('a stream waits for a writer that is under way, and sends both changes soon after its commit', async () => {
    const url = await createPostgresDatabase();
    const gateway = await createTestGateway({ DATABASE_URL: url });
    for (const id of ['late', 'prompt']) await gateway.data(mutations.create, { input: { experimentId: id } });
    await waitForWriters(url);
    const changes = await openChanges(gateway);
    await withClient(url, async (client) => {
      await client.query('BEGIN');
      await client.query(writeLate('late'));
      await setSize(gateway, 'prompt', 5);
      const next = changes.take(2);
      expect(await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 200, 'waiting'))])).toBe('waiting');
      await client.query('COMMIT');
      expect(await next).toEqual(['SAVED late', 'SAVED prompt']);
    });
  });

  test('many writers on two gateways: every reader that continues from its last position ends with what is stored', async () => {
    const url = await createPostgresDatabase();
    const stores = [(await openStorageOn(url)).experiments, (await openStorageOn(url)).experiments] as const;
    const ids = Array.from({ length: 10 }, (_, index) => `exp_${index}`);
    for (const id of ids) await stores[0].insert(anExperiment({ id }), author);
    let after = { number: 0, id: '' };
    const known = new Map<string, number>();
    const readAll = async () => {
      for (let hasMore = true; hasMore; ) {
        const page = await stores[1].listChanges({ organization: 'acme', filter: {}, after });
        for (const { change, position } of page.changes) {
          if (change.kind === 'SAVED') known.set(change.id, change.experiment.batchSize);
          after = position;
        }
        hasMore = page.hasMore || page.isPending;
      }
    };
    const writing = Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        stores[index % 2 === 0 ? 0 : 1].replace(
          toReplace(anExperiment({ id: ids[index % 10] as string }), { batchSize: index + 1 }),
        ),
      ),
    );
    const writers = { areDone: false };
    const done = writing.then(() => {
      writers.areDone = true;
    });
    while (!writers.areDone) await readAll();
    await done;
    await readAll();
    for (const id of ids) expect([id, known.get(id)]).toEqual([id, (await stores[0].find('acme', id))?.batchSize]);
  });

  test('without Redis, a stream sees what another gateway writes', async () => {
    const url = await createPostgresDatabase();
    const [one, other] = [
      await createTestGateway({ DATABASE_URL: url }),
      await createTestGateway({ DATABASE_URL: url }),
    ];
    const changes = await openChanges(one);
    await other.data(mutations.create, { input: { experimentId: 'a' } });
    expect(await changes.take(1)).toEqual(['SAVED a']);
  });
});
