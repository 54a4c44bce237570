import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { pages, readSnippets, type Snippet } from './support/docs/pages.ts';
import { createReader, type Reader } from './support/docs/run-snippets.ts';
import { createTestGateway } from './support/gateway/test-gateway.ts';
import { secondsFromNow, token } from './support/http/jwt.ts';
import { repository, start } from './support/process/process.ts';

/**
 * The snippets that are not run here, by their page and either their first line or their language, with the reason: the
 * test that runs them, or why they cannot run.
 */
const elsewhere: readonly { page: string; name?: string; language?: string; by: string }[] = [
  { page: 'README.md', name: 'npm ci && npm start', by: 'test/e2e/stop.test.ts' },
  { page: 'README.md', name: 'npm ci && npm test', by: 'the command that runs this test' },
  { page: 'docs/operations.md', name: 'NODE_ENV=production npm start', by: 'test/e2e/log.test.ts' },
  { page: 'docs/operations.md', language: 'yaml', by: 'needs Prometheus' },
  { page: 'docs/lifecycle.md', language: 'mermaid', by: 'a picture' },
  { page: 'docs/clients.md', language: 'ts', by: 'test/graphql/client-caches.test.ts' },
  { page: 'docs/deployment.md', language: 'sh', by: 'test/packaging, as far as it needs no container engine' },
  { page: 'examples/README.md', language: 'sh', by: 'installs packages, which test/examples/clients.test.ts has' },
  { page: 'examples/README.md', language: 'tsx', by: 'needs React' },
  { page: 'docs/configuration.md', language: 'json', by: 'the test below' },
];

const isElsewhere = (page: string, { name, language }: Snippet) =>
  elsewhere.some((each) => each.page === page && (each.name === name || each.language === language));

const hasTools = ['bash', 'curl', 'iconv'].every((tool) => spawnSync(tool, ['--version']).status === 0);
if (!hasTools) console.warn('Without bash, curl and iconv: the shell snippets of the pages are skipped.');

const withSnippets = pages.filter((page) => readSnippets(page).some((snippet) => !isElsewhere(page, snippet)));

/** Pages continue where the first replace of the README ends. */
async function makeFirstReplace(reader: Reader): Promise<void> {
  const [create, replace] = readSnippets('README.md').filter(({ text }) => text.includes('/graphql -H'));
  for (const snippet of [create, replace]) if (snippet) await reader.run(snippet);
}

/** Compares output with what a page shows, in which `…` stands for any further members. */
function expectOutput(output: string, shown: string): void {
  expect(JSON.parse(output)).toMatchObject(JSON.parse(shown.replaceAll(',…', '')));
}

describe.runIf(hasTools)('the snippets of', () => {
  test.each(withSnippets)('%s run as they stand, and return what it shows', async (page) => {
    const reader = await createReader();
    if (page !== 'README.md') await makeFirstReplace(reader);
    let last: Snippet | undefined;
    let output = '';
    for (const snippet of readSnippets(page)) {
      if (isElsewhere(page, snippet)) continue;
      if (snippet.language === 'json') {
        // What does not follow its request is the answer when the last one is sent again.
        if (!snippet.isOutput && last?.language === 'sh') output = await reader.run(last);
        expectOutput(output, snippet.text);
      } else {
        output = await reader.run(snippet);
        last = snippet;
      }
    }
  });
});

test('every snippet that is declared to run elsewhere is on its page, and the test that runs it exists', () => {
  const stale = elsewhere.filter(
    ({ page, name, language }) =>
      !readSnippets(page).some((snippet) => snippet.name === name || snippet.language === language),
  );
  expect(stale).toEqual([]);
  const files = elsewhere.flatMap(({ by }) => /^test\/\S+$/.exec(by)?.[0] ?? []);
  expect(files.filter((file) => !existsSync(join(repository, file)))).toEqual([]);
});

test('the settings of docs/configuration.md are valid, and they accept the token that it shows', async () => {
  const snippets = readSnippets('docs/configuration.md');
  const exported = snippets.filter(({ text }) => text.startsWith('export '));
  const script = `${exported.map(({ text }) => text).join('')}env -0`;
  const { stdout } = await start(['sh', '-c', script]).ended;
  const env = Object.fromEntries(stdout.split('\0').map((line) => line.split(/=([^]*)/)));
  const { jwt, corsOrigins } = readConfig(env);
  expect(corsOrigins.length).toBeGreaterThan(0);

  const { JWT_ISSUER, JWT_AUDIENCE } = env;
  const JWT_SECRET = 'a secret of more than thirty-two characters';
  const gateway = await createTestGateway({ JWT_ISSUER, JWT_AUDIENCE, JWT_SECRET });
  const claims = JSON.parse(snippets.find(({ language }) => language === 'json')?.text ?? '');
  const key = await token('HS256', new TextEncoder().encode(JWT_SECRET), {
    claims: { ...claims, exp: secondsFromNow(60) },
  });
  expect(jwt?.key).toEqual({ kind: 'jwks', url: new URL(env.JWT_JWKS_URL) });
  const { viewer } = await gateway.data('{ viewer { organization scopes subject } }', {}, { key });
  expect(viewer).toEqual({
    organization: claims.org_id,
    scopes: claims.scope.split(' '),
    subject: claims.sub,
  });
});
