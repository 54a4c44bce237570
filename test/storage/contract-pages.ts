import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import {
  defaultOrder,
  type ExperimentFilter,
  type ExperimentOrder,
  orderFields,
} from '../../src/domain/experiment/query.ts';
import type { ExperimentStore } from '../../src/domain/experiment/store.ts';
import { type JsonValue, parseJson } from '../../src/domain/json/exact-json.ts';
import type { Page, PageRequest } from '../../src/domain/pagination.ts';
import { encodeCursor } from '../../src/storage/rows/cursor.ts';
import { runs } from '../support/gateway/arbitraries.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import {
  allOrders,
  byOrder,
  isMatch,
  someExperiments,
  someFilter,
  someOrder,
} from '../support/storage/storage-model.ts';
import type { NewDatabase } from './contract.ts';

/** Filtering, ordering and paging lists. */
export function pageContract(newDatabase: NewDatabase): void {
  const openStore = async () => (await openStorageOn(await newDatabase())).experiments;

  /** A store with 60 experiments of `acme`, and others with the same ids in another organization. */
  async function openFilledStore() {
    const experiments = await openStore();
    const ours = someExperiments('acme', { count: 60, seed: 1 });
    const theirs = someExperiments('other', { count: 30, seed: 2 });
    for (const each of [...ours, ...theirs]) await experiments.insert(each, author);
    const expected = (filter: ExperimentFilter, order: ExperimentOrder) =>
      ours.filter((each) => isMatch(each, filter)).toSorted(byOrder(order));
    return { experiments, ours, expected };
  }

  test('a list returns the matching experiments in order, complete; and the counts are their numbers, in all and by status', async () => {
    const { experiments, expected } = await openFilledStore();
    await fc.assert(
      fc.asyncProperty(someFilter, someOrder, async (filter, order) => {
        const { entries } = await readPage(experiments, { filter, order });
        expect(entries.map(({ node }) => node)).toEqual(expected(filter, order));
        expect(await experiments.count('acme', filter)).toBe(entries.length);
        const byStatus = Map.groupBy(entries, ({ node }) => node.status);
        const counts = await experiments.countByStatus('acme', filter);
        expect(new Map(counts.map(({ status, count }) => [status, count]))).toEqual(
          new Map(Array.from(byStatus, ([status, { length }]) => [status, length])),
        );
      }),
      runs(150),
    );
  });

  test('a page holds the entries between its cursors, from the near or the far end', async () => {
    const { experiments, expected } = await openFilledStore();
    const place = fc.option(fc.nat());
    const size = fc.integer({ min: 1, max: 25 });
    await fc.assert(
      fc.asyncProperty(
        someFilter,
        someOrder,
        size,
        fc.boolean(),
        place,
        place,
        async (filter, order, size, ...rest) => {
          const [fromEnd, afterPlace, beforePlace] = rest;
          const whole = expected(filter, order);
          const { entries } = await readPage(experiments, { filter, order });
          fc.pre(entries.length > 0 || (afterPlace === null && beforePlace === null));
          const after = afterPlace === null ? null : afterPlace % entries.length;
          const before = beforePlace === null ? null : beforePlace % entries.length;
          const between = whole.slice(after === null ? 0 : after + 1, before ?? whole.length);
          const cursorAt = (index: number | null) => (index === null ? null : (entries[index]?.cursor ?? null));

          const page = { size, fromEnd, after: cursorAt(after), before: cursorAt(before) };
          const answer = await readPage(experiments, { filter, order, page });
          expect(listIds(answer)).toEqual(
            (fromEnd ? between.slice(-size) : between.slice(0, size)).map(({ id }) => id),
          );
          const hasMore = between.length > size;
          expect([answer.hasPreviousPage, answer.hasNextPage]).toEqual(
            fromEnd ? [hasMore, before !== null] : [after !== null, hasMore],
          );
        },
      ),
      runs(150),
    );
  });

  test('walking the pages, forward or backward, visits every entry once', async () => {
    const { experiments, expected } = await openFilledStore();
    const size = fc.integer({ min: 1, max: 20 });
    await fc.assert(
      fc.asyncProperty(someFilter, someOrder, size, async (filter, order, size) => {
        const all = expected(filter, order).map(({ id }) => id);
        const forward: string[][] = [];
        for (let after: string | null | undefined = null; after !== undefined; ) {
          const page: Page<Experiment> = await readPage(experiments, { filter, order, page: { size, after } });
          forward.push(listIds(page));
          after = page.hasNextPage ? page.entries.at(-1)?.cursor : undefined;
        }
        expect(forward.flat()).toEqual(all);
        expect(forward.slice(0, -1).every((ids) => ids.length === size)).toBe(true);
        const backward: string[][] = [];
        for (let before: string | null | undefined = null; before !== undefined; ) {
          const range = { size, before, fromEnd: true };
          const page: Page<Experiment> = await readPage(experiments, { filter, order, page: range });
          backward.unshift(listIds(page));
          before = page.hasPreviousPage ? page.entries[0]?.cursor : undefined;
        }
        expect(backward.flat()).toEqual(all);
      }),
      runs(30),
    );
  });

  test('a tag is found by its exact value, however it is spelled', async () => {
    const experiments = await openStore();
    const groups = [
      ['[1]', '[1.0]', '[1e0]', '[10e-1]'],
      ['[-0]', '[0]', '[0.00]', '[0e5]'],
      ['[18446744073709551615]', '[18446744073709551615.0]', '[1844674407370955161.5e1]'],
      ['[18446744073709551614]'],
      ['[1e400]', '[10e399]', `[1${'0'.repeat(400)}]`],
      ['[1e999999999]'],
      ['[1e-999999999]'],
      ['[null]'],
      [`[0.${'1'.repeat(400)}]`, `[${'1'.repeat(400)}0e-401]`],
      [`[0.${'1'.repeat(401)}]`],
      ['{"10":1.0,"9":[1e1],"b":"\\u00e9"}', '{"b":"é","9":[10],"10":1}'],
      ['{"__proto__":1,"a":1}', '{"a":1,"__proto__":1}'],
      ['{"a":1}'],
    ];
    for (const [group, texts] of groups.entries()) {
      for (const [index, text] of texts.entries())
        await experiments.insert(anExperiment({ id: `${group} ${index}`, tags: json(`[{"v":${text}}]`) }), author);
    }
    for (const [group, texts] of groups.entries()) {
      for (const text of texts) {
        const { entries } = await readPage(experiments, {
          filter: { tag: { key: 'v', value: parseJson(text) as JsonValue } },
        });
        expect([text, entries.map(({ node }) => node.id).toSorted()]).toEqual([
          text,
          texts.map((_, index) => `${group} ${index}`),
        ]);
      }
    }
  });

  test('a cursor stays valid when its entry is removed, and for another filter', async () => {
    const { experiments, ours, expected } = await openFilledStore();
    for (const order of allOrders) {
      const { entries } = await readPage(experiments, { order });
      for (const { node, cursor } of entries.filter((_, index) => index % 9 === 4)) {
        await experiments.remove({ organization: 'acme', id: node.id, ifRevision: null });
        const filter = { status: ['PENDING', 'RUNNING'] } as const;
        const remaining = ours.filter((each) => each.id !== node.id);
        const sorted = remaining.filter((each) => isMatch(each, filter)).toSorted(byOrder(order));
        const isBehind = (each: Experiment) => byOrder(order)(each, node) > 0;
        const behind = await readPage(experiments, { filter, order, page: { after: cursor } });
        expect(listIds(behind)).toEqual(sorted.filter(isBehind).map(({ id }) => id));
        const ahead = await readPage(experiments, { filter, order, page: { before: cursor, fromEnd: true } });
        expect(listIds(ahead)).toEqual(sorted.filter((each) => !isBehind(each)).map(({ id }) => id));
        await experiments.insert(ours.find(({ id }) => id === node.id) as Experiment, author);
      }
    }
    expect(listIds(await readPage(experiments, {}))).toEqual(expected({}, defaultOrder).map(({ id }) => id));
  });

  test('a cursor of another order is refused', async () => {
    const { experiments } = await openFilledStore();
    for (const field of orderFields) {
      const { entries } = await readPage(experiments, { order: { field, direction: 'ASC' } });
      const cursor = entries[0]?.cursor as string;
      for (const other of orderFields.filter((each) => each !== field)) {
        for (const argument of ['after', 'before'] as const) {
          const query = { organization: 'acme', filter: {}, order: { field: other, direction: 'ASC' } } as const;
          const page = { size: 5, fromEnd: false, after: null, before: null, [argument]: cursor };
          expect(await experiments.list({ ...query, page })).toEqual({ kind: 'badCursor', argument });
        }
      }
    }
  });

  test('a text that is not a cursor is refused, and no text makes the list throw', async () => {
    const { experiments } = await openFilledStore();
    const list = (order: ExperimentOrder, argument: 'after' | 'before', cursor: string) => {
      const page = { size: 5, fromEnd: false, after: null, before: null, [argument]: cursor };
      return experiments.list({ organization: 'acme', filter: {}, order, page });
    };
    const bad = ['', ' ', 'x', 'null', '[]', '{}', '0', 'é', '\0', '\ud800', '{"__proto__":1}'];
    for (const text of bad.flatMap((text) => [text, Buffer.from(text).toString('base64url')])) {
      for (const argument of ['after', 'before'] as const) {
        expect(await list(defaultOrder, argument, text)).toEqual({ kind: 'badCursor', argument });
      }
    }
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\0', '\ud800'),
      fc.maxSafeInteger(),
      fc.double(),
    );
    const forged = fc
      .record({ field: fc.constantFrom(...orderFields), value, id: fc.constantFrom('', '\0', '\ud800', 'x') })
      .map(({ field, ...keyset }) => encodeCursor(field, keyset));
    await fc.assert(
      fc.asyncProperty(someOrder, fc.constantFrom('after', 'before'), fc.oneof(anything, forged), async (...args) => {
        await expect(list(...args)).resolves.toBeDefined();
      }),
      runs(100),
    );
  });

  test('a search for a name ignores case, in every script', async () => {
    const experiments = await openStore();
    const pairs = [
      ['Ärger', 'äRGER'],
      ['ЖУК', 'жук'],
      ['Ελλάδα', 'ΕΛΛΆΔΑ'],
      ['οδοσα', 'ΟΔΟΣ'],
      ['Σίσυφος', 'ΣΊΣΥΦΟΣ'],
      ['Straße', 'STRASSE'],
      ['a\u0308', 'Ä'],
      ['ＦＵＬＬ', 'ｆｕｌｌ'],
    ] as const;
    for (const [id, [name]] of pairs.entries()) await experiments.insert(anExperiment({ id: `${id}`, name }), author);
    const found: string[][] = [];
    for (const [, text] of pairs) found.push(listIds(await readPage(experiments, { filter: { nameContains: text } })));
    expect(found).toEqual([['0'], ['1'], ['2'], ['3'], ['4'], ['5'], expect.arrayContaining(['6']), ['7']]);
  });

  test('a replaced name is searched and ordered by its new value', async () => {
    const experiments = await openStore();
    const [one, two] = [anExperiment({ id: '1', name: 'AAA' }), anExperiment({ id: '2', name: 'BBB' })];
    for (const each of [one, two]) await experiments.insert(each, author);
    await experiments.replace(toReplace(one, { name: 'CÇÇ' }));
    expect(listIds(await readPage(experiments, { filter: { nameContains: 'çç' } }))).toEqual(['1']);
    expect(listIds(await readPage(experiments, { filter: { nameContains: 'aaa' } }))).toEqual([]);
    expect(listIds(await readPage(experiments, { order: { field: 'NAME', direction: 'ASC' } }))).toEqual(['2', '1']);
    expect(listIds(await readPage(experiments, { order: { field: 'UPDATED_AT', direction: 'DESC' } }))).toEqual([
      '1',
      '2',
    ]);
  });

  test('a tag value matches every spelling of the same JSON', async () => {
    const experiments = await openStore();
    const spelled = ['{"a":1,"b":[2.50]}', '{ "b": [2.5], "a": 1.0 }', '{"\\u0061":1,"b":[25e-1]}'];
    for (const [id, text] of spelled.entries()) {
      await experiments.insert(anExperiment({ id: `${id}`, tags: json(`[{"k":${text}}]`) }), author);
    }
    await experiments.insert(anExperiment({ id: 'other', tags: json('[{"k":{"a":1,"b":[2]}}]') }), author);
    for (const value of json<{ b: number[]; a: number }>(`[${spelled.join()}]`).values) {
      const { entries } = await readPage(experiments, { filter: { tag: { key: 'k', value } } });
      expect(entries.map(({ node }) => node.id).toSorted()).toEqual(['0', '1', '2']);
    }
  });

  test('the meaning of a list does not depend on other lists', async () => {
    const { experiments, ours } = await openFilledStore();
    expect(await experiments.count('acme', { or: [] })).toBe(0);
    expect(await experiments.count('acme', { or: [{}] })).toBe(ours.length);
    for (const [filter, length] of [
      [{ or: [] }, 0],
      [{ or: [{}] }, ours.length],
      [{ not: { or: [] } }, ours.length],
      [{ not: { or: [{}] } }, 0],
      [{ and: [] }, ours.length],
      [{ status: [] }, 0],
    ] as const) {
      expect((await readPage(experiments, { filter })).entries).toHaveLength(length);
    }
  });
}

interface Asked {
  readonly filter?: ExperimentFilter;
  readonly order?: ExperimentOrder;
  readonly page?: Partial<PageRequest>;
}

/** A page of `acme`; its cursors must be valid. */
async function readPage(
  experiments: ExperimentStore,
  { filter = {}, order = defaultOrder, page }: Asked,
): Promise<Page<Experiment>> {
  const whole = { size: 100, fromEnd: false, after: null, before: null };
  const answer = await experiments.list({ organization: 'acme', filter, order, page: { ...whole, ...page } });
  if ('kind' in answer) throw new Error(`a bad cursor: ${answer.argument}`);
  return answer;
}

function listIds({ entries }: Page<Experiment>): string[] {
  return entries.map(({ node }) => node.id);
}
