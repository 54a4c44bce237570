import { describe, expect, test } from 'vitest';
import { secondsFromNow, signByHand, token, trusted } from '../support/http/jwt.ts';
import { exchange, openWire, post } from '../support/http/wire.ts';
import { runGateway, startGateway } from '../support/process/process.ts';

const viewer = '{"query":"{ viewer { organization } }"}';
const json = { 'content-type': 'application/json' };

describe.each([
  ['production', { NODE_ENV: 'production' }, 0],
  // The first key of a development database is shown on the terminal, in the line before the log.
  ['development', { NODE_ENV: 'development' }, 1],
])('the log of %s', (_name, mode, shown) => {
  test('never contains a key, a token, a secret or a body, however they are sent', async () => {
    const bootstrap = 'bootstrap-secret-of-a-container-0123456789';
    const secret = 'a secret of more than 32 characters, for tests';
    const env = { ...mode, ...trusted, BOOTSTRAP_API_KEY: bootstrap, JWT_SECRET: secret, LOG_LEVEL: 'trace' };
    const gateway = await startGateway({ env });
    const created = ['keys', 'create', '--organization', 'acme', '--json'];
    const made = await runGateway(created, { env: { DATABASE_URL: `file:${gateway.databasePath}` } });
    const { key } = JSON.parse(made.stdout);
    const signing = new TextEncoder().encode(secret);
    const tokens = [
      await token('HS256', signing),
      await token('HS256', signing, { claims: { exp: secondsFromNow(-600) } }),
      await token('HS256', signing, { claims: { aud: 'somebody-else-altogether' } }),
      signByHand({ alg: 'none' }, { sub: 'subject-of-an-unsigned-token' }),
    ];
    const secrets = [bootstrap, secret, key, 'sk_unknownunknownunknownunknownunknown', 'Zm9vOmJhcmJhcmJhcg', ...tokens];
    for (const credential of secrets) {
      for (const scheme of ['Bearer ', 'Basic ', '']) {
        const headers = { ...json, authorization: `${scheme}${credential}` };
        await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: viewer });
        await fetch(`${gateway.url}/ready`, { headers });
      }
      const parameters = new URLSearchParams({ query: `{ viewer { organization } } # ${credential}`, key: credential });
      await fetch(`${gateway.url}/graphql?${parameters}`);
      const body = JSON.stringify({
        query: `{ experiment(id: "${credential}") { nothing } }`,
        variables: { credential },
      });
      await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { ...json, cookie: `key=${credential}` },
        body,
      });
      await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: json, body: credential });
      await exchange(gateway.url, `GET / HTTP/1.1\r\nauthorization: Bearer ${credential}\r\nhost: [\r\n\r\n`);
      await exchange(gateway.url, `authorization: Bearer ${credential}\r\n\r\n`);
    }
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toMatchObject({ code: 0 });
    const output = gateway.output();
    const log = output.slice(shown && output.indexOf('INFO'));
    expect(log).toMatch(/credential refused/);
    for (const credential of [...secrets, gateway.firstKey].filter((found) => found !== '')) {
      expect(log).not.toContain(credential);
      // Nor its secret part.
      expect(log).not.toContain(credential.slice(-20));
    }
  });
});

test('the log has the x-request-id of every response, also for requests that could not be parsed', async () => {
  const gateway = await startGateway({ env: { NODE_ENV: 'production', LOG_LEVEL: 'debug' } });
  const requests = {
    'a probe': 'GET /health HTTP/1.1\r\nhost: a\r\n\r\n',
    'not found': 'GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n',
    'not JSON': post('{'),
    'not allowed': 'PUT /graphql HTTP/1.1\r\nhost: a\r\n\r\n',
    'not acceptable': post(viewer, { accept: 'image/png' }),
    'not HTTP': 'hello\r\n\r\n',
    'too long': `GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`,
    'without a host': 'GET / HTTP/1.1\r\n\r\n',
    'with an odd host': 'GET / HTTP/1.1\r\nhost: [\r\n\r\n',
    'expecting too much': 'GET / HTTP/1.1\r\nhost: a\r\nexpect: miracles\r\n\r\n',
  };
  const ids = new Map<string, string | undefined>();
  for (const [name, bytes] of Object.entries(requests))
    ids.set(name, (await exchange(gateway.url, bytes)).headers['x-request-id']);
  gateway.signal('SIGTERM');
  const { stdout } = await gateway.ended;
  const logged = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).requestId);
  for (const [name, id] of ids) {
    expect.soft(id, name).toMatch(/^[\da-f-]{36}$/);
    expect.soft(logged, name).toContain(id);
  }
});

test('the log says why a credential was refused, and in which request', async () => {
  const secret = 'a secret of more than 32 characters, for tests';
  const gateway = await startGateway({ env: { NODE_ENV: 'production', ...trusted, JWT_SECRET: secret } });
  const signing = new TextEncoder().encode(secret);
  const credentials = {
    scheme: 'Basic abc',
    unknown: 'Bearer sk_unknown',
    expired: `Bearer ${await token('HS256', signing, { claims: { exp: secondsFromNow(-600) } })}`,
    audience: `Bearer ${await token('HS256', signing, { claims: { aud: 'other' } })}`,
    organization: `Bearer ${await token('HS256', signing, { claims: { org_id: 7 } })}`,
  };
  for (const [id, authorization] of Object.entries(credentials)) {
    const headers = { ...json, authorization, 'x-request-id': id };
    await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: viewer });
  }
  gateway.signal('SIGTERM');
  const { stdout } = await gateway.ended;
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const reasons = Object.keys(credentials).map((id) => {
    const refused = lines.filter(({ requestId, refused }) => requestId === id && refused !== undefined);
    return refused.map((line) => line.refused).join();
  });
  expect(reasons).not.toContain('');
  expect(new Set(reasons).size).toBe(reasons.length);
});

test('a client that disconnects is not logged as a fault', async () => {
  const gateway = await startGateway({ env: { NODE_ENV: 'production' } });
  for (let count = 0; count < 3; count++) {
    const connection = await openWire(gateway.url);
    await connection.send(post('{"query":', { 'content-length': '1000', 'x-request-id': 'broken-off' }));
    await fetch(`${gateway.url}/health`);
    connection.destroy();
  }
  await gateway.until(/broken-off/);
  gateway.signal('SIGTERM');
  const { code, stdout } = await gateway.ended;
  expect(code).toBe(0);
  const levels = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).level);
  expect(Math.max(...levels)).toBeLessThan(50);
});
