import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readLog } from '../support/gateway/log.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import {
  type KeySetServer,
  type Signer,
  secondsFromNow,
  signByHand,
  signer,
  startKeySetServer,
  trusted,
} from '../support/http/jwt.ts';
import { callRest } from '../support/http/rest.ts';

const day = 86_400_000;
const minute = 60_000;
/** In milliseconds; more than the pause between two fetches. */
const pause = 1_100;

const outages: Record<string, (response: ServerResponse) => void> = {
  'cuts every connection': (response) => response.destroy(),
  'never responds': () => undefined,
  'responds with 500': (response) => response.writeHead(500).end('{"keys": []}'),
  'responds with 404': (response) => response.writeHead(404).end('{"keys": []}'),
  'redirects to itself': (response) => response.writeHead(302, { location: '/keys' }).end(),
  'sends an HTML page': (response) => response.end('<html>sign in</html>'),
  'sends an empty body': (response) => response.end(),
  'sends JSON that is not a key set': (response) => response.end('{"error": "try again"}'),
  'sends invalid keys': (response) => response.end('{"keys": [1, null]}'),
  'sends too many keys': (response) =>
    response.end(JSON.stringify({ keys: Array.from({ length: 1_000 }, () => ({ kty: 'x' })) })),
  'sends deeply nested JSON': (response) =>
    response.end(`{"keys": [{"x": ${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`),
  'sends more than 1 MiB': (response) => response.end(`{"keys": []${' '.repeat(1024 * 1024)}}`),
  'sends more than 1 MiB after decompression': (response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync(`{"keys": []${' '.repeat(1024 * 1024)}}`)),
  'never stops sending': (response) => void flood(response),
  'sends a byte now and then': (response) => void drip(response),
};

async function flood(response: ServerResponse): Promise<void> {
  while (!response.destroyed) {
    response.write(' '.repeat(100_000));
    await sleep(1);
  }
}

async function drip(response: ServerResponse): Promise<void> {
  while (!response.destroyed) {
    response.write(' ');
    await sleep(50);
  }
}

interface Scene {
  readonly gateway: TestGateway;
  readonly server: KeySetServer;
  readonly own: Signer;
}

async function setUp(environment: Record<string, string> = {}): Promise<Scene> {
  const own = await signer('ES256', 'own');
  const server = await startKeySetServer(own.jwk);
  return { own, server, gateway: await createTestGateway({ ...trusted, JWT_JWKS_URL: server.url, ...environment }) };
}

/** Sends a request with a token. Returns whether it was accepted, refused, or could not be checked. */
async function readVerdict(gateway: TestGateway, key: string): Promise<'accepted' | 'refused' | 'unavailable'> {
  const { status, body } = await gateway.graphql('{ viewer { subject } }', {}, { key });
  if (!body.errors) return 'accepted';
  const [{ message, extensions }] = body.errors;
  if (extensions.code === 'UNAUTHENTICATED') return 'refused';
  expect({ status, extensions }).toEqual({ status: 503, extensions: { code: 'SERVICE_UNAVAILABLE', status: 503 } });
  expect(message).toBe('The key server cannot be reached: try again in a moment.');
  return 'unavailable';
}

const validForDays = () => ({ claims: { exp: secondsFromNow(3 * 86_400), jti: String(Math.random()) } });

/** Fakes the gateway's calendar; `pass` moves it forward. */
function fakeCalendar(): { pass(milliseconds: number): void } {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  onTestFinished(() => void vi.useRealTimers());
  return { pass: (milliseconds) => void vi.setSystemTime(Date.now() + milliseconds) };
}

