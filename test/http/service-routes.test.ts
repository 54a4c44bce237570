import { renameSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

describe('/health', () => {
  test('/health responds with 200 to GET and HEAD without a credential', async () => {
    const gateway = await createTestGateway();
    for (const path of ['/health', '/health?x=1']) {
      for (const method of ['GET', 'HEAD']) expect((await gateway.fetch(path, { method })).status).toBe(200);
    }
  });

  test('/health responds with 200 while storage is down, because the process is healthy', async () => {
    const gateway = await createTestGateway();
    renameSync(gateway.databasePath, `${gateway.databasePath}.away`);
    expect((await gateway.fetch('/health')).status).toBe(200);
    renameSync(`${gateway.databasePath}.away`, gateway.databasePath);
  });
});

describe('/ready', () => {
  test('/ready responds with 200 while storage is available', async () => {
    const gateway = await createTestGateway();
    expect((await gateway.fetch('/ready')).status).toBe(200);
    const head = await gateway.fetch('/ready', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('/ready responds with 503, without the path, while the database file is missing, and 200 once it is back', async () => {
    const gateway = await createTestGateway();
    renameSync(gateway.databasePath, `${gateway.databasePath}.away`);
    const gone = await gateway.fetch('/ready');
    expect(gone.status).toBe(503);
    expect(await gone.text()).not.toMatch(/gateway\.db|SQLITE|sqlite|\/tmp/);
    renameSync(`${gateway.databasePath}.away`, gateway.databasePath);
    expect((await gateway.fetch('/ready')).status).toBe(200);
  });

  test('/ready responds with 503 once the gateway starts to shut down', async () => {
    const gateway = await createTestGateway();
    const closed = gateway.app.close();
    expect((await gateway.fetch('/ready')).status).toBe(503);
    await closed;
  });

  test('/ready is not cached', async () => {
    const { headers } = await (await createTestGateway()).fetch('/ready');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

test.each(['/health', '/ready'])('%s allows only GET and HEAD', async (path) => {
  const gateway = await createTestGateway();
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const response = await gateway.fetch(path, { method });
    expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, 'GET, HEAD']);
    const [error] = ((await response.json()) as { errors: { extensions: object }[] }).errors;
    expect(error?.extensions).toEqual({ code: 'METHOD_NOT_ALLOWED', status: 405 });
  }
});

test.each([
  '/health/',
  '/ready/',
  '/x/health',
  '/graphqlx',
  '/graphql/x',
  '/GraphQL',
  '/health/x',
  '/favicon.ico',
  '/%2e%2e/etc/passwd',
  '//graphql',
])('%s is not an address of the gateway', async (path) => {
  const gateway = await createTestGateway();
  for (const method of ['GET', 'POST', 'HEAD']) {
    const response = await gateway.fetch(path, {
      method,
      ...(method === 'POST' && {
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ __typename }"}',
      }),
    });
    expect([method, response.status]).toEqual([method, 404]);
    const text = await response.text();
    expect(text === '' ? 404 : JSON.parse(text).errors[0].extensions.status).toBe(404);
    expect(text === '').toBe(method === 'HEAD');
  }
});

test('/graphql/ is the same address as /graphql', async () => {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ __typename }"}' };
  const response = await (await createTestGateway()).fetch('/graphql/', init);
  expect([response.status, await response.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
});
