import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, otherConnection } from '../support/gateway/calls.ts';
import { readLog } from '../support/gateway/log.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

const secrets = /SELECT|INSERT|sqlite|no such|JSON|Syntax|\/src\/|\/work|node_modules|file:|\.ts\b|stack|broken/i;

/** Damage that another program did to the database, and operations that fall into it. */
const damages: [what: string, sql: string, query: string, variables?: Record<string, unknown>][] = [
  [
    'a query of a broken row',
    `UPDATE experiments SET workflow = '[{"broken'`,
    '{ experiment(id: "exp-full") { id workflow } }',
  ],
  [
    'a list with a broken row',
    `UPDATE experiments SET tags = 'broken'`,
    '{ experiments { edges { node { id tags } } } }',
  ],
  [
    'a replace of a broken row',
    `UPDATE experiments SET evaluator_ids = '[broken'`,
    mutations.replace,
    { id: 'exp-full', input: {} },
  ],
  ['a missing table', 'DROP TABLE experiment_tags', '{ experiments(filter: { tag: { key: "a" } }) { totalCount } }'],
  [
    'a write into a missing table',
    'DROP TABLE experiment_revisions',
    mutations.create,
    { input: { experimentId: 'new' } },
  ],
];

/** A gateway with a damaged database, and what it logs from then on. */
async function damaged(sql: string) {
  const gateway = await createTestGateway({ LOG_LEVEL: 'info' });
  const log = readLog(gateway);
  await createCalls(gateway).created(fullInput);
  otherConnection(gateway).exec(sql);
  log.length = 0;
  return { gateway, log };
}

describe.each(damages)('%s', (_what, sql, query, variables) => {
  test('is one masked error, with a request id that the log has', async () => {
    const { gateway, log } = await damaged(sql);
    const { status, headers, body } = await gateway.graphql(query, variables);
    const requestId = headers.get('x-request-id');
    expect(status).toBe(500);
    expect(body.errors).toHaveLength(1);
    expect(body.errors[0].extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', status: 500, requestId });
    expect(Object.values(body.data ?? {}).every((value) => value === null)).toBe(true);
    const faults = log.filter(({ level }) => level >= 50);
    expect(faults).toMatchObject([
      { requestId, err: { message: expect.stringMatching(/./), stack: expect.stringContaining('.ts:') } },
    ]);
  });

  test('tells nothing of what went wrong', async () => {
    const { gateway } = await damaged(sql);
    const { body } = await gateway.graphql(query, variables);
    const { message } = body.errors[0];
    expect(message).toMatch(/^[A-Z]/);
    expect(message).not.toMatch(secrets);
    expect(Object.keys(body.errors[0]).filter((name) => !/^(message|locations|path|extensions)$/.test(name))).toEqual(
      [],
    );
  });
});

test('the request id is the one that the caller sent', async () => {
  const { gateway, log } = await damaged("UPDATE experiments SET workflow = 'broken'");
  const headers = { 'x-request-id': 'my-request-1' };
  const { body } = await gateway.graphql('{ experiment(id: "exp-full") { workflow } }', {}, { headers });
  expect(body.errors).toMatchObject([{ extensions: { requestId: 'my-request-1' } }]);
  expect(log.map(({ requestId, msg }) => [requestId, msg])).toEqual([
    ['my-request-1', 'fault'],
    ['my-request-1', 'request'],
  ]);
});

test('a fault beside an answer leaves the answer', async () => {
  const { gateway } = await damaged("UPDATE experiments SET workflow = 'broken'");
  const query = '{ viewer { organization } experiment(id: "exp-full") { workflow } }';
  const { status, body } = await gateway.graphql(query);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    errors: [{ path: ['experiment', 'workflow'], extensions: { code: 'INTERNAL_SERVER_ERROR', status: 500 } }],
    data: { viewer: { organization: 'acme' }, experiment: null },
  });
});

test('a write that fails halfway leaves nothing behind', async () => {
  const { gateway } = await damaged('DROP TABLE experiment_revisions');
  const { body } = await gateway.graphql(mutations.create, { input: { experimentId: 'new', tags: [{ a: 1 }] } });
  expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  const connection = otherConnection(gateway);
  expect(connection.prepare('SELECT id FROM experiments').pluck().all()).toEqual(['exp-full']);
  expect(connection.prepare('SELECT DISTINCT experiment_id FROM experiment_tags').pluck().all()).toEqual(['exp-full']);
  expect(await createCalls(gateway).stored('new')).toBeNull();
});

test('the log names no key, and nothing of what was sent', async () => {
  const { gateway, log } = await damaged("UPDATE experiments SET evaluator_ids = 'broken'");
  await gateway.graphql(mutations.replace, { id: 'exp-full', input: { name: 'A private name' } });
  await gateway.graphql('{ viewer { organization } }', {}, { key: 'sk_private-key' });
  expect(log.length).toBeGreaterThanOrEqual(4);
  const text = JSON.stringify(log);
  expect(text).not.toContain(gateway.key);
  expect(text).not.toMatch(/private/);
});
