import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { type Client, type ClientOptions, createClient } from 'graphql-sse';
import { expect, onTestFinished, vi } from 'vitest';
import { otherConnection } from '../gateway/calls.ts';
import { createTemporaryFolder, createTestGateway, type TestGateway } from '../gateway/test-gateway.ts';
import { openStream } from '../http/stream.ts';
import { ownPath, prebuilt, repository, start } from '../process/process.ts';
import { createPostgresDatabase, hasServer } from '../storage/postgres.ts';
import type { Snippet } from './pages.ts';

/** Runs the snippets of one page, one after another, against one gateway. Each returns its output. */
export interface Reader {
  readonly gateway: TestGateway;
  run(snippet: Snippet): Promise<string>;
}

/** Values for the variables of GraphQL examples. */
const variables = { id: 'exp_faq', input: { name: 'FAQ prompts' }, dryRun: true };
/** Examples that are about what happens without a credential. */
const anonymous = /^query WithoutCredential\b/;

export async function createReader(): Promise<Reader> {
  // In production no first key is made, so that there is one organization.
  const gateway = await createTestGateway({ NODE_ENV: 'production' });
  const url = await gateway.app.listen();
  const shell = await createShell(gateway, url);
  return {
    gateway,
    async run({ language, text }) {
      if (language === 'graphql' && text.startsWith('subscription')) return subscribe(gateway, text);
      if (language === 'graphql') {
        const key = anonymous.test(text) ? null : gateway.key;
        const { status, body } = await gateway.graphql(text, variables, { key });
        expect(status).toBe(200);
        if (key !== null) expect(body.errors).toBeUndefined();
        return JSON.stringify(body);
      }
      if (language === 'sh') return shell(text);
      if (language === 'ts') return runScript(gateway, url, text);
      if (language === 'sql') return runStatements(gateway, text);
      throw new Error(
        `Nothing here runs ${language}: name the snippet, and the test that runs it, in docs-commands.test.ts.`,
      );
    },
  };
}

/** Opens a stream, which is closed when the test ends. Its events come later, if at all. */
async function subscribe(gateway: TestGateway, text: string): Promise<string> {
  const { response } = await openStream(gateway, text, { variables });
  expect(response.status).toBe(200);
  return '';
}

/**
 * A shell in the repository, as a reader has it: with `KEY`, and the gateway where the pages say that it is. Commands of
 * the gateway are started without npm, which takes most of their time. The user's own `python` prints its progress.
 */
async function createShell(gateway: TestGateway, url: string) {
  const tools = createTemporaryFolder();
  writeFileSync(join(tools, 'python'), '#!/bin/sh\necho PROGRESS 40\n');
  chmodSync(join(tools, 'python'), 0o755);
  const target = hasServer ? await createPostgresDatabase() : `file:${join(createTemporaryFolder(), 'copy.db')}`;
  const prelude = `set -euo pipefail
curl() { command curl --fail-with-body --silent "$@"; }
npm() {
  [ "$1 $2 $3 $4" = 'run -s gateway --' ] || { echo "Only commands of the gateway run here, not npm $*." >&2; return 1; }
  shift 4 && "$NODE" ${prebuilt.join(' ')} src/gateway.mjs "$@"
}
`;
  return async (text: string): Promise<string> => {
    const command = text
      .replaceAll('localhost:4000', new URL(url).host)
      .replaceAll('file:./data/gateway.db', `file:${gateway.databasePath}`)
      .replaceAll('postgres://gateway@db.example/gateway', target)
      .replaceAll('"backup-', `"${createTemporaryFolder()}/backup-`);
    const env = {
      PATH: `${tools}:${ownPath}`,
      NODE: process.execPath,
      KEY: gateway.key,
      GATEWAY_URL: url,
      DATABASE_URL: `file:${gateway.databasePath}`,
    };
    const { code, stdout, stderr } = await start(['bash', '-c', prelude + command], { env, cwd: repository }).ended;
    expect({ code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({ code: 0, stderr: '' });
    if (stdout.startsWith('{')) expect(JSON.parse(stdout)).not.toHaveProperty('errors');
    return stdout;
  };
}

/** Runs a script that follows `exp_faq`, until it has shown a change, or its rows have one. */
async function runScript(gateway: TestGateway, url: string, text: string): Promise<string> {
  const shown: unknown[] = [];
  const rows: Map<string, { name?: string }>[] = [];
  const connect = (options: ClientOptions): Client => {
    const client = createClient({ ...options, retryAttempts: 0 });
    onTestFinished(() => client.dispose());
    return client;
  };
  const imported = { createClient: connect, key: gateway.key };
  const given = { client: connect({ url: `${url}/graphql`, headers: { authorization: `Bearer ${gateway.key}` } }) };
  const names = {
    ...(text.includes('createClient(') ? imported : given),
    console: { log: (value: unknown) => shown.push(value) },
    post: gateway.data,
    // A map is where a script keeps its rows.
    Map: class extends Map<string, { name?: string }> {
      constructor(entries: readonly (readonly [string, { name?: string }])[]) {
        super(entries);
        rows.push(this);
      }
    },
    setTimeout: () => undefined,
  };
  const body = text.replace(/^import .*$/m, '').replaceAll('http://localhost:4000', url);
  const script = runInThisContext(`(async ({ ${Object.keys(names).join(', ')} }) => {\n${body}\n})`);
  const ended = script(names).then(() => expect.unreachable('The script has ended.'));
  ended.catch(() => undefined);

  let times = 0;
  const hasSeenChange = async () => {
    const name = `FAQ prompt, change ${++times}`;
    await gateway.data(changeIt, { name });
    return shown.length > 1 || rows.some((each) => /change [2-9]/.test(each.get('exp_faq')?.name ?? ''));
  };
  await Promise.race([ended, vi.waitUntil(hasSeenChange, { timeout: 20_000, interval: 200 })]);
  return '';
}

const changeIt = `mutation ($name: String!) {
  resetExperiment(id: "exp_faq") { __typename }
  startExperiment(id: "exp_faq") { __typename }
  updateExperiment(id: "exp_faq", input: { name: $name }) { __typename }
}`;

/** Runs the statements for SQLite, one a line. */
function runStatements(gateway: TestGateway, text: string): string {
  for (const [, statement = ''] of text.matchAll(/^(.+;) -- SQLite/gm)) {
    const { changes } = otherConnection(gateway).prepare(statement).run();
    expect(changes).toBeGreaterThan(0);
  }
  return '';
}
