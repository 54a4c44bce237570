import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import { mayUse } from '../gateway/services.ts';
import type { AtEnd } from '../gateway/test-gateway.ts';
import { emptyTables } from './empty-tables.ts';

/** The server that tests use: any that trusts local connections and lets them create databases. */
const server = process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** Whether a real server answers. Without one the tests that name it are skipped; unless the run must have one. */
const asBoolean = [() => true, () => false] as const;
export const hasServer = await lookForServer();

async function lookForServer() {
  const isThere = await withClient(server, (client) => client.query('SELECT 1')).then(...asBoolean);
  return mayUse('postgres', isThere);
}

/** Does something on a connection of its own. */
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

/** An empty database on the server, dropped when the test has finished. */
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

/** A database that orders texts as people do: not by their bytes, as the gateway has to. */
export const createEnglishDatabase = (atEnd?: AtEnd) =>
  createPostgresDatabase(`LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'`, atEnd);

/** One database for many tests, made for the first and emptied for each other: making one takes longer than most tests. */
export function createEmptiedDatabase(create: () => Promise<string>): () => Promise<string> {
  let made: Promise<string> | undefined;
  return async () => {
    if (!made) return (made = create());
    const url = await made;
    await withClient(url, (client) => client.query(emptyTables));
    return url;
  };
}

/** Something between a gateway and the server that can fail as a network or a server does. */
export interface Proxy {
  readonly url: string;
  /** Ends every connection and refuses new ones, as a server that was stopped. */
  cut(): Promise<void>;
  /** Keeps every connection, and says nothing any more. */
  stall(): void;
  /** Works again, on the same port. The connections that were stalled end, or say nothing for ever. */
  restore(stalled?: 'end' | 'stay silent'): Promise<void>;
  /** Ends every connection as soon as the server answers what contains a text: the answer is lost, the work is done. */
  loseAnswerTo(text: string): void;
  /** Calls back with what is sent to the server from now on, before it is sent. */
  watch(look: (sent: Buffer) => void): void;
}

/** A proxy in front of a database, gone when the test has finished. */
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
      // What was swallowed is lost: such connections are of no use any more.
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
 * Records every statement that any connection of this process, or any that is meant, sends from now until the test has
 * finished.
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
