import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createRefusalBrake, toNetwork } from '../../src/auth/refusal-brake.ts';
import { readLog } from '../support/gateway/log.ts';
import { readMetrics } from '../support/gateway/metrics.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { token, trusted } from '../support/http/jwt.ts';
import { openWire, post } from '../support/http/wire.ts';
import { countStatements } from '../support/storage/statements.ts';

const query = JSON.stringify({ query: '{ viewer { organization } }' });
const makeWrongKey = (number: number) => `sk_${String(number).padStart(43, 'A')}`;
/** How many credentials of an address may be refused. */
const limit = 300;

/** Stops the clock by which refusals are forgiven; `pass` moves it forward. */
function stopClock(): { pass(milliseconds: number): void } {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  return { pass: (milliseconds) => void vi.advanceTimersByTime(milliseconds) };
}

/** A gateway on a socket, whose clock stands still, and ways to call it from one address. */
async function startGateway(environment: Record<string, string> = {}) {
  const gateway = await createTestGateway(environment);
  const url = await gateway.app.listen();
  const time = stopClock();
  const call = async (key: string, path = '/graphql') => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: query,
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const isAccepted = async (key: string) => (await call(key)).body.data?.viewer?.organization === 'acme';
  /** Sends wrong keys over one connection, as many at once as may be refused. Returns the different error codes. */
  const flood = async (count: number) => {
    const wire = await openWire(url);
    const together = count < limit ? 1 : limit;
    const codes = new Set<string>();
    for (let sent = 0; sent < count; ) {
      const size = sent === 0 ? together : 1;
      const keys = Array.from({ length: size }, (_, at) => makeWrongKey(sent + at));
      await wire.send(keys.map((key) => post(query, { authorization: `Bearer ${key}` })).join(''));
      for (const _ of keys) codes.add(JSON.parse((await wire.answer()).body).errors[0].extensions.code);
      sent += size;
    }
    wire.destroy();
    return [...codes];
  };
  return { gateway, time, call, isAccepted, flood };
}

const tooMany = 'Too many credentials from your address were refused: try again in a moment.';

