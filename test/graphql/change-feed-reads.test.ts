import { renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openStorage } from '../../src/storage/open.ts';
import { openChanges } from '../support/gateway/change-feed.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { recordExecutions } from '../support/storage/storage.ts';

const create = (gateway: TestGateway, id: string) => gateway.data(mutations.create, { input: { experimentId: id } });

describe('streams of changes read storage sparingly:', () => {
  test('ten streams of one list share a read, and writes that are committed together are one', async () => {
    const executions = recordExecutions();
    const countReads = () => executions.filter(({ sql }) => sql.includes('union all')).length;
    const gateway = await createTestGateway();
    const filter = { status: ['PENDING'] };
    const streams = await Promise.all(Array.from({ length: 10 }, () => openChanges(gateway, { filter })));
    const reading = Promise.all(streams.map((each) => each.take(21)));
    await create(gateway, 'first');
    await Promise.all(Array.from({ length: 20 }, (_, index) => create(gateway, `exp_${index}`)));
    for (const taken of await reading) expect(taken.at(-1)).toBe('SAVED exp_19');
    // The first read of each stream, those of at most four commits, and one to see that there is no more.
    expect(countReads()).toBeLessThanOrEqual(10 + 2 * 4 + 1);
    expect(countReads()).toBeGreaterThan(1);
  });

  test('an idle stream reads once a second', async () => {
    const executions = recordExecutions();
    const gateway = await createTestGateway();
    const changes = await openChanges(gateway);
    const next = changes.take(1);
    await sleep(2_100);
    const reads = executions.filter(({ sql }) => sql.includes('union all')).length;
    expect([reads >= 2, reads <= 4]).toEqual([true, true]);
    await create(gateway, 'a');
    expect(await next).toEqual(['SAVED a']);
  });
});

describe('while storage does not answer, a stream of changes', () => {
  test('waits, and continues when it is back', async () => {
    const gateway = await createTestGateway();
    const changes = await openChanges(gateway);
    await create(gateway, 'before');
    expect(await changes.take(1)).toEqual(['SAVED before']);
    const next = changes.take(1);
    renameSync(gateway.databasePath, `${gateway.databasePath}-moved`);
    const { body } = await gateway.graphql(mutations.create, { input: { experimentId: 'refused' } });
    expect(body.errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
    // Long enough for a look at storage that fails.
    await sleep(1_100);
    renameSync(`${gateway.databasePath}-moved`, gateway.databasePath);
    await create(gateway, 'after');
    expect(await next).toEqual(['SAVED after']);
  });

  test('completes when another database takes its place, since its cursors mean nothing there', async () => {
    const gateway = await createTestGateway();
    const changes = await openChanges(gateway);
    const next = changes.nextResult();
    const other = await openStorage(`file:${gateway.databasePath}-other`);
    await other.close();
    renameSync(gateway.databasePath, `${gateway.databasePath}-old`);
    renameSync(`${gateway.databasePath}-wal`, `${gateway.databasePath}-old-wal`);
    renameSync(`${gateway.databasePath}-other`, gateway.databasePath);
    expect(await next).toBe('complete');
  });
});
