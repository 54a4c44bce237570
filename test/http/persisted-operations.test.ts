import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { buildSchema, parse, print, stripIgnoredCharacters } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { printSdl } from '../../src/schema/index.ts';
import { createTemporaryFolder, createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

/** As a frontend has them in its code: not in the order in which Code Generator prints them. */
const sources = {
  rename: `mutation Rename($name: String!, $id: ID!) {
    replaceExperiment(input: { name: $name, batchSize: 7 }, id: $id) { ...Outcome __typename }
  }
  fragment Outcome on ReplaceExperimentResult {
    ... on ReplaceExperimentSuccess { experiment { revision name batchSize } }
    ... on MutationError { message code }
  }`,
  watch: 'subscription Watch { experimentChanged(id: "exp_1") { status name } }',
};

let manifest: Record<string, string> = {};
let hashes: Record<keyof typeof sources, string>;

/** Runs Code Generator as a frontend with `persistedDocuments: true` does. */
beforeAll(async () => {
  const sections = await preset.buildGeneratesSection({
    baseOutputDir: 'generated/',
    schema: parse(printSdl()),
    schemaAst: buildSchema(printSdl()),
    documents: Object.entries(sources).map(([name, text]) => ({
      location: `${name}.ts`,
      rawSDL: text,
      document: parse(text),
    })),
    config: {},
    presetConfig: { fragmentMasking: false, persistedDocuments: true },
    plugins: [],
    pluginMap: {},
  });
  for (const section of sections) {
    const text = await codegen({ ...section, cache: undefined });
    if (section.filename.endsWith('persisted-documents.json')) manifest = JSON.parse(text);
  }
  const findHash = (word: string) =>
    Object.entries(manifest).find(([, text]) => text.startsWith('fragment') === (word === 'Rename'))?.[0] ?? '';
  hashes = { rename: findHash('Rename'), watch: findHash('Watch') };
});

async function createGateway(environment: Record<string, string> = {}): Promise<TestGateway> {
  const path = join(createTemporaryFolder(), 'persisted-documents.json');
  writeFileSync(path, JSON.stringify(manifest));
  return createTestGateway({ PERSISTED_OPERATIONS: path, ...environment });
}

async function post({ fetch, key }: TestGateway, body: object): Promise<{ status: number; body: any }> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

const notFound = {
  status: 400,
  body: {
    errors: [
      {
        message: 'This is not one of the persisted operations, and the gateway executes no others.',
        extensions: { code: 'PERSISTED_OPERATION_NOT_FOUND', status: 400 },
      },
    ],
  },
};
const missing = { replaceExperiment: { __typename: 'NotFoundError', code: 'NOT_FOUND', message: expect.any(String) } };
const variables = { id: 'nobody', name: 'New' };

describe('with persisted operations', () => {
  test.each<[what: string, build: () => object]>([
    ['its documentId', () => ({ documentId: hashes.rename })],
    ['its documentId with the name of the algorithm', () => ({ documentId: `sha256:${hashes.rename}` })],
    [
      'its hash in the extensions',
      () => ({ extensions: { persistedQuery: { version: 1, sha256Hash: hashes.rename } } }),
    ],
    ['its text in the manifest', () => ({ query: manifest[hashes.rename] })],
    ['its text in the code of the client', () => ({ query: sources.rename })],
    ['its text, printed', () => ({ query: print(parse(sources.rename)) })],
    ['its text without white space', () => ({ query: stripIgnoredCharacters(sources.rename) })],
    ['its text and an unknown hash', () => ({ query: sources.rename, documentId: 'unknown' })],
    ['an operation name', () => ({ documentId: hashes.rename, operationName: 'Rename' })],
  ])('an operation of the manifest is executed by %s', async (_what, build) => {
    const gateway = await createGateway();
    for (let round = 0; round < 2; round++)
      expect(await post(gateway, { ...build(), variables })).toEqual({ status: 200, body: { data: missing } });
  });

  test.each<[what: string, build: () => object]>([
    ['another document', () => ({ query: '{ __typename }' })],
    ['a document with one more field', () => ({ query: sources.rename.replace('batchSize }', 'batchSize id }') })],
    ['a document with another value', () => ({ query: sources.rename.replace('7', '8') })],
    ['an introspection query', () => ({ query: '{ __schema { types { name } } }' })],
    ['a text that does not parse', () => ({ query: '{' })],
    ['a text that nests too deeply', () => ({ query: '{a'.repeat(5_000) })],
    ['a document with many tokens', () => ({ query: `{${' a'.repeat(30_000)} }` })],
    ['an unknown hash', () => ({ documentId: 'f'.repeat(64) })],
    ['the name of a member of every object', () => ({ documentId: 'constructor' })],
    ['an unknown hash in the extensions', () => ({ extensions: { persistedQuery: { sha256Hash: 'unknown' } } })],
  ])('%s is refused with 400 and a code of its own, in development and production', async (_what, build) => {
    for (const NODE_ENV of ['development', 'production'])
      expect(await post(await createGateway({ NODE_ENV }), build())).toEqual(notFound);
  });

  test('a request without a document and a hash is told what to send', async () => {
    const { status, body } = await post(await createGateway(), {});
    expect([status, body.errors[0].message]).toEqual([400, expect.stringContaining('documentId')]);
  });

  test('a GET names its operation by documentId or by the extensions', async () => {
    const gateway = await createGateway();
    const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: hashes.watch } });
    const searches: Record<string, string>[] = [{ documentId: hashes.watch }, { extensions }];
    for (const search of searches) {
      const headers = { accept: 'text/event-stream', authorization: `Bearer ${gateway.key}` };
      const response = await gateway.fetch(`/graphql?${new URLSearchParams(search)}`, { headers });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(await response.text()).toContain('NOT_FOUND');
    }
  });

  test('GraphiQL, which sends its own documents, is not served', async () => {
    const response = await (await createGateway()).fetch('/graphql', { headers: { accept: 'text/html, */*;q=0.8' } });
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/json; charset=utf-8']);
  });
});

test('without persisted operations, a client that sends only a documentId is told so', async () => {
  const { status, body } = await post(await createTestGateway(), { documentId: 'abc' });
  expect([status, body.errors[0].message]).toEqual([
    400,
    'This gateway has no persisted operations: send the GraphQL document as query.',
  ]);
});
