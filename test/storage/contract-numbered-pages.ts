import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnswerBudget } from '../../src/domain/answer-budget.ts';
import { textOperators, valueOperators } from '../../src/domain/experiment/comparison.ts';
import { defaultOrder, type ExperimentFilter, type ExperimentOrder } from '../../src/domain/experiment/query.ts';
import { runs } from '../support/gateway/arbitraries.ts';
import { anExperiment, author, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import {
  byOrder,
  isMatch,
  someComparison,
  someExperiments,
  someFilter,
  someOrder,
} from '../support/storage/storage-model.ts';
import type { NewDatabase } from './contract.ts';

/** Comparing fields, and leaving entries out: what lists of the documented REST operations need beyond GraphQL's. */
export function numberedPageContract(newDatabase: NewDatabase): void {
  const openStore = async () => (await openStorageOn(await newDatabase())).experiments;

  async function openFilledStore() {
    const experiments = await openStore();
    const ours = someExperiments('acme', { count: 60, seed: 3 });
    const theirs = someExperiments('other', { count: 30, seed: 4 });
    for (const each of [...ours, ...theirs]) await experiments.insert(each, author);
    const list = async (filter: ExperimentFilter, order = defaultOrder, { skip = 0, size = 100 } = {}) => {
      const page = { size, fromEnd: false, after: null, before: null, skip };
      const reading = { budget: new AnswerBudget() };
      const answer = await experiments.list({ organization: 'acme', filter, order, page, reading });
      if ('kind' in answer) throw new Error('a page without cursors has no bad one');
      return answer;
    };
    const expected = (filter: ExperimentFilter, order: ExperimentOrder = defaultOrder) =>
      ours.filter((each) => isMatch(each, filter)).toSorted(byOrder(order));
    return { experiments, list, expected };
  }

  test.each([...textOperators, ...valueOperators])(
    'the comparison %s matches what it matches in JavaScript, for every field',
    async (operator) => {
      const { experiments, list, expected } = await openFilledStore();
      await fc.assert(
        fc.asyncProperty(someComparison(fc.constant(operator)), fc.boolean(), async (compare, isNegated) => {
          const filter = isNegated ? { not: { compare } } : { compare };
          const { entries } = await list(filter);
          expect(entries.map(({ node }) => node.id)).toEqual(expected(filter).map(({ id }) => id));
          expect(await experiments.count('acme', filter)).toBe(entries.length);
        }),
        runs(60),
      );
    },
  );

  test('a page that skips entries holds those that follow them, complete and in order', async () => {
    const { list, expected } = await openFilledStore();
    const size = fc.integer({ min: 1, max: 30 });
    await fc.assert(
      fc.asyncProperty(someFilter, someOrder, size, fc.nat({ max: 70 }), async (filter, order, size, skip) => {
        const all = expected(filter, order);
        const page = await list(filter, order, { size, skip });
        expect(page.entries.map(({ node }) => node)).toEqual(all.slice(skip, skip + size));
        expect([page.hasPreviousPage, page.hasNextPage]).toEqual([skip > 0, all.length > skip + size]);
      }),
      runs(100),
    );
  });

  test('a search for an id ignores case in every script, also after the dataset was replaced', async () => {
    const experiments = await openStore();
    const one = anExperiment({ id: 'Größe', datasetId: 'ascii' });
    await experiments.insert(one, author);
    await experiments.replace(toReplace(one, { datasetId: 'ΟΔΟΣ' }));
    const count = (field: 'id' | 'datasetId', value: string) =>
      experiments.count('acme', { compare: { field, operator: 'iexact', values: [value] } });
    expect(await count('id', 'GRÖSSE')).toBe(1);
    expect(await count('id', 'grösse')).toBe(1);
    expect(await count('datasetId', 'οδος')).toBe(1);
    expect(await count('datasetId', 'ASCII')).toBe(0);
    await experiments.replace(toReplace(one, { datasetId: 'ascii' }));
    expect(await count('datasetId', 'ASCII')).toBe(1);
    expect(await count('datasetId', 'οδος')).toBe(0);
  });
}
