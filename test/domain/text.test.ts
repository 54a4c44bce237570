import { describe, expect, test } from 'vitest';
import { findIdIssues, validateInput } from '../../src/domain/experiment/input.ts';
import type { UncheckedInput } from '../../src/domain/experiment/input-shapes.ts';
import { parseJson } from '../../src/domain/json/exact-json.ts';
import { countCharacters, isStorable } from '../../src/domain/text.ts';
import { isIdentifier } from '../../src/domain/text-shapes.ts';

function findPaths(input: UncheckedInput): string[] {
  const result = validateInput(input);
  if (result.kind === 'checked') return [];
  expect(result.issues.map(({ code }) => code)).toEqual(result.issues.map(() => 'INVALID_TEXT'));
  return result.issues.map(({ path }) => path.join('.'));
}

const unstorable = {
  NUL: 'a\0b',
  'NUL alone': '\0',
  'a lone high surrogate': 'a\ud83d',
  'a lone low surrogate': '\ude00a',
  'surrogates in the wrong order': '\ude00\ud83d',
};
const storable = {
  emoji: '😀',
  'the last code point': '\u{10ffff}',
  'a noncharacter': '\ufffe\uffff',
  'a private use character': '\ue000',
  'other control characters': '\u0001\u001f\u007f\u0085',
  'line separators': '\u2028\u2029\r\n',
  'a backslash and a quote': '\\u0000"',
  'decomposed letters': 'e\u0301',
};

describe('R16: text that storage cannot keep exactly', () => {
  test.each(Object.entries(unstorable))('R16: %s is refused in every text field', (_, text) => {
    expect(isStorable(text)).toBe(false);
    const fields = ['name', 'description', 'datasetId', 'experimentId', 'spanWorkflowName', 'generationMethod'];
    for (const field of fields) expect(findPaths({ [field]: text })).toEqual([`input.${field}`]);
    for (const field of ['evaluatorIds', 'evaluatorSlugs', 'evaluatorWorkflowIds']) {
      expect(findPaths({ [field]: ['fine', text] })).toEqual([`input.${field}.1`]);
    }
  });

  test.each(Object.entries(unstorable))('R16: %s is refused in keys and values of tasks and tags', (_, text) => {
    for (const field of ['workflow', 'tags'] as const) {
      expect(findPaths({ [field]: [{}, { a: { b: ['fine', text] } }] })).toEqual([`input.${field}.1.a.b.1`]);
      expect(findPaths({ [field]: [{ a: [{ [text]: 1 }] }] })).toEqual([`input.${field}.0.a.0`]);
      expect(findPaths({ [field]: [{ [text]: 1 }] })).toEqual([`input.${field}.0`]);
    }
  });

  test.each(Object.entries(storable))('R16: %s is kept', (_, text) => {
    expect(isStorable(text)).toBe(true);
    expect(
      findPaths({ name: `.${text}.`, description: text, workflow: [{ [text]: text }], tags: [{ [text]: [text] }] }),
    ).toEqual([]);
  });

  test('R16: escaped invalid text in JSON is refused like the characters themselves', () => {
    for (const escaped of ['\\u0000', '\\ud83d', '\\uDE00 \\uD83D']) {
      expect(findPaths({ workflow: [parseJson(`{"n":1.0,"a":"${escaped}"}`)] })).toEqual(['input.workflow.0.a']);
      expect(findPaths({ workflow: [parseJson(`{"n":1.0,"${escaped}":1}`)] })).toEqual(['input.workflow.0']);
    }
    expect(findPaths({ workflow: [parseJson('{"n":1.0,"a":"\\ud83d\\ude00 \\\\u0000"}')] })).toEqual([]);
  });

  test('R16: invalid text is found below keys such as __proto__', () => {
    const task = parseJson('{"__proto__":{"x":"\\u0000"},"constructor":{"y":"\\u0000"}}');
    expect(findPaths({ workflow: [task] })).toContain('input.workflow.0.__proto__.x');
  });

  test('R16: every invalid text of a task is reported, not only the first (R10)', () => {
    expect(findPaths({ workflow: [{ a: '\0', b: ['\ud83d', 'fine'], c: { '\0': 1 } }, { d: '\0' }] })).toEqual([
      'input.workflow.0.a',
      'input.workflow.0.b.0',
      'input.workflow.0.c',
      'input.workflow.1.d',
    ]);
  });
});

describe('R10: ids', () => {
  test('R10: ids have no control characters', () => {
    for (const character of ['\u0001', '\t', '\n', '\r', '\u001f', '\u007f', '\u0080', '\u0085', '\u009f']) {
      expect(isIdentifier(`a${character}`)).toBe(false);
      expect(findPaths({ evaluatorIds: [`a${character}`] })).toEqual(['input.evaluatorIds.0']);
      expect(findIdIssues(`a${character}`)).toMatchObject([{ path: ['id'], code: 'INVALID_TEXT' }]);
    }
    expect(findIdIssues('\0')).toHaveLength(1);
  });

  test('R10: ids may have any other 1 to 255 characters', () => {
    for (const id of [' ', 'a b', '/', '..', '"', '\\', 'é', '\u00a0', '😀'.repeat(255), '__proto__', 'null', '0']) {
      expect(findIdIssues(id)).toEqual([]);
    }
    expect(findIdIssues('')).toMatchObject([{ path: ['id'], code: 'TOO_SHORT' }]);
    expect(findIdIssues('😀'.repeat(256))).toMatchObject([{ path: ['id'], code: 'TOO_LONG' }]);
  });
});

test('characters are counted as code points', () => {
  expect(['', 'a', 'é', 'e\u0301', '😀', '👩‍👩‍👧', '\u{10ffff}\u{10000}', 'a😀b'].map(countCharacters)).toEqual([
    0, 1, 1, 2, 1, 5, 2, 3,
  ]);
});
