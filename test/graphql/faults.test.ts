import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, otherConnection } from '../support/gateway/calls.ts';
import { readLog } from '../support/gateway/log.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

const secrets = /SELECT|INSERT|sqlite|no such|JSON|Syntax|\/src\/|\/work|node_modules|file:|\.ts\b|stack|broken/i;

/** Damage to the database, and an operation that runs into it. */
const damages: [what: string, sql: string, query: string, variables?: Record<string, unknown>][] = [
  [
    'a query for a broken row',
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
    `UPDATE experiments SET workflow = '[broken'`,
    mutations.replace,
    { id: 'exp-full', input: {} },
  ],
  [
    'a query of a missing table',
    'DROP TABLE experiment_tags',
    '{ experiments(filter: { tag: { key: "a" } }) { totalCount } }',
  ],
  [
    'a write into a missing table',
    'DROP TABLE experiment_revisions',
    mutations.create,
    { input: { experimentId: 'new' } },
  ],
];

/** Creates a gateway with a damaged database. Returns it with what it logs from then on. */
async function createDamagedGateway(sql: string) {
  const gateway = await createTestGateway({ LOG_LEVEL: 'info' });
  const log = readLog(gateway);
  await createCalls(gateway).created(fullInput);
  otherConnection(gateway).exec(sql);
  log.length = 0;
  return { gateway, log };
}

describe.each(damages)('the internal fault of %s', (what, sql, query, variables) => {
  test(`${what} returns one masked error with the request id of its log line`, async () => {
    const { gateway, log } = await createDamagedGateway(sql);
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

  test(`the error of ${what} reveals no details`, async () => {
    const { gateway } = await createDamagedGateway(sql);
    const { body } = await gateway.graphql(query, variables);
    const { message } = body.errors[0];
    expect(message).toMatch(/^[A-Z]/);
    expect(message).not.toMatch(secrets);
    expect(Object.keys(body.errors[0]).filter((name) => !/^(message|locations|path|extensions)$/.test(name))).toEqual(
      [],
    );
  });
});

test('the request id of an internal fault is the one that the client sent', async () => {
  const { gateway, log } = await createDamagedGateway("UPDATE experiments SET workflow = 'broken'");
  const headers = { 'x-request-id': 'my-request-1' };
  const { body } = await gateway.graphql('{ experiment(id: "exp-full") { workflow } }', {}, { headers });
  expect(body.errors).toMatchObject([{ extensions: { requestId: 'my-request-1' } }]);
  expect(log.map(({ requestId, msg }) => [requestId, msg])).toEqual([
    ['my-request-1', 'fault'],
    ['my-request-1', 'request'],
  ]);
});

test('a fault in one field leaves the other fields of the answer', async () => {
  const { gateway } = await createDamagedGateway("UPDATE experiments SET workflow = 'broken'");
  const query = '{ viewer { organization } experiment(id: "exp-full") { workflow } }';
  const { status, body } = await gateway.graphql(query);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    errors: [{ path: ['experiment', 'workflow'], extensions: { code: 'INTERNAL_SERVER_ERROR', status: 500 } }],
    data: { viewer: { organization: 'acme' }, experiment: null },
  });
});

test('a write that fails halfway is rolled back', async () => {
  const { gateway } = await createDamagedGateway('DROP TABLE experiment_revisions');
  const { body } = await gateway.graphql(mutations.create, { input: { experimentId: 'new', tags: [{ a: 1 }] } });
  expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  const connection = otherConnection(gateway);
  expect(connection.prepare('SELECT id FROM experiments').pluck().all()).toEqual(['exp-full']);
  expect(connection.prepare('SELECT DISTINCT experiment_id FROM experiment_tags').pluck().all()).toEqual(['exp-full']);
  expect(await createCalls(gateway).stored('new')).toBeNull();
});

test('the log contains no key and no input', async () => {
  const { gateway, log } = await createDamagedGateway("UPDATE experiments SET workflow = 'broken'");
  await gateway.graphql(mutations.replace, { id: 'exp-full', input: { name: 'A private name' } });
  await gateway.graphql('{ viewer { organization } }', {}, { key: 'sk_private-key' });
  expect(log.length).toBeGreaterThanOrEqual(4);
  const text = JSON.stringify(log);
  expect(text).not.toContain(gateway.key);
  expect(text).not.toMatch(/private/);
});
