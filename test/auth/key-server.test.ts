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
/** More than the pause between two fetches, in milliseconds. */
const pause = 1_100;

const outages: Record<string, (response: ServerResponse) => void> = {
  'cuts every connection': (response) => response.destroy(),
  'is never done': () => undefined,
  'answers 500': (response) => response.writeHead(500).end('{"keys": []}'),
  'answers 404': (response) => response.writeHead(404).end('{"keys": []}'),
  'redirects to itself': (response) => response.writeHead(302, { location: '/keys' }).end(),
  'answers a page': (response) => response.end('<html>sign in</html>'),
  'answers nothing': (response) => response.end(),
  'answers no key set': (response) => response.end('{"error": "try again"}'),
  'answers keys that are none': (response) => response.end('{"keys": [1, null]}'),
  'answers too many keys': (response) =>
    response.end(JSON.stringify({ keys: Array.from({ length: 1_000 }, () => ({ kty: 'x' })) })),
  'answers something deep': (response) =>
    response.end(`{"keys": [{"x": ${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`),
  'answers more than 1 MiB': (response) => response.end(`{"keys": []${' '.repeat(1024 * 1024)}}`),
  'answers more than 1 MiB when it is unpacked': (response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync(`{"keys": []${' '.repeat(1024 * 1024)}}`)),
  'never stops': (response) => void flood(response),
  drips: (response) => void drip(response),
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

async function scene(environment: Record<string, string> = {}): Promise<Scene> {
  const own = await signer('ES256', 'own');
  const server = await startKeySetServer(own.jwk);
  return { own, server, gateway: await createTestGateway({ ...trusted, JWT_JWKS_URL: server.url, ...environment }) };
}

/** How a token that is good for days is answered. */
async function verdictOn(gateway: TestGateway, key: string): Promise<'accepted' | 'refused' | 'unavailable'> {
  const { status, body } = await gateway.graphql('{ viewer { subject } }', {}, { key });
  if (!body.errors) return 'accepted';
  const [{ message, extensions }] = body.errors;
  if (extensions.code === 'UNAUTHENTICATED') return 'refused';
  expect({ status, extensions }).toEqual({ status: 503, extensions: { code: 'SERVICE_UNAVAILABLE', status: 503 } });
  expect(message).toBe('The key server cannot be reached: try again in a moment.');
  return 'unavailable';
}

const good = () => ({ claims: { exp: secondsFromNow(3 * 86_400), jti: String(Math.random()) } });

/** Lets the gateway's calendar be moved. */
function calendar(): { pass(milliseconds: number): void } {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  onTestFinished(() => void vi.useRealTimers());
  return { pass: (milliseconds) => void vi.setSystemTime(Date.now() + milliseconds) };
}

describe('a key server that', () => {
  test.each(Object.entries(outages))('%s logs nobody in or out, until it works again', async (_name, outage) => {
    const { gateway, server, own } = await scene();
    const time = calendar();
    const other = await signer('ES256', 'other');
    expect(await verdictOn(gateway, await own.sign())).toBe('accepted');
    server.answer(outage);
    time.pass(pause);
    expect(await verdictOn(gateway, await other.sign())).toBe('unavailable');
    expect(await verdictOn(gateway, await own.sign())).toBe('accepted');
    expect(await verdictOn(gateway, await other.sign())).toBe('unavailable');
    server.answer([own.jwk, other.jwk]);
    time.pass(pause);
    expect(await verdictOn(gateway, await other.sign())).toBe('accepted');
  });

  test('never worked makes tokens unavailable, and nothing else', async () => {
    const { gateway, server, own } = await scene();
    server.answer((response) => response.destroy());
    expect(await verdictOn(gateway, await own.sign())).toBe('unavailable');
    expect(await verdictOn(gateway, signByHand({ alg: 'none' }, { sub: 'user_1' }, 'AAAA'))).toBe('refused');
    expect(await verdictOn(gateway, 'hello')).toBe('refused');
    expect(await gateway.data('{ viewer { organization } }')).toEqual({ viewer: { organization: 'acme' } });
  });
});

describe('while the key server is down', () => {
  test('keys are used for a day after they were fetched, and no longer', async () => {
    const { gateway, server, own } = await scene();
    const time = calendar();
    expect(await verdictOn(gateway, await own.sign(good()))).toBe('accepted');
    server.answer((response) => response.destroy());
    time.pass(day - minute);
    expect(await verdictOn(gateway, await own.sign(good()))).toBe('accepted');
    time.pass(2 * minute);
    expect(await verdictOn(gateway, await own.sign(good()))).toBe('unavailable');
    server.answer([own.jwk]);
    time.pass(minute);
    expect(await verdictOn(gateway, await own.sign(good()))).toBe('accepted');
  });

  test('an expired token with a known key is refused', async () => {
    const { gateway, server, own } = await scene();
    expect(await verdictOn(gateway, await own.sign())).toBe('accepted');
    server.answer((response) => response.destroy());
    expect(await verdictOn(gateway, await own.sign({ claims: { exp: secondsFromNow(-62) } }))).toBe('refused');
  });

  test('every door answers 503 to an unknown key, and writes nothing', async () => {
    const { gateway, server, own } = await scene();
    server.answer((response) => response.destroy());
    const key = await own.sign();
    const write = await gateway.graphql(mutations.create, { input: { experimentId: 'a' } }, { key });
    expect(write).toMatchObject({ status: 503, body: { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] } });
    const put = await callRest(gateway, 'PUT', 'a/', {}, { key });
    expect(put).toMatchObject({ status: 503, body: { detail: expect.stringContaining('key server') } });
    expect(put.headers.get('retry-after')).toBe('1');
    expect(await gateway.data('{ experiments { totalCount } }')).toEqual({ experiments: { totalCount: 0 } });
  });

  test('open streams go on', async () => {
    const { gateway, server, own } = await scene();
    const time = calendar();
    await gateway.data(mutations.create, { input: { experimentId: 'a' } });
    const query = 'subscription { experimentChanged(id: "a") { name } }';
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json' };
    const response = await gateway.fetch('/graphql', {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${await own.sign(good())}` },
      body: JSON.stringify({ query }),
    });
    const text = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    onTestFinished(() => text.cancel());
    server.answer((answer) => answer.destroy());
    time.pass(2 * day);
    await sleep(2_500); // Credentials of streams are judged again every two seconds.
    await gateway.data(mutations.update, { id: 'a', input: { name: 'after the outage began' } });
    let received = '';
    for (let isDone = false; !isDone && !received.includes('after'); ) {
      const part = await text.read();
      received += part.value ?? '';
      isDone = part.done;
    }
    expect(received).toContain('after the outage began');
  });

  test('it is asked once a second at most, however many tokens need it', async () => {
    const { gateway, server, own } = await scene();
    server.answer((response) => response.destroy());
    const start = Date.now();
    for (let round = 0; round < 20; round++) {
      const tokens = await Promise.all(
        Array.from({ length: 10 }, (_, index) => own.sign({ header: { kid: `${index}` } })),
      );
      for (const verdict of await Promise.all(tokens.map((token) => verdictOn(gateway, token))))
        expect(verdict).toBe('unavailable');
    }
    expect(server.requests()).toBeLessThanOrEqual(1 + Math.ceil((Date.now() - start) / 1_000));
  });

  test('the log says so once, and says when it answers again', async () => {
    const { gateway, server, own } = await scene({ LOG_LEVEL: 'info' });
    const log = readLog(gateway);
    const time = calendar();
    const news = () => log.filter(({ msg }) => msg.startsWith('the key server')).map(({ level }) => level);
    server.answer((response) => response.destroy());
    for (let round = 0; round < 2; round++) {
      expect(await verdictOn(gateway, await own.sign())).toBe('unavailable');
      time.pass(pause);
    }
    expect(news()).toEqual([40]);
    server.answer([own.jwk]);
    expect(await verdictOn(gateway, await own.sign())).toBe('accepted');
    expect(news()).toEqual([40, 30]);
  });
});

describe('a key server that works', () => {
  test('takes a key away by answering a set without it', async () => {
    const { gateway, server, own } = await scene();
    const time = calendar();
    const other = await signer('ES256', 'other');
    server.answer([own.jwk, other.jwk]);
    expect(await verdictOn(gateway, await other.sign(good()))).toBe('accepted');
    server.answer([own.jwk]);
    time.pass(10 * minute);
    expect(await verdictOn(gateway, await other.sign(good()))).toBe('refused');
    server.answer([]);
    time.pass(10 * minute);
    expect(await verdictOn(gateway, await own.sign(good()))).toBe('refused');
  });

  test('takes a key away after an outage too, at the first token after a while', async () => {
    const { gateway, server, own } = await scene();
    const time = calendar();
    expect(await verdictOn(gateway, await own.sign(good()))).toBe('accepted');
    server.answer((response) => response.destroy());
    time.pass(20 * minute);
    expect(await verdictOn(gateway, await own.sign(good()))).toBe('accepted');
    server.answer([]);
    time.pass(20 * minute);
    expect(await verdictOn(gateway, await own.sign(good()))).toBe('refused');
  });

  test('may have several keys for tokens that name none, also a new one', async () => {
    const [one, two, three] = [await signer('ES256'), await signer('ES256'), await signer('ES256')];
    const { gateway, server } = await scene();
    const time = calendar();
    server.answer([one.jwk, two.jwk]);
    expect(await verdictOn(gateway, await one.sign())).toBe('accepted');
    expect(await verdictOn(gateway, await two.sign())).toBe('accepted');
    expect(await verdictOn(gateway, await three.sign())).toBe('refused');
    server.answer([two.jwk, three.jwk]);
    time.pass(pause);
    expect(await verdictOn(gateway, await three.sign())).toBe('accepted');
    expect(await verdictOn(gateway, await one.sign())).toBe('refused');
  });

  test('may send a whole MiB', async () => {
    const { gateway, server, own } = await scene();
    const set = JSON.stringify({ keys: [own.jwk] });
    server.answer((response) => response.end(set + ' '.repeat(1024 * 1024 - set.length)));
    expect(await verdictOn(gateway, await own.sign())).toBe('accepted');
  });
});
