import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parse, validate } from 'graphql';
import { parser } from 'keep-a-changelog';
import { describe, expect, test } from 'vitest';
import { schema } from '../src/schema/index.ts';
import { declaredBreakingChanges } from './schema/declared-breaking-changes.ts';
import { pages, readAnchors, readPage, readProse, readSnippets } from './support/docs/pages.ts';
import { createTestGateway } from './support/gateway/test-gateway.ts';
import { repository } from './support/process/process.ts';

describe('links', () => {
  test('the README links to every page', () => {
    const linked = new Set(readLinks('README.md').map(({ file }) => file));
    expect(pages.filter((page) => page.startsWith('docs/') && !linked.has(page))).toEqual([]);
  });

  test.each(pages)('every file and heading that %s links to exists', (page) => {
    const broken = readLinks(page).filter(
      ({ file, anchor }) =>
        !existsSync(join(repository, file)) ||
        (anchor !== '' && file.endsWith('.md') && !readAnchors(file).has(anchor)),
    );
    expect(broken).toEqual([]);
  });
});

/** The relative links of a page: the file, from the root of the repository, and the anchor in it. */
function readLinks(page: string): { file: string; anchor: string }[] {
  const links = readProse(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)#?([^)\s]*)\)/g);
  return Array.from(links, ([, path = '', anchor = '']) => ({
    file: path === '' ? page : normalize(join(dirname(page), path)),
    anchor,
  }));
}

const documents = pages.flatMap((page) =>
  readSnippets(page)
    .filter(({ language }) => language === 'graphql')
    .map(({ text }) => ({ page, name: /^(?:query|mutation|subscription) (\w+)/.exec(text)?.[1] ?? text, text })),
);

test.each(documents)('the GraphQL example $name in $page is valid', ({ text }) => {
  expect(validate(schema, parse(text)).map(({ message }) => message)).toEqual([]);
});

test('the documents of the README and of docs/using.md find and change the experiment of its first replace', async () => {
  const { data } = await createTestGateway();
  const bodies = readSnippets('README.md').flatMap(({ text }) => / -d '(\{"query":\n[^']+)'/.exec(text)?.[1] ?? []);
  for (const body of bodies) {
    const { query, variables } = JSON.parse(body);
    await data(query, variables);
  }
  const named = new Map(documents.map(({ name, text }) => [name, text]));
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

test('every promise of SECURITY.md links to the tests that hold it', () => {
  const [, table = ''] = /## What is promised\n([^]*?)\n## /.exec(readPage('SECURITY.md')) ?? [];
  const rows = [...table.matchAll(/^\| (?!promise|---)(.+?) \| (.*) \|$/gm)];
  expect(rows.length).toBeGreaterThan(10);
  const isTest = (cell: string) =>
    /^\[[^\]]+\]\(test\/[\w/-]+\.test\.ts\)(, \[[^\]]+\]\(test\/[\w/-]+\.test\.ts\))*$/.test(cell);
  expect(rows.flatMap(([, promise, tests = '']) => (isTest(tests) ? [] : promise))).toEqual([]);
});

test('CHANGELOG.md is as `npm run changelog` writes it, with what is unreleased before the releases, newest first', () => {
  const changelog = parser(readPage('CHANGELOG.md'));
  changelog.format = 'markdownlint';
  expect(readPage('CHANGELOG.md')).toBe(changelog.toString());
  expect(changelog.releases[0]?.version).toBe(undefined);
});

test('CHANGELOG.md names every breaking change since the last release', () => {
  const [, unreleased = ''] = /^## Unreleased\n([^]*?)(?=^## |(?![^]))/m.exec(readPage('CHANGELOG.md')) ?? [];
  const fields = declaredBreakingChanges.map((change) => /\w+\.\w+/.exec(change)?.[0] ?? change);
  expect(fields.filter((field) => !unreleased.includes(field))).toEqual([]);
});

test('every file that docs/rules.md names for a rule exists, in the folder that it says', () => {
  const rows = readFileSync(join(repository, 'docs/rules.md'), 'utf8').matchAll(
    /^\| R\d+ \|.*\| ([^|]*) \| ([^|]*) \|$/gm,
  );
  const named = (cell: string, folder: string) =>
    [...cell.matchAll(/`([\w./-]+\.ts)`/g)].map(([, file = '']) => (file.startsWith('src/') ? file : folder + file));
  const files = [...rows].flatMap(([, code = '', tests = '']) =>
    named(code, 'src/domain/experiment/').concat(named(tests, 'test/')),
  );
  expect(files.length).toBeGreaterThan(30);
  expect(files.filter((file) => !existsSync(join(repository, file)))).toEqual([]);
});
