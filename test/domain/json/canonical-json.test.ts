import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toCanonicalEntries, toCanonicalJson } from '../../../src/domain/json/canonical-json.ts';
import {
  escapedKeys,
  escapedStrings,
  jsonContainerTexts,
  numberTexts,
  plainKeys,
  plainStrings,
  runs,
} from '../../support/gateway/arbitraries.ts';

const areEqual = (one: string, other: string) => toCanonicalJson(one) === toCanonicalJson(other);

describe('canonical numbers', () => {
  test.each([
    ['1', '1.0', '1e0', '10e-1', '1E+0', '0.1e1', '100e-2', '1.000', '1e-0', '1e000'],
    ['0', '-0', '0.0', '-0.0e5', '0e999999999999999999999', '0e-1', '-0E+12345678901234567890'],
    ['1e400', '10e399', '0.1e401', `1${'0'.repeat(400)}`, '1e0400'],
    ['-1e-400', '-10e-401', `-0.${'0'.repeat(399)}1`],
    ['18446744073709551615', '18446744073709551615.0', '1844674407370955161.5e1'],
    ['1e999999999', '10e999999998', '0.01e1000000001'],
    ['1e1000000000000000', '10e999999999999999', '0.1e1000000000000001'],
    ['1e-1000000000000000', '0.1e-999999999999999', '10e-1000000000000001'],
    ['1e100000000000000000000', '10e99999999999999999999', '1000e99999999999999999997'],
    ['1e-100000000000000000000', '0.1e-99999999999999999999', '10e-100000000000000000001'],
  ])('all spellings of a number are equal, beginning with %s', (...spellings) => {
    expect(new Set(spellings.map(toCanonicalJson)).size).toBe(1);
  });

  test.each([
    ['18446744073709551615', '18446744073709551614'],
    ['1e400', 'null'],
    ['1e400', '1e401'],
    ['1', '-1'],
    ['1', '10'],
    ['1', '"1"'],
    ['0', 'false'],
    ['0.1', '0.1000000000000000055511151231257827'],
    ['1e999999999', '1e-999999999'],
    ['1e99999999999999999999', '1e99999999999999999998'],
    ['1', '1e1000000000000000000000'],
  ])('%s does not equal %s', (one, other) => {
    expect(areEqual(one, other)).toBe(false);
  });

  /** A number as an exact fraction, computed independently of the code under test. */
  function toFraction(text: string): [numerator: bigint, denominator: bigint] {
    const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
    const [whole = '', decimals = ''] = mantissa.split('.');
    const power = Number(exponent) - decimals.length;
    const digits = BigInt(`${whole}${decimals}`.replace('-', ''));
    const numerator = text.startsWith('-') ? -digits : digits;
    return power >= 0 ? [numerator * 10n ** BigInt(power), 1n] : [numerator, 10n ** BigInt(-power)];
  }

  /** Another spelling of the same value: trailing zeros and a shifted point. */
  const respelled = fc
    .tuple(numberTexts, fc.nat({ max: 30 }), fc.integer({ min: -40, max: 40 }))
    .map(([text, more, shift]) => {
      const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
      const [whole = '', decimals = ''] = mantissa.split('.');
      const power = Number(exponent) - decimals.length;
      const [, sign = '', digits = ''] = /^(-?)0*(\d+)$/.exec(whole + decimals) ?? [];
      const zeros = digits === '0' ? 0 : more;
      const longer = digits + '0'.repeat(zeros);
      const point = Math.max(0, shift);
      const padded = longer.padStart(point + 1, '0');
      const spelled = point === 0 ? longer : `${padded.slice(0, -point)}.${padded.slice(-point)}`;
      return { text, other: `${sign}${spelled}E${power - zeros + point}` };
    });

  test('random spellings of a number are equal', () => {
    fc.assert(
      fc.property(respelled, ({ text, other }) => {
        expect(() => JSON.parse(other)).not.toThrow();
        expect(areEqual(text, other)).toBe(true);
      }),
      runs(300),
    );
  });

  test('two numbers are equal if and only if their exact fractions are', () => {
    const near = respelled.chain(({ text, other }) =>
      fc.tuple(fc.constant(text), fc.oneof(numberTexts, fc.constant(other))),
    );
    fc.assert(
      fc.property(near, ([one, other]) => {
        const [[a, b], [c, d]] = [toFraction(one), toFraction(other)];
        expect(areEqual(one, other)).toBe(a * d === c * b);
      }),
      runs(600),
    );
  });

  test('exponents of any length are added exactly', () => {
    const exponents = fc.oneof(
      fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
      fc
        .tuple(fc.constantFrom(-1n, 1n), fc.bigInt({ min: 0n, max: 45n }), fc.bigInt({ min: -9n, max: 9n }))
        .map(([sign, power, offset]) => sign * 10n ** power + offset),
    );
    fc.assert(
      fc.property(exponents, fc.nat({ max: 30 }), fc.nat({ max: 30 }), (exponent, zeros, decimals) => {
        const power = exponent + BigInt(zeros - decimals);
        const text = decimals === 0 ? `7${'0'.repeat(zeros)}` : `0.${'7'.padStart(decimals, '0')}`;
        const given = decimals === 0 ? exponent : exponent + BigInt(zeros);
        expect(toCanonicalJson(`${text}e${given}`)).toBe(power === 0n ? '7' : `7e${power}`);
      }),
      runs(300),
    );
  });

  test('neither huge exponents nor exponents with a million digits are expanded', () => {
    const nines = '9'.repeat(1_000_000);
    expect(toCanonicalJson('1e999999999')).toBe('1e999999999');
    expect(toCanonicalJson(`10e${nines}`)).toBe(`1e1${'0'.repeat(1_000_000)}`);
    expect(toCanonicalJson(`0.1e-${nines}`)).toBe(`1e-1${'0'.repeat(1_000_000)}`);
    expect(toCanonicalJson(`10e-1${'0'.repeat(1_000_000)}`)).toBe(`1e-${nines}`);
    expect(toCanonicalJson(`1${'0'.repeat(1_000_000)}`)).toBe('1e1000000');
  });
});

