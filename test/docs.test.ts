import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../src/schema/index.ts';
import { createTestGateway } from './support/gateway/test-gateway.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/lifecycle.md',
  'docs/page.md',
  'docs/clients.md',
  'docs/changes.md',
  'docs/operations.md',
];

test.each(documents)('every file that %s links to exists', (document) => {
  const text = readFileSync(join(root, document), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) =>
    join(root, document, '..', link),
  );
  expect(links).not.toEqual([]);
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
});

test.each(documents)('every GraphQL example in %s is valid', (document) => {
  const text = readFileSync(join(root, document), 'utf8');
  for (const [, example = ''] of text.matchAll(/^ *```graphql\n(.*?)^ *```$/gms))
    expect(validate(schema, parse(example)).map(({ message }) => message)).toEqual([]);
});

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const readmeDocuments = [...readme.matchAll(/^```graphql\n([^]*?)^```$/gm)].map(([, text = '']) => text);

const byName = readmeDocuments.map((text) => [/^(?:query|mutation) (\w+)/.exec(text)?.[1] ?? text, text] as const);

test.each(byName)('the document %s of the README runs as it stands on a new database', async (_name, text) => {
  const gateway = await createTestGateway();
  expect(await gateway.graphql(text)).toMatchObject({ status: 200, body: { data: expect.any(Object) } });
  expect((await gateway.graphql(text)).body.errors).toBeUndefined();
});

test('the documents of the README find and change the experiment of its first replace', async () => {
  const { data } = await createTestGateway();
  const [create = '', replace = ''] = [...readme.matchAll(/ -d '(\{"query":\n[^']+)'/g)].map(([, body = '']) => body);
  for (const body of [create, replace]) {
    const { query, variables } = JSON.parse(body);
    await data(query, variables);
  }
  const named = new Map(byName);
  const answers: unknown[] = [];
  for (const name of ['FirstQuery', 'List', 'History', 'TagMany', 'ChangeTags', 'Clone'])
    answers.push(await data(named.get(name) ?? ''));
  expect(answers).toMatchObject([
    { viewer: { organization: 'acme' }, experiment: { name: 'FAQ prompt', revision: 2 } },
    { experiments: { totalCount: 1, nodes: [{ id: 'exp_faq' }] } },
    { experiment: { revisions: { totalCount: 2, nodes: [{ revision: 2 }, { revision: 1 }] } } },
    { updateExperiments: { succeeded: 1, failed: 1, results: [{ experiment: { revision: 3 } }, {}] } },
    { updateExperiment: { experiment: { tags: [{ release: '2026-12' }, { team: 'search' }] } } },
    {
      cloneExperiment: {
        experiment: { clonedFromRevision: 1 },
        changes: [{ field: 'batchSize', before: 25, after: 10 }],
      },
    },
  ]);
});

test('every file that docs/rules.md names for a rule exists, in the folder that it says', () => {
  const rows = readFileSync(join(root, 'docs/rules.md'), 'utf8').matchAll(/^\| R\d+ \|.*\| ([^|]*) \| ([^|]*) \|$/gm);
  const named = (cell: string, folder: string) =>
    [...cell.matchAll(/`([\w./-]+\.ts)`/g)].map(([, file = '']) => (file.startsWith('src/') ? file : folder + file));
  const files = [...rows].flatMap(([, code = '', tests = '']) =>
    named(code, 'src/domain/experiment/').concat(named(tests, 'test/')),
  );
  expect(files.length).toBeGreaterThan(30);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
