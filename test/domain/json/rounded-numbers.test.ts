import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findRoundedNumbers } from '../../../src/domain/json/rounded-numbers.ts';
import { jsonContainerTexts, numberTexts, plainKeys, plainStrings, runs } from '../../support/gateway/arbitraries.ts';

const findPaths = (before: string, after: string, limit = 1_000) =>
  findRoundedNumbers(before, after, limit).map(({ path }) => path.join('.'));

/** Whether a number is found when it replaces another one. */
const isFound = (before: string, after: string) => findPaths(`[${before}]`, `[${after}]`).length === 1;

/** A number as an exact fraction, computed independently of the code under test. */
function isEqual(one: string, other: string): boolean {
  const [[a, b], [c, d]] = [toFraction(one), toFraction(other)];
  return a * d === c * b;
}

function toFraction(text: string): [numerator: bigint, denominator: bigint] {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', decimals = ''] = mantissa.split('.');
  const power = Number(exponent) - decimals.length;
  const digits = BigInt(`${whole}${decimals}`.replace('-', ''));
  const numerator = text.startsWith('-') ? -digits : digits;
  return power >= 0 ? [numerator * 10n ** BigInt(power), 1n] : [numerator, 10n ** BigInt(-power)];
}

describe('R17: numbers that a client has rounded', () => {
  test.each([
    ['6687881544318117707', '6687881544318118000'],
    ['6687881544318117707', '6.687881544318118e18'],
    ['6687881544318117707', '6.687881544318118E+018'],
    ['6687881544318117707', '6687881544318117888'],
    ['6687881544318117707', '6687881544318117888.00'],
    ['6687881544318117707', '6.6878815443181179e+18'],
    ['-9007199254740993', '-9007199254740992'],
    ['0.1000000000000000055', '0.1'],
    ['0.1000000000000000055', '1e-1'],
    ['0.1000000000000000055', '0.10000000000000001'],
    ['3.14159265358979323846', '3.141592653589793'],
    ['3.14159265358979323846', '3.1415926535897931'],
    ['123456789012345678901234567890', '1.2345678901234568e+29'],
    ['1e-400', '0'],
    ['-1e-400', '0'],
    ['1.23e-323', '1e-323'],
    ['6687881544318117888', '6687881544318118000'],
  ])('R17: %s that comes back as %s has been rounded', (before, after) => {
    expect(isFound(before, after)).toBe(true);
  });

  test.each([
    ['1.0', '1'],
    ['1e2', '100'],
    ['-0', '0'],
    ['0.10000000000000000000', '0.1'],
    ['6687881544318118000', '6.687881544318118e18'],
    ['6687881544318118000', '6687881544318117888'],
    ['0.1', '0.1000000000000000055511151231257827'],
    ['1e400', '1e401'],
    ['1e400', 'null'],
    ['1e-400', '1e-401'],
    ['6687881544318117707', '6687881544318117707.0'],
    ['6687881544318117707', '6687881544318117708'],
    ['6687881544318117707', '6687881544318117000'],
    ['6687881544318117707', '6687881544318119000'],
    ['6687881544318117707', '"6687881544318118000"'],
    ['6687881544318117707', '[6687881544318118000]'],
    ['6687881544318117707', 'true'],
    ['"6687881544318117707"', '6687881544318118000'],
    ['[6687881544318117707]', '6687881544318118000'],
    ['{"0":6687881544318117707}', '[6687881544318118000]'],
  ])('R17: %s that changes to %s has not been rounded', (before, after) => {
    expect(isFound(before, after)).toBe(false);
  });

  test('R17: a place is its path, whatever the order of keys and whatever is beside it', () => {
    const before = '[{"a":[1,12345678901234567890],"10":{"__proto__":12345678901234567890},"c":12345678901234567890}]';
    expect(findPaths(before, JSON.stringify(JSON.parse(before)))).toEqual(['0.10.__proto__', '0.a.1', '0.c']);
    expect(findPaths(before, '[{"new":[{}],"c":12345678901234567000,"a":[12345678901234567000]},{}]')).toEqual(['0.c']);
    expect(findPaths('[12345678901234567890,5]', '[5,12345678901234567000]')).toEqual([]);
    expect(findPaths('[{"é\\n":12345678901234567890}]', '[{"é\\n":12345678901234567000}]')).toEqual(['0.é\n']);
  });

  test('R17: no more places are found than asked for', () => {
    const before = `[${Array.from({ length: 200 }, (_, index) => `12345678901234567${index + 100}`).join()}]`;
    expect(findPaths(before, JSON.stringify(JSON.parse(before)), 50)).toEqual(
      Array.from({ length: 50 }, (_, at) => `${at}`),
    );
  });

  test('R17: a document that went through JSON.parse has been rounded exactly where it lost digits', () => {
    fc.assert(
      fc.property(jsonContainerTexts({ strings: plainStrings, keys: plainKeys }), ({ compact }) => {
        const sentBack = JSON.stringify(JSON.parse(compact));
        const lost = listNumbers(JSON.parse(compact, boxNumber)).filter(
          ([, text]) => Number.isFinite(Number(text)) && !isEqual(text, JSON.stringify(Number(text))),
        );
        const found = findRoundedNumbers(compact, sentBack, 1_000);
        const byPath = (numbers: [path: string, text: string][]) =>
          numbers.toSorted(([one], [other]) => (one < other ? -1 : 1));
        expect(byPath(found.map(({ path, before }) => [JSON.stringify(path), before]))).toEqual(byPath(lost));
        for (const { before, after } of found) expect(after).toBe(JSON.stringify(Number(before)));
      }),
      runs(1_000),
    );
  });

  test('R17: a rounded number is found in every spelling of its double, unless the double is exact', () => {
    fc.assert(
      fc.property(numberTexts, fc.integer({ min: 17, max: 40 }), (text, precision) => {
        const double = Number(text);
        if (!Number.isFinite(double)) return;
        const spellings = [String(double), double.toExponential(), double.toPrecision(precision)];
        if (Number.isInteger(double) && Math.abs(double) < 1e90) spellings.push(String(BigInt(double)));
        const isShortest = isEqual(text, String(double));
        for (const spelling of spellings)
          expect([text, spelling, isFound(text, spelling)]).toEqual([
            text,
            spelling,
            !isShortest && !isEqual(text, spelling),
          ]);
      }),
      runs(1_000),
    );
  });

  test('R17: a number that merely changed has not been rounded', () => {
    const longIntegers = fc.stringMatching(/^[1-9]\d{18,24}[1-6]$/);
    fc.assert(
      fc.property(numberTexts, numberTexts, longIntegers, fc.constantFrom('1', '2', '3'), (one, other, long, added) => {
        const changed = String(BigInt(long) + BigInt(added));
        expect(Number(one) !== Number(other) && isFound(one, other)).toBe(false);
        expect(BigInt(changed) !== BigInt(Number(changed)) && isFound(long, changed)).toBe(false);
      }),
      runs(1_000),
    );
  });

  test.each([
    ['long numbers that all changed', '66878815443181177', '66878815443181178'],
    ['long numbers with equal doubles', '668788154431811770', '668788154431811771'],
    ['numbers too small for a double', '1e-9999', '1e-9998'],
  ])('R17: 1 MiB of %s is compared in linear time', (_, one, other) => {
    const fill = (number: string) => `[{"a":[${`${number},`.repeat(50_000)}1]}]`;
    const started = process.cpuUsage().user;
    expect(findPaths(fill(one), fill(other))).toEqual([]);
    expect((process.cpuUsage().user - started) / 1_000).toBeLessThan(500);
  });
});

/** A reviver that keeps the text of each number. */
function boxNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? new BoxedNumber(context?.source ?? '') : value;
}

class BoxedNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function listNumbers(value: unknown, path: string[] = []): [path: string, text: string][] {
  if (value instanceof BoxedNumber) return [[JSON.stringify(path), value.text]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => listNumbers((value as Record<string, unknown>)[key], [...path, key]));
}
