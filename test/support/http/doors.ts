import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { Gate } from '../../../src/http/exchange.ts';
import { readLog } from '../gateway/log.ts';
import { createTestGateway, type TestGateway } from '../gateway/test-gateway.ts';
import { openWire, type Wire } from './wire.ts';

/** A request as sent over the wire. Headers may be repeated; null values are not sent. */
export interface Ask {
  readonly body: string | Uint8Array | object;
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  /** The credential to send, created for each gateway; null for none. */
  readonly key?: readonly string[] | null;
}

/** Identical gateways, each reached through a different door. */
export interface Doors {
  /** Runs something on the gateway behind each door. */
  each<Result>(what: (gateway: TestGateway, door: number) => Result | Promise<Result>): Promise<Result[]>;
  /**
   * Sends a request through every door. Expects the same responses and logs, and that each request went through the
   * gate that its door leads to. Returns the response.
   */
  expectAlike(ask: Ask): Promise<SeenAnswer>;
}

/** Everything in a response that is visible through every door. */
export interface SeenAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/**
 * The doors of identical gateways, with the clock frozen: the socket; the socket again, with a URL that has no fast
 * path; and no socket at all.
 */
export function openDoors(environment: Readonly<Record<string, string>> = {}): Doors {
  const gateways: { gateway: TestGateway; log: Record<string, any>[] }[] = [];
  const ends: (() => void | Promise<void>)[] = [];
  const key = 'a-key-that-is-the-same-for-all-gateways';

  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-22T10:00:00.123Z') });
    for (let each = 0; each < 3; each++) {
      const settings = { LOG_LEVEL: 'info', BOOTSTRAP_API_KEY: key, ...environment };
      const gateway = await createTestGateway(settings, (end) => ends.push(end));
      gateways.push({ gateway, log: readLog(gateway) });
      await gateway.app.listen();
    }
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
    vi.useRealTimers();
  });

  /** The gate that a door leads to. With CORS, Yoga handles requests that have an origin. */
  const findGate = (door: number, { headers }: Ask): Gate =>
    door === 0 && !(environment.CORS_ORIGINS && typeof headers?.origin === 'string') ? 'node' : 'fetch';

  const each: Doors['each'] = (what) => Promise.all(gateways.map(({ gateway }, door) => what(gateway, door)));

  return {
    each,
    async expectAlike(ask) {
      const keys = ask.key === null ? undefined : (ask.key ?? gateways.map(() => key));
      const answers: Told[] = [];
      for (const [door, { gateway, log }] of gateways.entries()) {
        log.length = 0;
        const before = { ...gateway.app.gateCounts };
        const body = toBytes(ask.body);
        const headers = toLines(body, keys?.[door], ask.headers);
        const answer =
          door === 2 ? await fetched(gateway, headers, body) : await exchanged(gateway, door, headers, body);
        answers.push({ ...answer, log: log.map(seenLine) });
        const gate = findGate(door, ask);
        expect(gateway.app.gateCounts).toEqual({ ...before, [gate]: before[gate] + 1 });
      }
      const [short, general, fetch] = answers as [Told, Told, Told];
      expect(short).toEqual(general);
      // A fetch-standard request joins repeated headers; a socket does not.
      if (!Object.values(ask.headers ?? {}).some(Array.isArray))
        expect({ ...plain(short), log: short.log }).toEqual({ ...plain(fetch), log: fetch.log });
      return plain(short);
    },
  };
}

interface Told extends SeenAnswer {
  readonly log: unknown[];
}

type Lines = readonly (readonly [name: string, value: string])[];

const toBytes = (body: Ask['body']) =>
  body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));

function toLines(body: Uint8Array, key: string | undefined, headers: Ask['headers']): Lines {
  const all = {
    'content-type': 'application/json',
    authorization: key === undefined ? null : `Bearer ${key}`,
    'x-request-id': 'given-id',
    host: 'gateway.test',
    ...headers,
    'content-length': String(body.byteLength),
  };
  return Object.entries(all).flatMap(([name, value]) => [value ?? []].flat().map((each) => [name, each] as const));
}

/** Sends it over the wire. The response head is unchanged except for what differs each time. */
async function exchanged({ app }: TestGateway, door: number, headers: Lines, body: Uint8Array): Promise<SeenAnswer> {
  const connection = await openWire(await app.listen());
  const address = door === 0 ? '/graphql' : '/graphql?';
  const head = [`POST ${address} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  await connection.send(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]));
  const answer = await answered(connection);
  connection.destroy();
  return answer;
}

async function answered(connection: Wire): Promise<SeenAnswer> {
  const { status, body } = await connection.answer();
  const [head = ''] = connection.received().split('\r\n\r\n', 1);
  return { status, headers: head.split('\r\n').map(seenHeader), body: steady(withoutComments(body)) };
}

async function fetched({ app }: TestGateway, headers: Lines, body: Uint8Array): Promise<SeenAnswer> {
  const sent = headers
    .filter(([name]) => name !== 'content-length')
    .map(([name, value]) => [name, value] as [string, string]);
  const request = new Request('http://gateway.test/graphql', { method: 'POST', headers: sent, body: body as BodyInit });
  const response = await app.fetch(request);
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    headers: [...response.headers].map(([name, value]) => seenHeader(`${name}: ${value}`)),
    body: steady(withoutComments(bytes.toString('latin1'))),
  };
}

/** Removes the comments that Yoga writes to a stream while it has nothing to send. */
const withoutComments = (body: string) => body.replaceAll(/^:\n\n/gm, '');

/** The parts of a response that do not depend on a socket. */
function plain({ status, headers, body }: SeenAnswer): SeenAnswer {
  const ofSocket = /^(HTTP\/1.1 |date:|connection:|keep-alive:|transfer-encoding:|content-length:)/i;
  return { status, headers: headers.filter((line) => !ofSocket.test(line)).toSorted(), body };
}

const seenHeader = (line: string) => steady(line.replace(/^date: .*/i, 'date: now'));

function seenLine({ ms, err, ...line }: Record<string, any>) {
  const values = Object.fromEntries(Object.entries(line).map(([name, value]) => [name, steady(value)]));
  return { ...values, ms: typeof ms, err: err?.message, fields: Object.keys(line) };
}

/** A value without what a gateway generates: the ids of experiments, keys and requests. */
function steady<Value>(value: Value): Value | string {
  const made = /\b(?:exp_\w{26}|key_\w{16}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\b/g;
  return typeof value === 'string' ? value.replaceAll(made, 'made') : value;
}
