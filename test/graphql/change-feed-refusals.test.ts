import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStorage } from '../../src/storage/open.ts';
import { findChangesCursor, openChanges } from '../support/gateway/change-feed.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTemporaryFolder, createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { createSqliteDatabase, recordExecutions } from '../support/storage/storage.ts';

const create = (gateway: TestGateway, id: string, key = gateway.key) =>
  gateway.data(mutations.create, { input: { experimentId: id } }, { key });
const expired = [
  { message: expect.stringMatching(/load the list again/), extensions: { code: 'CURSOR_EXPIRED', status: 410 } },
];

describe('a since that experimentsChanged cannot continue from', () => {
  test('is BAD_USER_INPUT with an issue at since when it is no cursor of changes', async () => {
    const gateway = await createTestGateway();
    await create(gateway, 'a');
    const page = await gateway.data('{ experiments { edges { cursor } } }');
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const texts = [
      '',
      'x',
      page.experiments.edges[0].cursor,
      encode({}),
      encode(['CHANGES', 'a', 1]),
      encode(['CHANGES', 'a', -1, '']),
      encode(['CHANGES', 'a', 1.5, '']),
      encode(['CHANGES', 'a', 1, '\0']),
      encode(['CHANGES', 1, 1, 'a']),
      encode(['OTHERS', 'a', 1, 'a']),
    ];
    for (const since of texts) {
      const changes = await openChanges(gateway, { since });
      const { errors } = await changes.nextResult();
      expect(errors).toMatchObject([
        {
          message: 'The input is not valid: since.',
          extensions: { code: 'BAD_USER_INPUT', status: 400, issues: [{ path: ['since'], code: 'INVALID_CURSOR' }] },
        },
      ]);
      expect(await changes.nextResult()).toBe('complete');
    }
  });

  test('is CURSOR_EXPIRED when it belongs to another database or organization, or to the future', async () => {
    const gateway = await createTestGateway();
    // Other test gateways start as copies of one database, which is the same one to a cursor.
    const other = await createTestGateway({ DATABASE_URL: createSqliteDatabase().url });
    const { secret: stranger } = await gateway.issueKey({ organization: 'other' });
    for (const each of [gateway, other]) await create(each, 'a');
    await create(gateway, 'b', stranger);
    const own = await findChangesCursor(gateway);
    const [marker, source, number, id] = JSON.parse(Buffer.from(own, 'base64url').toString());
    const future = Buffer.from(JSON.stringify([marker, source, number + 1, id])).toString('base64url');
    for (const [since, key] of [
      [await findChangesCursor(other), gateway.key],
      [own, stranger],
      [future, gateway.key],
    ] as const) {
      const changes = await openChanges(gateway, { since, key });
      expect((await changes.nextResult()).errors).toMatchObject(expired);
      expect(await changes.nextResult()).toBe('complete');
    }
  });

  test('is CURSOR_EXPIRED in a backup that was restored, even when as much has changed since', async () => {
    const gateway = await createTestGateway();
    await create(gateway, 'a');
    const storage = await openStorage(`file:${gateway.databasePath}`);
    const backup = join(createTemporaryFolder(), 'backup.db');
    await storage.backup(backup);
    await storage.close();
    await create(gateway, 'lost');
    const since = await findChangesCursor(gateway);
    const restored = await createTestGateway({ DATABASE_URL: `file:${backup}` });
    const { data } = await restored
      .graphql('{ viewer { organization } }', {}, { key: gateway.key })
      .then(({ body }) => body);
    expect(data.viewer.organization).toBe('acme');
    for (const id of ['b', 'c', 'd'])
      await restored.data(mutations.create, { input: { experimentId: id } }, { key: gateway.key });
    const changes = await openChanges(restored, { since, key: gateway.key });
    expect((await changes.nextResult()).errors).toMatchObject(expired);
  });
});

