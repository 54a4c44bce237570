import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as requestOverSocket } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { scopes } from '../src/domain/actor.ts';
import { issueApiKey } from '../src/domain/api-key/api-key.ts';
import { openStorage } from '../src/storage/open.ts';
import { type FuzzAnswer, type FuzzCase, readBody } from './case.ts';
import { createRandom } from './random.ts';
import { mutate } from './requests.ts';

/** A gateway over a database of its own. */
export interface Target {
  /** A key of the organization under test, and one of another organization. */
  readonly keys: readonly [string, string];
  readonly isSqlite: boolean;
  send(sent: FuzzCase): Promise<FuzzAnswer | null>;
  /** The data of a query by the first key; fails on errors. */
  read(query: string, variables?: object): Promise<any>;
  isHealthy(): Promise<boolean>;
  close(): Promise<void>;
}

/** Opens a gateway over a new SQLite database, or over the given empty one. */
export async function openTarget(databaseUrl?: string): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-fuzz-'));
  const config = readConfig({
    DATABASE_URL: databaseUrl ?? `file:${join(folder, 'gateway.db')}`,
    LOG_LEVEL: 'silent',
    PORT: '0',
  });
  const app = await createApp(config);
  const url = new URL(await app.listen());
  const storage = await openStorage(config.databaseUrl);
  const issue = async (organization: string) =>
    (await issueApiKey(storage.apiKeys, { organization, name: null, scopes })).secret;
  const keys = [await issue('fuzzed'), await issue('untouched')] as const;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  async function sendByFetch({ method, path, headers, isStream, ...rest }: FuzzCase): Promise<FuzzAnswer> {
    const body = readBody({ method, path, headers, isStream, ...rest });
    const init = { method, headers, ...(method !== 'GET' && body.length > 0 && { body: new Uint8Array(body) }) };
    const response = await app.fetch(new Request(`http://gateway.test${path}`, init));
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('text/event-stream')) return { status: response.status, type, text: await response.text() };
    const reader = response.body?.getReader();
    const silence = new Promise<undefined>((resolve) => setTimeout(resolve, 20));
    const first = await Promise.race([reader?.read(), silence]);
    await reader?.cancel().catch(() => undefined);
    return { status: response.status, type, text: Buffer.from(first?.value ?? []).toString() };
  }

  function sendBySocket(sent: FuzzCase): Promise<FuzzAnswer> {
    const { method, path, headers } = sent;
    const body = readBody(sent);
    return new Promise((resolve, reject) => {
      const options = { agent, host: url.hostname, port: url.port, method, path, timeout: 10_000 };
      const length = { 'content-length': String(body.length) };
      const request = requestOverSocket({ ...options, headers: { ...headers, ...length } }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        const type = response.headers['content-type'] ?? '';
        resolve({ status: response.statusCode ?? 0, type, text: Buffer.concat(chunks).toString() });
      });
      request.on('error', reject).on('timeout', () => request.destroy(new Error('No answer within 10 s.')));
      request.end(body);
    });
  }

  /** Sends changed bytes and waits for whatever comes within a second: they may be half a request. */
  function sendRaw(sent: FuzzCase): Promise<FuzzAnswer | null> {
    const body = readBody(sent);
    const head = [`${sent.method} ${sent.path} HTTP/1.1`, 'host: gateway.test', 'connection: close'];
    for (const [name, value] of Object.entries(sent.headers)) head.push(`${name}: ${value}`);
    const whole = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\ncontent-length: ${body.length}\r\n\r\n`), body]);
    const bytes = mutate(createRandom(sent.rawSeed), whole);
    return new Promise((resolve) => {
      const socket = connect(Number(url.port), url.hostname);
      let received = '';
      socket.setEncoding('utf8').on('data', (text: string) => (received += text));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(received) ?? [];
        const text = received.slice(received.indexOf('\r\n\r\n') + 4);
        resolve(status === undefined ? null : { status: Number(status), type: 'raw', text });
      });
      socket.setTimeout(1_000, () => socket.destroy());
      socket.end(bytes);
    });
  }

  return {
    keys,
    isSqlite: databaseUrl === undefined,
    async send(sent) {
      if (sent.door === 'raw') return sendRaw(sent);
      if (sent.door === 'socket') return sendBySocket(sent);
      return sendByFetch(sent);
    },
    async read(query, variables) {
      const headers = { authorization: `Bearer ${keys[0]}`, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify({ query, variables }) };
      const response = await app.fetch(new Request('http://gateway.test/graphql', init));
      const { data, errors }: any = await response.json();
      if (errors) throw new Error(`${query}: ${JSON.stringify(errors)}`);
      return data;
    },
    isHealthy: async () => (await fetch(new URL('/health', url))).status === 200,
    async close() {
      agent.destroy();
      await app.close();
      await storage.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
