import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

test.each(['README.md', 'CONTRIBUTING.md', 'docs/lifecycle.md'])('every file that %s links to exists', (document) => {
  const text = readFileSync(join(root, document), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) =>
    join(root, document, '..', link),
  );
  expect(links).not.toEqual([]);
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
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