describe('experimentsChanged is limited like other streams and lists:', () => {
  test('it needs a credential with experiments:read', async () => {
    const gateway = await createTestGateway();
    const { secret: writer } = await gateway.issueKey({ scopes: ['experiments:write'] });
    for (const [key, code, status] of [
      [null, 'UNAUTHENTICATED', 401],
      [writer, 'FORBIDDEN', 403],
    ] as const) {
      const changes = await openChanges(gateway, { since: 'no cursor', key });
      expect((await changes.nextResult()).errors).toMatchObject([{ extensions: { code, status } }]);
    }
  });

  test('another organization is never seen', async () => {
    const gateway = await createTestGateway();
    const { secret: stranger } = await gateway.issueKey({ organization: 'other' });
    const changes = await openChanges(gateway, { key: stranger });
    await create(gateway, 'ours');
    await create(gateway, 'theirs', stranger);
    expect(await changes.take(1)).toEqual(['SAVED theirs']);
  });

  test('it counts towards the 100 streams of a caller, and frees its place however it ends', async () => {
    const gateway = await createTestGateway();
    const { secret: other, id } = await gateway.issueKey();
    const streams = await Promise.all(Array.from({ length: 100 }, () => openChanges(gateway, { key: other })));
    const refused = await openChanges(gateway, { key: other });
    expect(refused.response.status).toBe(429);
    await create(gateway, 'z');
    await streams[0]?.take(1);
    await streams[0]?.leave();
    // A stream that was refused held no place.
    const none = await openChanges(gateway, { since: 'x', key: other });
    expect((await none.nextResult()).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    const next = await openChanges(gateway, { key: other });
    expect(next.response.status).toBe(200);
    await create(gateway, 'a');
    expect(await next.take(1)).toEqual(['SAVED a']);
    await gateway.revokeKey(id);
    expect(await next.nextResult()).toBe('complete');
  });

  test('it completes when the gateway shuts down, even with events that have not been read', async () => {
    const gateway = await createTestGateway();
    const [idle, behind] = [await openChanges(gateway), await openChanges(gateway)];
    await create(gateway, 'a');
    expect(await idle.take(1)).toEqual(['SAVED a']);
    await gateway.app.close();
    expect(await idle.nextResult()).toBe('complete');
    let last = await behind.nextResult();
    while (last !== 'complete') last = await behind.nextResult();
  });

  test('a filter beyond the limits is refused, and so are events of more than 500 rows', async () => {
    const gateway = await createTestGateway();
    const text = { nameContains: 'x' };
    const tooManyTexts = await openChanges(gateway, { filter: { or: [text, text, text, text] } });
    expect(tooManyTexts.response.status).toBe(400);
    const tooDeep = await openChanges(gateway, { filter: { and: [{ deleted: true }] } });
    expect((await tooDeep.nextResult()).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', issues: [{ path: ['filter'] }] } },
    ]);
    const six = [1, 2, 3, 4, 5, 6].map((n) => `r${n}: revisions(first: 100) { nodes { revision } }`).join(' ');
    expect((await openChanges(gateway, { fields: six })).response.status).toBe(400);
  });
});

describe('changesCursor', () => {
  test('is read in one statement, once for equal lists, and only when it is selected', async () => {
    const gateway = await createTestGateway();
    await create(gateway, 'a');
    const executions = recordExecutions();
    const count = async (selection: string) => {
      executions.length = 0;
      await gateway.data(`query { ${selection} } fragment Ids on ExperimentConnection { nodes { id } }`);
      return executions.filter(({ sql }) => sql.includes('max("experiments"."changed")')).length;
    };
    await findChangesCursor(gateway);
    expect(await count('experiments { ...Ids }')).toBe(0);
    expect(await count('experiments { ...Ids changesCursor }')).toBe(1);
    const twice = 'experiments { ...Ids } again: experiments { ...Ids now: changesCursor later: changesCursor }';
    expect(await count(twice)).toBe(1);
  });
});

describe('a second gateway on the same SQLite file, without Redis,', () => {
  test('is seen by streams of the first within two seconds', async () => {
    const first = await createTestGateway();
    const changes = await openChanges(first);
    const second = await createTestGateway({ DATABASE_URL: `file:${first.databasePath}` });
    await second.data(mutations.create, { input: { experimentId: 'a' } }, { key: first.key });
    const start = performance.now();
    expect(await changes.take(1)).toEqual(['SAVED a']);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
