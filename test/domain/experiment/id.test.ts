import { describe, expect, test } from 'vitest';
import { generateExperimentId } from '../../../src/domain/experiment/id.ts';
import { isIdentifier } from '../../../src/domain/text-shapes.ts';

describe('generated experiment ids', () => {
  test('a generated experiment id is exp_ and 26 letters and digits', () => {
    for (const at of [0, 1, Date.UTC(2026, 10, 22), Date.UTC(9999, 11, 31)]) {
      const id = generateExperimentId(new Date(at));
      expect(id).toMatch(/^exp_[0-9a-z]{26}$/);
      expect(isIdentifier(id)).toBe(true);
    }
  });

  test('generated experiment ids sort by time', () => {
    const times = [0, 1, 31, 32, 1_023, 1_024, 2 ** 31, Date.UTC(2026, 10, 22), Date.UTC(2026, 10, 22) + 1, 2 ** 49];
    const ids = times.map((at) => generateExperimentId(new Date(at)));
    expect(ids.toSorted()).toEqual(ids);
    expect(ids.map((id) => id.slice(4, 14)).toSorted()).toEqual(ids.map((id) => id.slice(4, 14)));
  });

  test('generated experiment ids are unique, even at the same moment', () => {
    const at = new Date();
    const ids = Array.from({ length: 10_000 }, () => generateExperimentId(at));
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids.map((id) => id.slice(0, 14))).size).toBe(1);
    for (let place = 14; place < 30; place++) {
      expect(new Set(ids.map((id) => id[place])).size, `letters at ${place}`).toBe(32);
    }
  });
});