describe('a key server that fails', () => {
  test.each(Object.entries(outages))(
    'a key server that %s changes no verdict until it works again',
    async (_name, outage) => {
      const { gateway, server, own } = await setUp();
      const time = fakeCalendar();
      const other = await signer('ES256', 'other');
      expect(await readVerdict(gateway, await own.sign())).toBe('accepted');
      server.answer(outage);
      time.pass(pause);
      expect(await readVerdict(gateway, await other.sign())).toBe('unavailable');
      expect(await readVerdict(gateway, await own.sign())).toBe('accepted');
      expect(await readVerdict(gateway, await other.sign())).toBe('unavailable');
      server.answer([own.jwk, other.jwk]);
      time.pass(pause);
      expect(await readVerdict(gateway, await other.sign())).toBe('accepted');
    },
  );

  test('a key server that never worked affects only tokens that need it', async () => {
    const { gateway, server, own } = await setUp();
    server.answer((response) => response.destroy());
    expect(await readVerdict(gateway, await own.sign())).toBe('unavailable');
    expect(await readVerdict(gateway, signByHand({ alg: 'none' }, { sub: 'user_1' }, 'AAAA'))).toBe('refused');
    expect(await readVerdict(gateway, 'hello')).toBe('refused');
    expect(await gateway.data('{ viewer { organization } }')).toEqual({ viewer: { organization: 'acme' } });
  });
});

