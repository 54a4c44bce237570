import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../src/schema/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const documents = ['README.md', 'CONTRIBUTING.md', 'docs/lifecycle.md', 'docs/clients.md'];

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
  for (const [, example = ''] of text.matchAll(/^```graphql\n(.*?)^```$/gms))
    expect(validate(schema, parse(example)).map(({ message }) => message)).toEqual([]);
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
