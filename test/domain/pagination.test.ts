import { describe, expect, test } from 'vitest';
import type { Experiment, ExperimentRevision } from '../../src/domain/experiment/experiment.ts';
import { countRevisions, toRevisionPage, toRevisionRange } from '../../src/domain/experiment/revisions.ts';
import { pageSize } from '../../src/domain/limits.ts';
import { type PageArguments, pageArguments, toCursorIssue, toPageRequest } from '../../src/domain/pagination.ts';
import { encodeCursor } from '../../src/storage/rows/cursor.ts';

/** The issues of page arguments, each as `path code`. */
function findIssues(page: PageArguments): string[] {
  const parsed = pageArguments.safeParse(page);
  return (parsed.error?.issues ?? []).map((issue) => {
    const code = issue.code === 'custom' ? issue.params?.code : issue.code;
    return `${issue.path.join('.')} ${code}`;
  });
}

describe('page arguments', () => {
  test('first and last are 1 to 100', () => {
    for (const name of ['first', 'last']) {
      expect(findIssues({ [name]: 1 })).toEqual([]);
      expect(findIssues({ [name]: 100 })).toEqual([]);
      expect(findIssues({ [name]: 0 })).toEqual([`${name} TOO_SMALL`]);
      expect(findIssues({ [name]: -1 })).toEqual([`${name} TOO_SMALL`]);
      expect(findIssues({ [name]: 101 })).toEqual([`${name} TOO_BIG`]);
      expect(findIssues({ [name]: 2_147_483_647 })).toEqual([`${name} TOO_BIG`]);
    }
  });

  test('a text that is longer than any cursor is not one', () => {
    expect(findIssues({ after: 'x'.repeat(8_192), before: 'x' })).toEqual([]);
    expect(findIssues({ after: 'x'.repeat(8_193) })).toEqual(['after INVALID_CURSOR']);
    expect(findIssues({ before: 'x'.repeat(1_000_000), last: 0 })).toEqual(['last TOO_SMALL', 'before INVALID_CURSOR']);
  });

  test('the cursor of the longest name and id is not too long', () => {
    const [name, id] = ['"\u0001'.repeat(127), '\u{1f600}'.repeat(255)];
    expect(findIssues({ after: encodeCursor('NAME', { value: name, id }) })).toEqual([]);
  });

  test('null page arguments are the same as omitted ones', () => {
    expect(findIssues({})).toEqual([]);
    expect(findIssues({ first: null, last: null, after: null, before: null })).toEqual([]);
    expect(findIssues({ first: null, last: 5 })).toEqual([]);
  });

  test('first and last exclude each other, even when they are invalid too', () => {
    const both = ['first MUTUALLY_EXCLUSIVE', 'last MUTUALLY_EXCLUSIVE'];
    expect(findIssues({ first: 1, last: 1 })).toEqual(both);
    expect(findIssues({ first: 0, last: 101 })).toEqual(['first TOO_SMALL', 'last TOO_BIG', ...both]);
  });
});

test('page arguments are converted to a page request', () => {
  const whole = { size: pageSize.default, fromEnd: false, after: null, before: null };
  expect(pageSize.default).toBe(20);
  expect(toPageRequest({})).toEqual(whole);
  expect(toPageRequest({ first: null, last: null, after: null, before: null })).toEqual(whole);
  expect(toPageRequest({ first: 5, after: 'a', before: 'b' })).toEqual({ ...whole, size: 5, after: 'a', before: 'b' });
  expect(toPageRequest({ last: 5, before: 'b' })).toEqual({ ...whole, size: 5, fromEnd: true, before: 'b' });
});

test('an invalid cursor is an issue of its argument', () => {
  expect(toCursorIssue({ kind: 'badCursor', argument: 'before' })).toMatchObject({
    path: ['before'],
    code: 'INVALID_CURSOR',
  });
});