describe('after 300 refused credentials from an address', () => {
  test('further ones get 429 with Retry-After at every gate, without a lookup', async () => {
    const { call, flood } = await startGateway();
    expect(await flood(limit)).toEqual(['UNAUTHENTICATED']);
    const { texts } = countStatements();
    for (const path of ['/graphql', '/graphql/']) {
      const { status, headers, body } = await call(makeWrongKey(limit), path);
      expect([status, headers.get('retry-after'), body]).toEqual([
        429,
        '1',
        { errors: [{ message: tooMany, extensions: { code: 'RATE_LIMITED', status: 429 } }] },
      ]);
    }
    const rest = await call('not even a key', '/api/v2/experiments/');
    expect([rest.status, rest.headers.get('retry-after'), rest.body]).toEqual([429, '1', { detail: tooMany }]);
    expect(texts.filter((text) => text.includes('api_keys'))).toEqual([]);
  });

  test('/metrics counts further ones as not checked, and their error code', async () => {
    const { gateway, call, flood } = await startGateway();
    await flood(limit);
    await call(makeWrongKey(limit));
    await call('not even a key', '/api/v2/experiments/');
    const { value } = await readMetrics(gateway);
    expect(value('gateway_refused_credentials_total{reason="not checked"}')).toBe(2);
    expect(value('gateway_refused_credentials_total{reason="unknown key"}')).toBe(limit);
    expect(value('gateway_errors_total{code="RATE_LIMITED"}')).toBe(2);
  });

  test('a key that was accepted before keeps working from there, and is still checked', async () => {
    const { gateway, time, call, isAccepted, flood } = await startGateway();
    const known = await gateway.issueKey();
    expect(await isAccepted(known.secret)).toBe(true);
    await flood(limit);
    time.pass(600);
    expect(await isAccepted(known.secret)).toBe(true);
    await gateway.revokeKey(known.id);
    time.pass(600);
    expect((await call(known.secret)).body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
    await flood(limit);
    expect((await call(known.secret)).status).toBe(429);
  });

  test('a token whose signature was never checked is refused, too', async () => {
    const secret = 'a secret of more than 32 characters, for tests';
    const { isAccepted, call, flood } = await startGateway({ ...trusted, JWT_SECRET: secret });
    const sign = (sub: string) => token('HS256', new TextEncoder().encode(secret), { claims: { sub } });
    const known = await sign('known');
    expect(await isAccepted(known)).toBe(true);
    await flood(limit);
    expect(await isAccepted(known)).toBe(true);
    expect((await call(await sign('new'))).status).toBe(429);
  });

  test('ten credentials a second are checked again, so a new key gets its turn', async () => {
    const { gateway, time, isAccepted, flood } = await startGateway();
    const { secret } = await gateway.issueKey();
    await flood(limit);
    expect(await isAccepted(secret)).toBe(false);
    time.pass(100);
    expect(await isAccepted(secret)).toBe(true);
    expect(await flood(2)).toEqual(['UNAUTHENTICATED', 'RATE_LIMITED']);
  });

  test('requests without a credential go on', async () => {
    const { gateway, flood } = await startGateway();
    await flood(limit + 1);
    const response = await fetch(`${await gateway.app.listen()}/graphql?query={__typename}`);
    expect(response.status).toBe(200);
  });

  test('the log names the address once', async () => {
    const { gateway, flood } = await startGateway({ LOG_LEVEL: 'warn' });
    const log = readLog(gateway);
    await flood(limit + 3);
    expect(log.filter(({ address }) => address !== undefined)).toEqual([
      expect.objectContaining({
        address: '127.0.0.1',
        msg: 'many credentials from this address were refused: for now only known ones are accepted',
      }),
    ]);
    expect(log.filter(({ msg }) => msg === 'credential refused')).toHaveLength(limit);
  });
});

test('an answer to an unchecked credential comes half a second later, and does not hold up others', async () => {
  const { gateway, call, isAccepted, flood } = await startGateway();
  expect(await isAccepted(gateway.key)).toBe(true);
  await flood(limit);
  const order: string[] = [];
  const refused = call(makeWrongKey(limit)).then(() => order.push('refused'));
  await call(gateway.key).then(() => order.push('accepted'));
  await refused;
  expect(order).toEqual(['accepted', 'refused']);
});

test('X-Forwarded-For does not move a refusal to another address', async () => {
  const { gateway, call, flood } = await startGateway();
  await flood(limit);
  const response = await fetch(`${await gateway.app.listen()}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${makeWrongKey(1)}`,
      'content-type': 'application/json',
      'x-forwarded-for': '192.0.2.7',
      forwarded: 'for=192.0.2.7',
    },
    body: JSON.stringify({ query: '{ __typename }' }),
  });
  expect(response.status).toBe(429);
  expect((await call(makeWrongKey(1))).status).toBe(429);
});

test('refusals of one address do not count for another', () => {
  stopClock();
  const brake = createRefusalBrake(() => undefined);
  for (let count = 0; count < limit; count++) brake.count('192.0.2.1');
  expect(brake.isOn('192.0.2.1')).toBe(true);
  expect(brake.isOn('192.0.2.2')).toBe(false);
});

test('at most 10,000 addresses are remembered, those that were refused last', () => {
  stopClock();
  const brake = createRefusalBrake(() => undefined);
  for (let count = 0; count < limit; count++) brake.count('192.0.2.1');
  for (let number = 0; number < 9_999; number++) brake.count(`10.${number >> 8}.0.${number & 255}`);
  expect(brake.isOn('192.0.2.1')).toBe(true);
  brake.count('198.51.100.1');
  expect(brake.isOn('192.0.2.1')).toBe(false);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s: IPv6 addresses by their /64 network', (address, network) => {
  expect(toNetwork(address)).toBe(network);
});
