import { describe, expect, test } from 'vitest';
import { type FieldComparison, textOperators, valueOperators } from '../../../src/domain/experiment/comparison.ts';
import { countTextConditions, type ExperimentFilter, experimentFilter } from '../../../src/domain/experiment/query.ts';

/** The codes of the issues of a filter. */
function findIssues(filter: ExperimentFilter): unknown[] {
  const parsed = experimentFilter.safeParse(filter);
  return (parsed.error?.issues ?? []).map((issue) => (issue.code === 'custom' ? issue.params?.code : issue.code));
}

const named = (count: number): ExperimentFilter[] => Array.from({ length: count }, () => ({ nameContains: 'x' }));

/** A filter of `levels` levels, counting itself. */
function nestFilter(levels: number, combine: (filter: ExperimentFilter) => ExperimentFilter): ExperimentFilter {
  return levels === 1 ? {} : combine(nestFilter(levels - 1, combine));
}

describe('bounds of a filter', () => {
  test('a filter may be empty or contain only nulls', () => {
    expect(findIssues({})).toEqual([]);
    expect(findIssues({ status: null, tag: null, and: null, or: null, not: null, createdFrom: null })).toEqual([]);
  });

  test('a filter has at most 50 conditions, counting combined filters', () => {
    expect(findIssues({ and: named(25) })).toEqual([]);
    expect(findIssues({ and: named(26) })).toEqual(['TOO_LARGE']);
    expect(findIssues({ or: named(24), nameContains: 'x', datasetId: 'set' })).toEqual([]);
    expect(findIssues({ or: named(24), nameContains: 'x', datasetId: 'set', status: [] })).toEqual(['TOO_LARGE']);
    expect(findIssues({ or: Array.from({ length: 100_000 }, () => ({})) })).toEqual(['TOO_LARGE']);
  });

  test('the tag values of a filter have at most 64 KiB together, as the tags of an experiment', () => {
    const tagged = (bytes: number): ExperimentFilter => ({ tag: { key: 'k', value: 'x'.repeat(bytes - 2) } });
    expect(findIssues(tagged(65_536))).toEqual([]);
    expect(findIssues(tagged(65_537))).toEqual(['TOO_LARGE']);
    expect(findIssues({ or: [tagged(40_000), { not: tagged(25_536) }] })).toEqual([]);
    expect(findIssues({ or: [tagged(40_000), { not: tagged(25_537) }] })).toEqual(['TOO_LARGE']);
    expect(findIssues({ tag: { key: 'k', value: Array.from({ length: 500_000 }, () => 1) } })).toEqual(['TOO_LARGE']);
  });

  test.each<[string, (filter: ExperimentFilter) => ExperimentFilter]>([
    ['and', (filter) => ({ and: [filter] })],
    ['or', (filter) => ({ or: [filter] })],
    ['not', (filter) => ({ not: filter })],
  ])('a filter has at most 8 levels of %s', (_, combine) => {
    expect(findIssues(nestFilter(8, combine))).toEqual([]);
    expect(findIssues(nestFilter(9, combine))).toEqual(['TOO_LARGE']);
    expect(findIssues(nestFilter(1_000, combine))).toEqual(['TOO_LARGE']);
  });

  test('a filter names at most 100 ids in a list', () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `exp_${index}`);
    expect(findIssues({ ids: ids(100), or: [{ ids: ids(100) }] })).toEqual([]);
    expect(findIssues({ ids: ids(101) })).toEqual(['TOO_MANY']);
    expect(findIssues({ or: [{}, { not: { and: [{ ids: ids(101) }] } }] })).toEqual(['TOO_MANY']);
    expect(findIssues({ ids: ids(200_000) })).toEqual(['TOO_MANY']);
  });

  test.each<[string, (text: string) => ExperimentFilter]>([
    ['nameContains', (nameContains) => ({ nameContains })],
    ['datasetId', (datasetId) => ({ datasetId })],
    ['evaluatorId', (evaluatorId) => ({ evaluatorId })],
    ['each of ids', (id) => ({ ids: ['a', id] })],
  ])('%s has at most 255 characters at any depth of a filter', (_, toFilter) => {
    expect(findIssues(toFilter('\u{1f600}'.repeat(255)))).toEqual([]);
    expect(findIssues(toFilter('x'.repeat(256)))).toEqual(['TOO_LONG']);
    expect(findIssues({ or: [{}, { not: { and: [toFilter('x'.repeat(256))] } }] })).toEqual(['TOO_LONG']);
    expect(findIssues(toFilter(`a${'\u0300\u0316'.repeat(500_000)}`))).toEqual(['TOO_LONG']);
  });

  test('the key of a tag has at most 64 KiB, as the tags of an experiment', () => {
    expect(findIssues({ tag: { key: 'x'.repeat(65_536) } })).toEqual([]);
    expect(findIssues({ not: { tag: { key: 'é'.repeat(32_769) } } })).toEqual(['TOO_LARGE']);
  });

  test('a list that a filter repeats a thousand times is not read a thousand times', () => {
    let reads = 0;
    const long: ExperimentFilter = {
      get and() {
        reads++;
        return Array.from({ length: 100 }, () => ({}));
      },
    };
    const filter = { or: Array.from({ length: 1_000 }, () => long) };
    expect(findIssues(filter)).toEqual(['TOO_LARGE']);
    expect(countTextConditions(filter)).toBe(0);
    expect(reads).toBeLessThan(10);
  });

  test('text that storage cannot compare is refused at any depth of a filter', () => {
    for (const text of ['\0', 'a\ud83d', '\ude00']) {
      for (const filter of [
        { ids: ['a', text] },
        { evaluatorId: text },
        { datasetId: text },
        { nameContains: text },
        { tag: { key: text } },
        { tag: { key: 'a', value: text } },
        { tag: { key: 'a', value: { b: [{ [text]: 1 }] } } },
      ]) {
        expect(findIssues(filter)).toEqual(['INVALID_TEXT']);
        expect(findIssues({ or: [{}, { not: { and: [filter] } }] })).toEqual(['INVALID_TEXT']);
      }
    }
    expect(findIssues({ nameContains: '😀', datasetId: '', tag: { key: 'a\tb', value: '😀' } })).toEqual([]);
  });

  test('text that storage cannot compare is refused in a comparison of a field', () => {
    const compare = (value: string): ExperimentFilter => ({
      compare: { field: 'id', operator: 'in', values: [value] },
    });
    expect(findIssues({ not: compare('\0') })).toEqual(['INVALID_TEXT']);
    expect(findIssues(compare('😀'))).toEqual([]);
  });

  test('each value that a text is searched for counts as a text condition', () => {
    const compare = (operator: FieldComparison['operator']): ExperimentFilter => ({
      compare: { field: 'name', operator, values: ['a', 'b'] },
    });
    for (const operator of textOperators) expect(countTextConditions({ not: { or: [compare(operator)] } })).toBe(2);
    for (const operator of valueOperators) expect(countTextConditions(compare(operator))).toBe(0);
    expect(countTextConditions({ nameContains: 'x', and: [compare('contains'), compare('in')] })).toBe(3);
  });

  test('a filter may compare a tag with any JSON value', () => {
    for (const value of [null, 0, -0, 'x', true, [], {}, [{ a: [1] }], undefined]) {
      expect(findIssues({ tag: { key: 'a', value } })).toEqual([]);
    }
  });

  test('a tag value in a filter that is too deep is refused with one issue', () => {
    const value = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    expect(findIssues({ tag: { key: 'a', value } })).toHaveLength(1);
    expect(findIssues({ not: { tag: { key: 'a', value: { value } } } })).toHaveLength(1);
  });
});
