import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import { mayUse } from '../gateway/services.ts';
import type { AtEnd } from '../gateway/test-gateway.ts';
import { emptyTables } from './empty-tables.ts';

/** The server for the tests: any that trusts local connections and lets them create databases. */
const server = process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** Whether a real server responds. If not, tests that name it are skipped, unless the run requires one. */
const asBoolean = [() => true, () => false] as const;
export const hasServer = await lookForServer();

async function lookForServer() {
  const isThere = await withClient(server, (client) => client.query('SELECT 1')).then(...asBoolean);
  return mayUse('postgres', isThere);
}

/** Runs some work on its own connection. */
export async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Creates an empty database on the server, dropped at the end of the test. */
export async function createPostgresDatabase(options = '', atEnd: AtEnd = onTestFinished): Promise<string> {
  const name = `gateway_test_${randomUUID().replaceAll('-', '')}`;
  await withClient(server, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE template0 ${options}`));
  atEnd(() =>
    withClient(server, async (client) => void (await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
  );
  const url = new URL(server);
  url.pathname = name;
  return url.href;
}

/** A database that sorts text as people do, not by bytes as the gateway must. */
export const createEnglishDatabase = (atEnd?: AtEnd) =>
  createPostgresDatabase(`LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'`, atEnd);

/** One database for many tests, emptied for all but the first, because creating one takes longer than most tests. */
export function createEmptiedDatabase(create: () => Promise<string>): () => Promise<string> {
  let made: Promise<string> | undefined;
  return async () => {
    if (!made) return (made = create());
    const url = await made;
    await withClient(url, (client) => client.query(emptyTables));
    return url;
  };
}

/** A proxy between a gateway and the server that can fail like a network or a server. */
export interface Proxy {
  readonly url: string;
  /** Ends every connection and refuses new ones, like a stopped server. */
  cut(): Promise<void>;
  /** Keeps every connection open, but sends nothing more. */
  stall(): void;
  /** Works again, on the same port. Stalled connections end or stay silent forever. */
  restore(stalled?: 'end' | 'stay silent'): Promise<void>;
  /** Ends every connection when the server responds to a request with this text: the work is done, its result lost. */
  loseAnswerTo(text: string): void;
  /** From now on, calls back with all data for the server before sending it. */
  watch(look: (sent: Buffer) => void): void;
}

/** Starts a proxy in front of a database, closed at the end of the test. */
export async function startProxy(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const silent = new WeakSet<Socket>();
  const unanswered = new WeakSet<Socket>();
  let lost: string | undefined;
  let isStalled = false;
  let look: (sent: Buffer) => void = () => undefined;
  const listener = createServer((near) => {
    const far = connect(Number(target.port || 5432), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      one.on('data', (chunk: Buffer) => {
        if (one === near) {
          look(chunk);
          if (lost !== undefined && chunk.includes(lost)) unanswered.add(far);
        }
        if (unanswered.has(one)) return void cut();
        if (!isStalled && !silent.has(one)) other.write(chunk);
      });
    }
  });
  const listen = async (port: number) => {
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
    return (listener.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const cut = async () => {
    const closed = listener.listening && once(listener, 'close');
    if (listener.listening) listener.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  onTestFinished(cut);
  const url = new URL(target);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    cut,
    stall: () => {
      isStalled = true;
    },
    async restore(stalled = 'end') {
      // The data swallowed is lost, so these connections are no longer usable.
      for (const socket of isStalled ? sockets : []) {
        if (stalled === 'end') socket.destroy();
        else silent.add(socket);
      }
      isStalled = false;
      lost = undefined;
      if (!listener.listening) await listen(port);
    },
    loseAnswerTo: (text) => {
      lost = text;
    },
    watch: (next) => {
      look = next;
    },
  };
}

/**
 * Records every statement that this process sends from now until the end of the test, on any connection or only on
 * those that `isMeant` selects.
 */
export function recordStatements(isMeant: (client: Client) => boolean = () => true): { text: string; name: string }[] {
  const statements: { text: string; name: string }[] = [];
  const { query } = Client.prototype;
  Client.prototype.query = function recorded(this: Client, ...values: unknown[]) {
    const [first] = values as [string | { text: string; name?: string }];
    const sent = typeof first === 'string' ? { text: first, name: '' } : { text: first.text, name: first.name ?? '' };
    if (isMeant(this)) statements.push(sent);
    return Reflect.apply(query, this, values);
  } as typeof query;
  onTestFinished(() => {
    Client.prototype.query = query;
  });
  return statements;
}
