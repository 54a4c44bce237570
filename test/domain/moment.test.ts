import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMoment, roundUp } from '../../src/domain/moment.ts';
import { runs } from '../support/gateway/arbitraries.ts';

const noon = Date.UTC(2026, 1, 28, 12);

test.each([
  ['2026-02-28T12:00:00Z', 0, false],
  ['2026-02-28t12:00:00z', 0, false],
  ['2026-02-28 12:00:00', 0, false],
  ['2026-02-28T14:30:00+02:30', 0, false],
  ['2026-02-28T12:00:00.5', 500, false],
  ['2026-02-28T12:00:00.012000Z', 12, false],
  ['2026-02-28T12:00:00.0120001-00:00', 12, true],
  ['2026-02-28', -12 * 3_600_000, false],
] as const)('%s is a moment, in UTC unless it says otherwise', (text, afterNoon, hasMoreDigits) => {
  expect(parseMoment(text)).toEqual({ milliseconds: noon + afterNoon, hasMoreDigits });
});

test.each([
  '',
  '2026',
  '2026-02-29',
  '2026-13-01',
  '2026-02-28T12:00',
  '2026-02-28T24:00:00Z',
  '2026-02-28T12:00:60Z',
  '2026-02-28T12:00:00.Z',
  '2026-02-28T12:00:00Z\n',
  '2026-02-28T12:00:00+2:30',
  '28.02.2026',
  '1772280000000',
])('%j is not a moment', (text) => {
  expect(parseMoment(text)).toBeNull();
});

test('a whole millisecond is before a moment if and only if it is before the moment rounded up', () => {
  const at = fc.integer({ min: 0, max: 999 });
  fc.assert(
    fc.property(at, fc.stringMatching(/^\d{1,12}$/), (milliseconds, fraction) => {
      const moment = parseMoment(`2026-02-28T12:00:00.${fraction}Z`);
      const isBefore = BigInt(milliseconds) * 10n ** 9n < BigInt(fraction.padEnd(12, '0'));
      expect(moment && noon + milliseconds < roundUp(moment).getTime()).toBe(isBefore);
    }),
    runs(200),
  );
});
