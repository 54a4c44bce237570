import { describe, expect, test } from 'vitest';
import { findIdIssues, validateInput } from '../../src/domain/experiment/input.ts';
import type { UncheckedInput } from '../../src/domain/experiment/input-shapes.ts';
import { parseJson } from '../../src/domain/json/exact-json.ts';
import { countCharacters, isStorable } from '../../src/domain/text.ts';
import { isIdentifier } from '../../src/domain/text-shapes.ts';

function paths(input: UncheckedInput): string[] {
  const result = validateInput(input);
  if (result.kind === 'checked') return [];
  expect(result.issues.map(({ code }) => code)).toEqual(result.issues.map(() => 'INVALID_TEXT'));
  return result.issues.map(({ path }) => path.join('.'));
}

const unkeepable = {
  NUL: 'a\0b',
  'NUL alone': '\0',
  'a lone high surrogate': 'a\ud83d',
  'a lone low surrogate': '\ude00a',
  'surrogates in the wrong order': '\ude00\ud83d',
};
const keepable = {
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
  test.each(Object.entries(unkeepable))('%s is refused in every text field', (_, text) => {
    expect(isStorable(text)).toBe(false);
    const fields = ['name', 'description', 'datasetId', 'experimentId', 'spanWorkflowName', 'generationMethod'];
    for (const field of fields) expect(paths({ [field]: text })).toEqual([`input.${field}`]);
    for (const field of ['evaluatorIds', 'evaluatorSlugs', 'evaluatorWorkflowIds']) {
      expect(paths({ [field]: ['fine', text] })).toEqual([`input.${field}.1`]);
    }
  });

  test.each(Object.entries(unkeepable))('%s is refused in tasks and tags, in keys as in values', (_, text) => {
    for (const field of ['workflow', 'tags'] as const) {
      expect(paths({ [field]: [{}, { a: { b: ['fine', text] } }] })).toEqual([`input.${field}.1.a.b.1`]);
      expect(paths({ [field]: [{ a: [{ [text]: 1 }] }] })).toEqual([`input.${field}.0.a.0`]);
      expect(paths({ [field]: [{ [text]: 1 }] })).toEqual([`input.${field}.0`]);
    }
  });

  test.each(Object.entries(keepable))('%s is kept', (_, text) => {
    expect(isStorable(text)).toBe(true);
    expect(
      paths({ name: `.${text}.`, description: text, workflow: [{ [text]: text }], tags: [{ [text]: [text] }] }),
    ).toEqual([]);
  });

  test('an escape in the JSON text is the character that it stands for', () => {
    for (const escaped of ['\\u0000', '\\ud83d', '\\uDE00 \\uD83D']) {
      expect(paths({ workflow: [parseJson(`{"n":1.0,"a":"${escaped}"}`)] })).toEqual(['input.workflow.0.a']);
      expect(paths({ workflow: [parseJson(`{"n":1.0,"${escaped}":1}`)] })).toEqual(['input.workflow.0']);
    }
    expect(paths({ workflow: [parseJson('{"n":1.0,"a":"\\ud83d\\ude00 \\\\u0000"}')] })).toEqual([]);
  });

  test('under keys that mean something to JavaScript it is found as well', () => {
    const task = parseJson('{"__proto__":{"x":"\\u0000"},"constructor":{"y":"\\u0000"}}');
    expect(paths({ workflow: [task] })).toContain('input.workflow.0.__proto__.x');
  });

  test('every such text of a task is named, not the first alone (R10)', () => {
    expect(paths({ workflow: [{ a: '\0', b: ['\ud83d', 'fine'], c: { '\0': 1 } }, { d: '\0' }] })).toEqual([
      'input.workflow.0.a',
      'input.workflow.0.b.0',
      'input.workflow.0.c',
      'input.workflow.1.d',
    ]);
  });
});

describe('R10: ids', () => {
  test('have no control characters', () => {
    for (const character of ['\u0001', '\t', '\n', '\r', '\u001f', '\u007f', '\u0080', '\u0085', '\u009f']) {
      expect(isIdentifier(`a${character}`)).toBe(false);
      expect(paths({ evaluatorIds: [`a${character}`] })).toEqual(['input.evaluatorIds.0']);
      expect(findIdIssues(`a${character}`)).toMatchObject([{ path: ['id'], code: 'INVALID_TEXT' }]);
    }
    expect(findIdIssues('\0')).toHaveLength(1);
  });

  test('may be anything else of 1 to 255 characters', () => {
    for (const id of [' ', 'a b', '/', '..', '"', '\\', 'é', '\u00a0', '😀'.repeat(255), '__proto__', 'null', '0']) {
      expect(findIdIssues(id)).toEqual([]);
    }
    expect(findIdIssues('')).toMatchObject([{ path: ['id'], code: 'TOO_SHORT' }]);
    expect(findIdIssues('😀'.repeat(256))).toMatchObject([{ path: ['id'], code: 'TOO_LONG' }]);
  });
});

test('characters are code points', () => {
  expect(['', 'a', 'é', 'e\u0301', '😀', '👩‍👩‍👧', '\u{10ffff}\u{10000}', 'a😀b'].map(countCharacters)).toEqual([
    0, 1, 1, 2, 1, 5, 2, 3,
  ]);
});
