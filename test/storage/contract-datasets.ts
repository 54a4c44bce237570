import { expect, test } from 'vitest';
import type { Dataset } from '../../src/domain/dataset/dataset.ts';
import type { PageRequest } from '../../src/domain/pagination.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

const aDataset = (id: string, changes: Partial<Dataset> = {}): Dataset => ({
  organization: 'acme',
  id,
  name: `Name of ${id}`,
  createdAt: new Date(1_000),
  updatedAt: new Date(1_000),
  ...changes,
});
const page = (changes: Partial<PageRequest> = {}): PageRequest => ({
  size: 2,
  fromEnd: false,
  after: null,
  before: null,
  ...changes,
});

/** Storing and listing datasets. */
export function datasetContract(newDatabase: NewDatabase): void {
  const openStore = async () => (await openStorageOn(await newDatabase())).datasets;

  test('registering again renames and keeps createdAt; the same name again changes nothing', async () => {
    const datasets = await openStore();
    const first = aDataset('ds');
    expect(await datasets.register(first)).toEqual(first);
    const again = aDataset('ds', { createdAt: new Date(2_000), updatedAt: new Date(2_000) });
    expect(await datasets.register(again)).toEqual(first);
    expect(await datasets.register({ ...again, name: 'New' })).toEqual({
      ...again,
      name: 'New',
      createdAt: first.createdAt,
    });
  });

  test('a dataset is found by its id, in its organization only', async () => {
    const datasets = await openStore();
    const stored = aDataset('ds');
    await datasets.register(stored);
    await datasets.register(aDataset('ds', { organization: 'other', name: 'Theirs' }));
    expect(await datasets.find('acme', 'ds')).toEqual(stored);
    expect(await datasets.find('acme', 'DS')).toBeNull();
    expect(await datasets.find('none', 'ds')).toBeNull();
  });

  test('names are returned for registered datasets only, separately for each organization', async () => {
    const datasets = await openStore();
    for (const id of ['a', 'b']) await datasets.register(aDataset(id));
    await datasets.register(aDataset('a', { organization: 'other', name: 'Theirs' }));
    expect(await datasets.names('acme', ['b', 'c', 'a'])).toEqual(
      new Map([
        ['a', 'Name of a'],
        ['b', 'Name of b'],
      ]),
    );
    expect(await datasets.names('other', ['a', 'b'])).toEqual(new Map([['a', 'Theirs']]));
    expect(await datasets.names('acme', [])).toEqual(new Map());
    expect([await datasets.count('acme'), await datasets.count('other'), await datasets.count('none')]).toEqual([
      2, 1, 0,
    ]);
  });

  test('pages visit all datasets by id, in code point order, forward and backward', async () => {
    const datasets = await openStore();
    const ids = ['A', 'B', 'a', 'b', 'é', '😀'];
    for (const id of ids.toReversed()) await datasets.register(aDataset(id));
    const walk = async (fromEnd: boolean) => {
      const seen: string[] = [];
      for (let cursor: string | null = null; ; ) {
        const found = await datasets.list('acme', page(fromEnd ? { fromEnd, before: cursor } : { after: cursor }));
        if ('kind' in found) throw new Error(found.argument);
        const entries = fromEnd ? found.entries.toReversed() : found.entries;
        seen.push(...entries.map(({ node }) => node.id));
        cursor = entries.at(-1)?.cursor ?? null;
        if (!(fromEnd ? found.hasPreviousPage : found.hasNextPage)) return seen;
      }
    };
    expect(await walk(false)).toEqual(ids);
    expect(await walk(true)).toEqual(ids.toReversed());
    expect(await datasets.list('acme', page({ after: 'nonsense' }))).toEqual({ kind: 'badCursor', argument: 'after' });
    expect(await datasets.list('acme', page({ before: '' }))).toEqual({ kind: 'badCursor', argument: 'before' });
  });
}
