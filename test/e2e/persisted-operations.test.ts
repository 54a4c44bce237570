import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { InvalidConfiguration } from '../../src/domain/faults.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { runGateway, startGateway } from '../support/process/process.ts';

function writeManifest(content: string | Uint8Array): string {
  const path = join(createTemporaryFolder(), 'persisted-documents.json');
  writeFileSync(path, content);
  return path;
}

/** The lines of `readConfig` about a file of persisted operations. */
function readFaults(path: string): readonly string[] {
  try {
    readConfig({ PERSISTED_OPERATIONS: path });
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error.faults;
  }
  return [];
}

test.each<[what: string, content: string | Uint8Array, reason: string]>([
  ['is empty', '', 'is not valid JSON'],
  ['is cut off', '{"a": "{ __typename }"', 'is not valid JSON'],
  ['is no text', Uint8Array.of(0xff, 0xfe), 'is not UTF-8 text'],
  ['is a list', '["{ __typename }"]', 'is not a JSON object'],
  ['is null', 'null', 'is not a JSON object'],
  ['holds nothing', '{}', 'contains no operations'],
  ['maps documents to hashes', '{"{ a }": "abc"}', 'has something other than a GraphQL document under "{ a }"'],
  [
    "is another tool's manifest",
    '{"format": "apollo-persisted-query-manifest", "version": 1}',
    'has something other than a GraphQL document under "format"',
  ],
  ['has more than 16 MiB', JSON.stringify({ a: `{${' '.repeat(16 * 1024 * 1024)}a}` }), 'is larger than 16384 KiB'],
])('a file of persisted operations that %s is a configuration error', (_what, content, reason) => {
  const path = writeManifest(content);
  expect(readFaults(path)).toEqual([
    `PERSISTED_OPERATIONS ${JSON.stringify(path)} ${reason}. Accepted: the path of a manifest from GraphQL Code Generator (persisted-documents.json): a JSON object that maps hashes to documents, at most 16 MiB.`,
  ]);
});

test('a start names a missing file of persisted operations together with the other wrong variables', async () => {
  const env = { PERSISTED_OPERATIONS: '/nowhere/persisted.json', PORT: 'x' };
  const { code, stdout, stderr } = await runGateway(['serve'], { env });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toEqual([
    expect.stringContaining(
      'PERSISTED_OPERATIONS "/nowhere/persisted.json" cannot be read (no such file or directory).',
    ),
    expect.stringContaining('PORT "x" is not valid.'),
  ]);
});

test('a start with persisted operations says that the page and GraphiQL are off, and which of them the schema cannot serve', async () => {
  const path = writeManifest(JSON.stringify({ good: '{ __typename }', old: '{ removed }', broken: '{' }));
  const gateway = await startGateway({ env: { PERSISTED_OPERATIONS: path } });
  expect(gateway.stdout()).toMatch(/^Page +off, since only 3 persisted operations may be executed$/m);
  expect(gateway.stdout()).toMatch(/^GraphiQL +off, since only 3 persisted operations may be executed$/m);
  expect(gateway.output()).toMatch(/some persisted operations are not valid[^]*"old"[^]*"broken"/);
  expect(gateway.output()).not.toContain('"good"');
});

test('DASHBOARD=on is refused together with persisted operations, which do not include those of the page', () => {
  const path = writeManifest(JSON.stringify({ good: '{ __typename }' }));
  const read = (env: Record<string, string>) => readConfig({ PERSISTED_OPERATIONS: path, ...env });
  expect(() => read({ DASHBOARD: 'on', NODE_ENV: 'production' })).toThrow(
    'DASHBOARD "on" is not valid together with PERSISTED_OPERATIONS, since the page sends its own documents. Accepted: only one of them.',
  );
  expect(read({}).hasPage).toBe(false);
});