describe('while the key server is down', () => {
  test('while the key server is down, keys stay valid for a day after they were fetched', async () => {
    const { gateway, server, own } = await setUp();
    const time = fakeCalendar();
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('accepted');
    server.answer((response) => response.destroy());
    time.pass(day - minute);
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('accepted');
    time.pass(2 * minute);
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('unavailable');
    server.answer([own.jwk]);
    time.pass(minute);
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('accepted');
  });

  test('while the key server is down, an expired token with a known key is refused', async () => {
    const { gateway, server, own } = await setUp();
    expect(await readVerdict(gateway, await own.sign())).toBe('accepted');
    server.answer((response) => response.destroy());
    expect(await readVerdict(gateway, await own.sign({ claims: { exp: secondsFromNow(-62) } }))).toBe('refused');
  });

  test('while the key server is down, an unknown key gets 503 from GraphQL and REST and writes nothing', async () => {
    const { gateway, server, own } = await setUp();
    server.answer((response) => response.destroy());
    const key = await own.sign();
    const write = await gateway.graphql(mutations.create, { input: { experimentId: 'a' } }, { key });
    expect(write).toMatchObject({ status: 503, body: { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] } });
    const put = await callRest(gateway, 'PUT', 'a/', {}, { key });
    expect(put).toMatchObject({ status: 503, body: { detail: expect.stringContaining('key server') } });
    expect(put.headers.get('retry-after')).toBe('1');
    expect(await gateway.data('{ experiments { totalCount } }')).toEqual({ experiments: { totalCount: 0 } });
  });

  test('while the key server is down, open streams continue', async () => {
    const { gateway, server, own } = await setUp();
    const time = fakeCalendar();
    await gateway.data(mutations.create, { input: { experimentId: 'a' } });
    const query = 'subscription { experimentChanged(id: "a") { name } }';
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json' };
    const response = await gateway.fetch('/graphql', {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${await own.sign(validForDays())}` },
      body: JSON.stringify({ query }),
    });
    const text = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    onTestFinished(() => text.cancel());
    server.answer((answer) => answer.destroy());
    time.pass(2 * day);
    await sleep(2_500); // Credentials of streams are checked again every two seconds.
    await gateway.data(mutations.update, { id: 'a', input: { name: 'after the outage began' } });
    let received = '';
    for (let isDone = false; !isDone && !received.includes('after'); ) {
      const part = await text.read();
      received += part.value ?? '';
      isDone = part.done;
    }
    expect(received).toContain('after the outage began');
  });

  test('while the key server is down, it is asked at most once a second, however many tokens need it', async () => {
    const { gateway, server, own } = await setUp();
    server.answer((response) => response.destroy());
    const start = Date.now();
    for (let round = 0; round < 20; round++) {
      const tokens = await Promise.all(
        Array.from({ length: 10 }, (_, index) => own.sign({ header: { kid: `${index}` } })),
      );
      for (const verdict of await Promise.all(tokens.map((token) => readVerdict(gateway, token))))
        expect(verdict).toBe('unavailable');
    }
    expect(server.requests()).toBeLessThanOrEqual(1 + Math.ceil((Date.now() - start) / 1_000));
  });

  test('the log reports a key server outage once, and its end', async () => {
    const { gateway, server, own } = await setUp({ LOG_LEVEL: 'info' });
    const log = readLog(gateway);
    const time = fakeCalendar();
    const readLevels = () => log.filter(({ msg }) => msg.startsWith('the key server')).map(({ level }) => level);
    server.answer((response) => response.destroy());
    for (let round = 0; round < 2; round++) {
      expect(await readVerdict(gateway, await own.sign())).toBe('unavailable');
      time.pass(pause);
    }
    expect(readLevels()).toEqual([40]);
    server.answer([own.jwk]);
    expect(await readVerdict(gateway, await own.sign())).toBe('accepted');
    expect(readLevels()).toEqual([40, 30]);
  });
});

describe('a key server that works', () => {
  test('a key that is missing from a new key set is no longer accepted', async () => {
    const { gateway, server, own } = await setUp();
    const time = fakeCalendar();
    const other = await signer('ES256', 'other');
    server.answer([own.jwk, other.jwk]);
    expect(await readVerdict(gateway, await other.sign(validForDays()))).toBe('accepted');
    server.answer([own.jwk]);
    time.pass(10 * minute);
    expect(await readVerdict(gateway, await other.sign(validForDays()))).toBe('refused');
  });

  test('an empty key set ends the use of every key, but is no verdict on any token: each gets 503 until there are keys again', async () => {
    const { gateway, server, own } = await setUp({ LOG_LEVEL: 'info' });
    const log = readLog(gateway);
    const time = fakeCalendar();
    const other = await signer('ES256', 'other');
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('accepted');
    server.answer([]);
    time.pass(10 * minute);
    for (const { sign } of [own, other, await signer('ES256')])
      expect(await readVerdict(gateway, await sign(validForDays()))).toBe('unavailable');
    // A later outage does not bring the keys back.
    server.answer((response) => response.destroy());
    time.pass(pause);
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('unavailable');
    server.answer([other.jwk]);
    time.pass(pause);
    expect(await readVerdict(gateway, await other.sign(validForDays()))).toBe('accepted');
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('refused');
    expect(log.filter(({ msg }) => msg.startsWith('the key server')).map(({ msg, reason }) => [msg, reason])).toEqual([
      ['the key server cannot be used: tokens get 503 until it can', 'the key server returned an empty key set'],
      ['the key server can be used again', undefined],
    ]);
  });

  test('an empty key set in an outage is reported, since it ends the use of known keys', async () => {
    const { gateway, server, own } = await setUp({ LOG_LEVEL: 'warn' });
    const log = readLog(gateway);
    const time = fakeCalendar();
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('accepted');
    server.answer((response) => response.destroy());
    time.pass(10 * minute);
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('accepted');
    server.answer([]);
    time.pass(2 * minute);
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('unavailable');
    expect(log.filter(({ msg }) => msg.startsWith('the key server')).map(({ msg }) => msg)).toEqual([
      'the key server cannot be used: known keys stay in use for a day',
      'the key server cannot be used: tokens get 503 until it can',
    ]);
  });

  test('a key removed during an outage is refused once the set is fetched again', async () => {
    const { gateway, server, own } = await setUp();
    const time = fakeCalendar();
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('accepted');
    server.answer((response) => response.destroy());
    time.pass(20 * minute);
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('accepted');
    server.answer([(await signer('ES256', 'new')).jwk]);
    time.pass(20 * minute);
    expect(await readVerdict(gateway, await own.sign(validForDays()))).toBe('refused');
  });

  test('tokens without a key id are checked against every key of the set, new ones included', async () => {
    const [one, two, three] = [await signer('ES256'), await signer('ES256'), await signer('ES256')];
    const { gateway, server } = await setUp();
    const time = fakeCalendar();
    server.answer([one.jwk, two.jwk]);
    expect(await readVerdict(gateway, await one.sign())).toBe('accepted');
    expect(await readVerdict(gateway, await two.sign())).toBe('accepted');
    expect(await readVerdict(gateway, await three.sign())).toBe('refused');
    server.answer([two.jwk, three.jwk]);
    time.pass(pause);
    expect(await readVerdict(gateway, await three.sign())).toBe('accepted');
    expect(await readVerdict(gateway, await one.sign())).toBe('refused');
  });

  test('a key set may have 1 MiB', async () => {
    const { gateway, server, own } = await setUp();
    const set = JSON.stringify({ keys: [own.jwk] });
    server.answer((response) => response.end(set + ' '.repeat(1024 * 1024 - set.length)));
    expect(await readVerdict(gateway, await own.sign())).toBe('accepted');
  });
});
