import { describe, expect, test } from 'vitest';
import { type ExperimentFilter, experimentFilter } from '../../../src/domain/experiment/query.ts';

/** The codes of what is wrong with a filter. */
function issues(filter: ExperimentFilter): unknown[] {
  const parsed = experimentFilter.safeParse(filter);
  return (parsed.error?.issues ?? []).map((issue) => (issue.code === 'custom' ? issue.params?.code : issue.code));
}

const named = (count: number): ExperimentFilter[] => Array.from({ length: count }, () => ({ nameContains: 'x' }));

/** A filter of so many levels, itself the first. */
function ofLevels(levels: number, combine: (filter: ExperimentFilter) => ExperimentFilter): ExperimentFilter {
  return levels === 1 ? {} : combine(ofLevels(levels - 1, combine));
}

describe('the bounds of a filter', () => {
  test('nothing, and nulls, are a filter', () => {
    expect(issues({})).toEqual([]);
    expect(issues({ status: null, tag: null, and: null, or: null, not: null, createdFrom: null })).toEqual([]);
  });

  test('50 conditions, a combined filter being one itself', () => {
    expect(issues({ and: named(25) })).toEqual([]);
    expect(issues({ and: named(26) })).toEqual(['TOO_LARGE']);
    expect(issues({ or: named(24), nameContains: 'x', datasetId: 'set' })).toEqual([]);
    expect(issues({ or: named(24), nameContains: 'x', datasetId: 'set', status: [] })).toEqual(['TOO_LARGE']);
    expect(issues({ or: Array.from({ length: 100_000 }, () => ({})) })).toEqual(['TOO_LARGE']);
  });

  test('values of tags that an experiment has room for: 64 KiB together', () => {
    const tagged = (bytes: number): ExperimentFilter => ({ tag: { key: 'k', value: 'x'.repeat(bytes - 2) } });
    expect(issues(tagged(65_536))).toEqual([]);
    expect(issues(tagged(65_537))).toEqual(['TOO_LARGE']);
    expect(issues({ or: [tagged(40_000), { not: tagged(25_536) }] })).toEqual([]);
    expect(issues({ or: [tagged(40_000), { not: tagged(25_537) }] })).toEqual(['TOO_LARGE']);
    expect(issues({ tag: { key: 'k', value: Array.from({ length: 500_000 }, () => 1) } })).toEqual(['TOO_LARGE']);
  });

  test.each<[string, (filter: ExperimentFilter) => ExperimentFilter]>([
    ['and', (filter) => ({ and: [filter] })],
    ['or', (filter) => ({ or: [filter] })],
    ['not', (filter) => ({ not: filter })],
  ])('8 levels of %s', (_, combine) => {
    expect(issues(ofLevels(8, combine))).toEqual([]);
    expect(issues(ofLevels(9, combine))).toEqual(['TOO_LARGE']);
    expect(issues(ofLevels(1_000, combine))).toEqual(['TOO_LARGE']);
  });

  test('texts that storage can compare, wherever they stand', () => {
    for (const text of ['\0', 'a\ud83d', '\ude00']) {
      for (const filter of [{ datasetId: text }, { nameContains: text }, { tag: { key: text } }]) {
        expect(issues(filter)).toEqual(['INVALID_TEXT']);
        expect(issues({ or: [{}, { not: { and: [filter] } }] })).toEqual(['INVALID_TEXT']);
      }
    }
    expect(issues({ nameContains: '😀', datasetId: '', tag: { key: 'a\tb', value: '😀' } })).toEqual([]);
  });

  test('the value of a tag is any JSON', () => {
    for (const value of [null, 0, -0, 'x', true, [], {}, [{ a: [1] }], undefined]) {
      expect(issues({ tag: { key: 'a', value } })).toEqual([]);
    }
  });

  test('the value of a tag has levels like a task, and is refused when it has too many', () => {
    const value = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    expect(issues({ tag: { key: 'a', value } })).toHaveLength(1);
    expect(issues({ not: { tag: { key: 'a', value: { value } } } })).toHaveLength(1);
  });
});
