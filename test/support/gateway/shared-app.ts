import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { testParts } from '../executor/executor.ts';
import { temporaryRoot } from './test-gateway.ts';

export interface SharedApp {
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** The URL that it listens on. */
  readonly url: () => string;
}

/** One gateway on a socket, shared by all tests of a file that write nothing to it. */
export function sharedApp(environment: Readonly<Record<string, string>> = {}): SharedApp {
  let app: App;
  let url = '';
  let folder = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(temporaryRoot, 'gateway-'));
    const databaseUrl = `file:${join(folder, 'gateway.db')}`;
    const config = readConfig({ DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'silent', ...environment });
    app = await createApp(config, testParts);
    url = await app.listen();
  });

  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    fetch: (path, init) => app.fetch(new Request(`http://gateway.test${path}`, init)),
    url: () => url,
  };
}