describe('pages of revisions, newest first', () => {
  const experimentAt = (revision: number, firstRevision = 1) => ({ id: 'exp', revision, firstRevision }) as Experiment;

  /** Reads all pages one after another, as a client does. Returns their revision numbers. */
  function readPages(
    revision: number,
    first: number | null,
    firstRevision = 1,
  ): { revisions: number[]; next: boolean; previous: boolean }[] {
    const experiment = experimentAt(revision, firstRevision);
    const read: ReturnType<typeof readPages> = [];
    for (let after: string | null | undefined = null; after !== undefined; ) {
      const range = toRevisionRange(experiment, { first, after });
      if ('kind' in range) throw new Error('bad cursor');
      const numbers = Array.from({ length: range.to - range.from + 1 }, (_, index) => range.to - index);
      const page = toRevisionPage(
        range,
        experiment,
        numbers.map((number) => ({ revision: number }) as ExperimentRevision),
      );
      read.push({ revisions: numbers, next: page.hasNextPage, previous: page.hasPreviousPage });
      after = page.hasNextPage ? page.entries.at(-1)?.cursor : undefined;
    }
    return read;
  }

  test('pages contain every revision once, newest first', () => {
    expect(readPages(1, null)).toEqual([{ revisions: [1], next: false, previous: false }]);
    expect(readPages(20, null)).toEqual([{ revisions: expect.any(Array), next: false, previous: false }]);
    expect(readPages(5, 2)).toEqual([
      { revisions: [5, 4], next: true, previous: false },
      { revisions: [3, 2], next: true, previous: true },
      { revisions: [1], next: false, previous: true },
    ]);
    expect(readPages(4, 2).map(({ next }) => next)).toEqual([true, false]);
    expect(readPages(250, 100).flatMap(({ revisions }) => revisions)).toEqual(
      Array.from({ length: 250 }, (_, index) => 250 - index),
    );
  });

  test('the page after the last revision is empty', () => {
    const range = toRevisionRange(experimentAt(3), { first: 3 });
    if ('kind' in range) throw new Error('bad cursor');
    const last = toRevisionPage(range, experimentAt(3), [{ revision: 1 } as ExperimentRevision]).entries[0]?.cursor;
    const behind = toRevisionRange(experimentAt(3), { after: last });
    if ('kind' in behind) throw new Error('bad cursor');
    expect(behind.to).toBeLessThan(behind.from);
    expect(toRevisionPage(behind, experimentAt(3), [])).toEqual({
      entries: [],
      hasNextPage: false,
      hasPreviousPage: true,
    });
  });

  test('a cursor keeps its place while others write', () => {
    const range = toRevisionRange(experimentAt(5), { first: 2 });
    if ('kind' in range) throw new Error('bad cursor');
    const { entries } = toRevisionPage(
      range,
      experimentAt(5),
      [5, 4].map((revision) => ({ revision }) as ExperimentRevision),
    );
    expect(toRevisionRange(experimentAt(9), { first: 2, after: entries.at(-1)?.cursor })).toEqual({
      experimentId: 'exp',
      from: 2,
      to: 3,
    });
  });

  test('the page after a cursor from before a delete and a new create is empty', () => {
    const range = toRevisionRange(experimentAt(9), { first: 1 });
    if ('kind' in range) throw new Error('bad cursor');
    const cursor = toRevisionPage(range, experimentAt(9), [{ revision: 9 } as ExperimentRevision]).entries[0]?.cursor;
    const recreated = experimentAt(12, 10);
    const behind = toRevisionRange(recreated, { after: cursor });
    if ('kind' in behind) throw new Error('bad cursor');
    expect(behind.to).toBeLessThan(behind.from);
    expect(toRevisionPage(behind, recreated, [])).toEqual({ entries: [], hasNextPage: false, hasPreviousPage: true });
  });

  test('pages end at the first revision of the current experiment when its id was used before', () => {
    expect(readPages(12, 2, 8)).toEqual([
      { revisions: [12, 11], next: true, previous: false },
      { revisions: [10, 9], next: true, previous: true },
      { revisions: [8], next: false, previous: true },
    ]);
    expect(countRevisions(experimentAt(12, 8))).toBe(5);
  });

  test.each([
    '',
    'x',
    '3',
    'REVISION 3',
    btoa('revision 3'),
    btoa('REVISION -1'),
    btoa('REVISION 1.5'),
    btoa('REVISION '),
    '\0',
  ])('an invalid cursor is rejected: %j', (after) => {
    expect(toRevisionRange(experimentAt(3), { after })).toEqual({ kind: 'badCursor', argument: 'after' });
  });
});