describe('canonical objects and arrays', () => {
  test.each([
    ['{"a":1,"b":2}', ' { "b" : 2.0 , "a" : 1 } '],
    ['{"10":1,"9":2,"a":3}', '{"a":3,"9":2,"10":1}'],
    ['{"__proto__":1,"constructor":2}', '{"constructor":2,"__proto__":1e0}'],
    ['[{"x":[1.50,{"b":-0,"a":null}]}]', '[{"x":[15e-1,{"a":null,"b":0}]}]'],
    [String.raw`{"\u0061":"\u00e9\/"}`, '{"a":"é/"}'],
    ['{"a":1,"a":2}', '{"a":2}'],
  ])('%s equals %s', (one, other) => {
    expect(areEqual(one, other)).toBe(true);
  });

  test.each([
    ['{"a":1,"b":2}', '{"a":2,"b":1}'],
    ['{"__proto__":1}', '{}'],
    ['{"__proto__":1}', '{"__proto__":2}'],
    ['[1,2]', '[2,1]'],
    ['[]', '{}'],
    ['[[]]', '[]'],
    ['[1,null]', '[1]'],
    ['{"a":null}', '{}'],
    ['{"a":18446744073709551615}', '{"a":18446744073709551614}'],
    ['"é"', '"e\u0301"'],
    ['"1.0"', '"1"'],
    ['{"1":1}', '{"1.0":1}'],
    [String.raw`"\\u0061"`, '"a"'],
  ])('%s does not equal %s', (one, other) => {
    expect(areEqual(one, other)).toBe(false);
  });

  test('white space and escapes make no difference to canonical JSON', () => {
    const texts = jsonContainerTexts({ strings: escapedStrings, keys: escapedKeys });
    fc.assert(
      fc.property(texts, ({ spaced, compact }) => {
        expect(toCanonicalJson(spaced)).toBe(toCanonicalJson(compact));
        expect(toCanonicalJson(toCanonicalJson(spaced))).toBe(toCanonicalJson(spaced));
      }),
      runs(300),
    );
  });

  test('canonical JSON has the same value as the original', () => {
    const texts = jsonContainerTexts({ strings: plainStrings, keys: plainKeys });
    fc.assert(
      fc.property(texts, ({ compact }) => {
        const canonical: unknown = JSON.parse(toCanonicalJson(compact));
        const normalizeZeros = (value: unknown): unknown =>
          JSON.parse(JSON.stringify(value, (_, part: unknown) => (Object.is(part, -0) ? 0 : part)));
        expect(normalizeZeros(canonical)).toEqual(normalizeZeros(JSON.parse(compact)));
      }),
      runs(300),
    );
  });
});

test('canonical entries pair each key of an array of objects with its canonical value', () => {
  expect(toCanonicalEntries(' [ {"a" : 1.0, "10":"x", "a":2.50} , {}, {"__proto__": {"b":1,"a":[]}} ] ')).toEqual([
    ['a', '25e-1'],
    ['10', '"x"'],
    ['__proto__', '{"a":[],"b":1}'],
  ]);
  expect(toCanonicalEntries('[]')).toEqual([]);
});
