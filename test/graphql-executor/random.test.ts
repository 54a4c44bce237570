import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectAlike, ours, seen, theirs, validDocument } from '../support/executor/execution.ts';
import { createRoot, roots } from '../support/executor/execution-data.ts';
import { documents, variables } from '../support/executor/execution-documents.ts';
import { runs } from '../support/gateway/arbitraries.ts';

test('random documents on random data with failures return what graphql-js returns, in every execution', async () => {
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

test('concurrent executions of a random document on different data do not affect each other', async () => {
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
