import { accessSync, constants, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type App, type AppParts, createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { type Scope, scopes } from '../../../src/domain/actor.ts';
import { issueApiKey } from '../../../src/domain/api-key/api-key.ts';
import { openStorage } from '../../../src/storage/open.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { testParts } from '../executor/executor.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

export interface TestGateway {
  readonly app: App;
  readonly databasePath: string;
  /** A key of the organization `acme` with all scopes. */
  readonly key: string;
  /** Issues another key. */
  issueKey(grant?: {
    organization?: string;
    name?: string;
    scopes?: readonly Scope[];
    expiresAt?: Date;
  }): Promise<{ id: string; secret: string }>;
  /** Revokes a key, as the command line does, behind the gateway's back. */
  revokeKey(id: string): Promise<void>;
  /** POSTs an operation to `/graphql`; `key: null` sends none. */
  graphql(query: string, variables?: Record<string, unknown>, options?: RequestOptions): Promise<Answer>;
  /** Returns the `data` of an operation that must succeed without errors. */
  data(query: string, variables?: Record<string, unknown>, options?: RequestOptions): Promise<any>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export interface RequestOptions {
  readonly key?: string | null;
  readonly headers?: Record<string, string>;
}

/** Registers cleanup for the end of the test, or of the file if the whole file shares the resource. */
export type AtEnd = (end: () => void | Promise<void>) => void;

/**
 * The location of temporary folders: in memory if there is room, unless `TMPDIR` says otherwise. Each database and each
 * write waits for the disk several times, but no test depends on that: durability tests kill a process, not a machine.
 */
export const temporaryRoot = findTemporaryRoot();

function findTemporaryRoot(): string {
  const inMemory = '/dev/shm';
  try {
    accessSync(inMemory, constants.W_OK);
    const { bavail, bsize } = statfsSync(inMemory);
    // A container may have only 64 MB; the largest test databases take about 200 MB each.
    if (!process.env.TMPDIR && bavail * bsize >= 4 * 1024 ** 3) return inMemory;
  } catch {
    // No in-memory folder is available.
  }
  return tmpdir();
}

/** Creates a folder that is removed at the end of the test. */
export function createTemporaryFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(temporaryRoot, 'gateway-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const acme = { organization: 'acme', name: null, scopes };

/**
 * A new database with a key of `acme`. Made once a process and copied for each gateway, because migrating it and issuing
 * the key take longer than most tests.
 */
const prepared = await prepareDatabase();

async function prepareDatabase(): Promise<{ readonly file: Buffer; readonly key: string }> {
  const folder = mkdtempSync(join(temporaryRoot, 'gateway-'));
  try {
    const path = join(folder, 'gateway.db');
    const { apiKeys, close } = await openStorage(`file:${path}`);
    const { secret: key } = await issueApiKey(apiKeys, acme);
    await close();
    return { file: readFileSync(path), key };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A whole gateway over a new database, removed at the end of the test. `environment` extends a silent default. The database is
 * a copy, with the same key and the same name in cursors of changes as those of other gateways in this process; where that
 * matters, name one with `DATABASE_URL`.
 */
export async function createTestGateway(
  environment: Record<string, string> = {},
  atEnd: AtEnd = onTestFinished,
  parts: AppParts = {},
): Promise<TestGateway> {
  const databasePath = join(createTemporaryFolder(atEnd), 'gateway.db');
  const isNew = environment.DATABASE_URL === undefined;
  if (isNew) writeFileSync(databasePath, prepared.file, { mode: 0o600 });
  const config = readConfig({
    DATABASE_URL: `file:${databasePath}`,
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    PORT: '0',
    ...environment,
  });
  const app = await createApp(config, { ...testParts, ...parts });
  atEnd(() => app.close());
  let opened: Promise<Storage> | undefined;
  const openKeys = async () => (await (opened ??= openStorage(config.databaseUrl))).apiKeys;
  atEnd(async () => (await opened)?.close());

  const issueKey: TestGateway['issueKey'] = async (grant = {}) => {
    const { key, secret } = await issueApiKey(await openKeys(), { ...acme, ...grant });
    return { id: key.id, secret };
  };
  // A Redis counts the calls of each key, so a key there belongs to one gateway.
  const key = isNew && !environment.REDIS_URL ? prepared.key : (await issueKey()).secret;

  const fetch: TestGateway['fetch'] = async (path, init) => app.fetch(new Request(`http://gateway.test${path}`, init));

  const graphql: TestGateway['graphql'] = async (query, variables, { key: used = key, headers = {} } = {}) => {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(used !== null && { authorization: `Bearer ${used}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };

  return {
    app,
    databasePath,
    key,
    issueKey,
    revokeKey: async (id) => void (await (await openKeys()).revoke(id, new Date())),
    graphql,
    async data(query, variables, options) {
      const { body } = await graphql(query, variables, options);
      if (body.errors) throw new Error(JSON.stringify(body.errors, null, 2));
      return body.data;
    },
    fetch,
  };
}
