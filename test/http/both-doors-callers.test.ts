import { renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { fullInput } from '../support/gateway/calls.ts';
import { mutations } from '../support/gateway/operations.ts';
import { openDoors } from '../support/http/doors.ts';

describe('both gates treat callers alike', () => {
  const { each, expectAlike } = openDoors();
  const requests = [
    { query: '{ viewer { organization scopes } }' },
    { query: '{ experiments { totalCount } }' },
    { query: mutations.create, variables: { input: { experimentId: 'a' } } },
    { query: '{ __schema { queryType { name } } nothing }' },
  ];

  test('both gates answer a caller without a credential alike', async () => {
    for (const body of requests) await expectAlike({ body, key: null });
  });

  test.each([
    ['an unknown key', 'Bearer sk_nobody'],
    ['a token', 'Bearer a.b.c'],
    ['another scheme', 'Basic eDp5'],
    ['an empty header', ''],
    ['the scheme alone', 'Bearer'],
    ['the right key after a lower-case scheme', 'bearer a-key-that-is-the-same-for-all-gateways'],
    ['the right key between spaces', 'Bearer   a-key-that-is-the-same-for-all-gateways  '],
  ])('both gates answer a caller with %s alike', async (_what, authorization) => {
    for (const body of requests.slice(0, 2)) await expectAlike({ body, headers: { authorization } });
  });

  test('both gates refuse a caller with two credentials alike', async () => {
    const right = 'Bearer a-key-that-is-the-same-for-all-gateways';
    for (const authorization of [
      [right, 'Bearer other'],
      ['Bearer other', right],
      [right, right],
    ]) {
      const { body } = await expectAlike({
        body: { query: '{ viewer { organization } }' },
        headers: { authorization },
      });
      expect(body).toContain('UNAUTHENTICATED');
    }
  });

  test('both gates answer a key with one scope alike, before and after it is revoked', async () => {
    const keys = await each((gateway) => gateway.issueKey({ organization: 'acme', scopes: ['experiments:read'] }));
    const key = keys.map(({ secret }) => secret);
    for (const body of requests.slice(1)) {
      const { body: text } = await expectAlike({ body, key });
      expect(text).not.toContain('UNAUTHENTICATED');
    }
    await each((gateway, door) => gateway.revokeKey(keys[door]?.id ?? ''));
    await new Promise((resolve) => setTimeout(resolve, 600));
    const { body } = await expectAlike({ body: requests[1] as object, key });
    expect(body).toContain('UNAUTHENTICATED');
  });
});

describe('both gates treat faults alike', () => {
  const { each, expectAlike } = openDoors();

  test('both gates mask internal faults alike', async () => {
    await expectAlike({ body: { query: mutations.create, variables: { input: fullInput } } });
    await each(({ databasePath }) => {
      const other = new Database(databasePath);
      other.exec(`UPDATE experiments SET workflow = 'broken'; DROP TABLE experiment_tags`);
      other.close();
    });
    const queries = [
      '{ experiment(id: "exp-full") { id workflow } }',
      '{ viewer { organization } experiment(id: "exp-full") { workflow } }',
      '{ a: experiments(filter: { tag: { key: "a" } }) { totalCount } }',
    ];
    for (const query of queries)
      expect((await expectAlike({ body: { query } })).body).toContain('INTERNAL_SERVER_ERROR');
    await expectAlike({ body: { query: queries[0] }, headers: { 'x-request-id': null } });
    await expectAlike({
      body: { query: mutations.create, variables: { input: { experimentId: 'x', tags: [{ a: 1 }] } } },
    });
  });

  test('both gates answer alike while storage is unavailable', async () => {
    await each(({ databasePath }) => renameSync(databasePath, `${databasePath}.away`));
    for (const query of [
      '{ experiment(id: "a") { id } }',
      '{ experiment(id: "a") { id } viewer { organization } }',
      '{ experiments { totalCount } }',
    ]) {
      const { body } = await expectAlike({ body: { query } });
      expect(body).toContain('SERVICE_UNAVAILABLE');
    }
    const { status } = await expectAlike({
      body: { query: mutations.replace, variables: { id: 'a', input: {} } },
    });
    expect(status).toBe(503);
    await expectAlike({
      body: { query: '{ viewer { organization } }' },
      headers: { authorization: 'Bearer sk_new' },
    });
    await each(({ databasePath }) => renameSync(`${databasePath}.away`, databasePath));
  });
});
