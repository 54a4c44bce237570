import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { buildSchema, parse } from 'graphql';
import { expect, onTestFinished, test } from 'vitest';
import { mutations } from './support/gateway/operations.ts';
import { createTestGateway } from './support/gateway/test-gateway.ts';

/** The exports of typed-client/replace.ts, which compiles only beside its generated code and is not imported here. */
interface Client {
  replace(
    execute: (request: { query: string; variables: unknown }) => Promise<{ data: unknown }>,
    id: string,
    batchSize: number,
    dryRun?: boolean,
  ): Promise<string>;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** Generates a client from schema.graphql as a frontend does, into a temporary folder. Returns the folder. */
async function generateClient(): Promise<string> {
  const folder = join(root, 'test', `.typed-client-${process.pid}`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, 'test/typed-client'), folder, { recursive: true });
  const source = readFileSync(join(folder, 'replace.ts'), 'utf8');
  const document = /graphql\(`([^`]*)`\)/.exec(source)?.[1] ?? '';
  const schema = readFileSync(join(root, 'schema.graphql'), 'utf8');
  const sections = await preset.buildGeneratesSection({
    baseOutputDir: `${folder}/generated/`,
    schema: parse(schema),
    schemaAst: buildSchema(schema),
    documents: [{ location: join(folder, 'replace.ts'), rawSDL: document, document: parse(document) }],
    config: { useTypeImports: true, importExtension: '.ts', scalars: { DateTime: 'string' } },
    presetConfig: { fragmentMasking: false },
    plugins: [],
    pluginMap: {},
  });
  for (const section of sections) {
    mkdirSync(join(folder, 'generated'), { recursive: true });
    writeFileSync(section.filename, await codegen({ ...section, cache: undefined }));
  }
  return folder;
}

test('a client generated from schema.graphql compiles, replaces an experiment and handles every outcome', async () => {
  const folder = await generateClient();
  const options =
    '--ignoreConfig --noEmit --strict --skipLibCheck --target es2024 --module nodenext --allowImportingTsExtensions --types node';
  const compiler = join(root, 'node_modules/.bin/tsc');
  const compiled = promisify(execFile)(compiler, [...options.split(' '), join(folder, 'replace.ts')], { cwd: folder });
  expect(await compiled.catch(({ stdout }: { stdout: string }) => ({ stdout }))).toMatchObject({ stdout: '' });

  const { data, graphql } = await createTestGateway();
  await data(mutations.create, { input: { experimentId: 'exp_typed' } });
  const client = (await import(pathToFileURL(join(folder, 'replace.ts')).href)) as Client;
  const execute = async ({ query, variables }: { query: string; variables: unknown }) =>
    (await graphql(query, variables as Record<string, unknown>)).body;

  expect(await client.replace(execute, 'exp_typed', 7, true)).toBe('batchSize would be 7, 1 change');
  expect(await client.replace(execute, 'exp_typed', 7)).toBe('revision 2: batchSize SET');
  expect(await client.replace(execute, 'exp_typed', 0)).toBe('input.batchSize TOO_SMALL');
  expect(await client.replace(execute, 'exp_gone', 7)).toBe('no exp_gone');
});
