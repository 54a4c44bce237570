import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectAlike, ours, seen, theirs, validDocument } from '../support/executor/execution.ts';
import { createRoot, roots } from '../support/executor/execution-data.ts';
import { documents, variables } from '../support/executor/execution-documents.ts';
import { runs } from '../support/gateway/arbitraries.ts';

test('any document on any data, whatever fails, answers as graphql-js does, each time it is executed', async () => {
  let failures = 0;
  let successes = 0;
  await fc.assert(
    fc.asyncProperty(documents, roots, variables, variables, async (text, root, one, other) => {
      const document = validDocument(text);
      for (const each of [one, other, one]) {
        const { errors } = await expectAlike(document, { variables: each, root: () => createRoot(root) });
        if (errors) failures++;
        else successes++;
      }
    }),
    runs(50),
  );
  expect(Math.min(failures, successes)).toBeGreaterThan(20);
});

test('any document executed at the same time on different data answers as it does alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.array(fc.tuple(roots, variables), { minLength: 2, maxLength: 4 }),
      async (text, all) => {
        const document = validDocument(text);
        const cases = all.map(([root, given]) => ({ variables: given, root: () => createRoot(root) }));
        const own = await Promise.all(cases.map((each) => ours(document, each)));
        for (const [at, each] of cases.entries())
          expect(seen(own[at] ?? {})).toEqual(seen(await theirs(document, each)));
      },
    ),
    runs(20),
  );
});
