import { describe, expect, test } from 'vitest';
import { validateInput } from '../../../src/domain/experiment/input.ts';
import type { UncheckedInput } from '../../../src/domain/experiment/input-shapes.ts';
import { type JsonObject, parseJson } from '../../../src/domain/json/exact-json.ts';
import { JsonList } from '../../../src/domain/json/json-list.ts';

/** Validates an input. Returns the given fields (lists as values) and warnings, or the issues, both as `path code`. */
function validate(input: UncheckedInput, options?: Parameters<typeof validateInput>[1]) {
  const result = validateInput(input, options);
  const toBrief = ({ path, code }: { path: readonly string[]; code: string }) => `${path.join('.')} ${code}`;
  if (result.kind === 'invalid') return { issues: result.issues.map(toBrief) };
  const values = Object.entries(result.given).map(([field, value]) => [
    field,
    value instanceof JsonList ? value.values : value,
  ]);
  return { given: Object.fromEntries(values), warnings: result.warnings.map(toBrief) };
}
const toExclusiveIssues = (...fields: string[]) => ({
  issues: fields.map((field) => `input.${field} MUTUALLY_EXCLUSIVE`),
});

describe('R2: given fields', () => {
  test('R2: omitted, undefined and null mean the same', () => {
    expect(validate({})).toEqual({ given: {}, warnings: [] });
    expect(validate({ name: undefined, workflow: undefined, batchSize: undefined })).toEqual(validate({}));
    expect(validate({ name: null, workflow: null, evaluatorIds: null, experimentId: null, tags: null })).toEqual(
      validate({}),
    );
  });

  test('fields that are not part of the input are ignored', () => {
    const input = { status: 'COMPLETED', progress: 5, id: 'x', batchSize: 7 };
    expect(validate(input as UncheckedInput)).toEqual({ given: { batchSize: 7 }, warnings: [] });
  });
});

describe('R6: evaluatorIds and evaluatorSlugs are one field', () => {
  test('R6: either evaluatorIds or evaluatorSlugs may be given', () => {
    expect(validate({ evaluatorIds: ['a'] })).toEqual({ given: { evaluatorIds: ['a'] }, warnings: [] });
    expect(validate({ evaluatorSlugs: ['a'] })).toEqual({ given: { evaluatorIds: ['a'] }, warnings: [] });
    expect(validate({ evaluatorSlugs: ['a'], evaluatorIds: null })).toEqual(validate({ evaluatorIds: ['a'] }));
    expect(validate({ evaluatorSlugs: null, evaluatorIds: ['a'] })).toEqual(validate({ evaluatorIds: ['a'] }));
  });

  test('R6: evaluatorIds win, with a warning when the slugs differ, even only in order', () => {
    for (const evaluatorSlugs of [['b'], ['b', 'a'], []]) {
      expect(validate({ evaluatorIds: ['a', 'b'], evaluatorSlugs })).toEqual({
        given: { evaluatorIds: ['a', 'b'] },
        warnings: ['input.evaluatorSlugs EVALUATOR_SLUGS_IGNORED'],
      });
    }
    expect(validate({ evaluatorIds: [], evaluatorSlugs: ['b'] })).toEqual({
      given: { evaluatorIds: [] },
      warnings: ['input.evaluatorSlugs EVALUATOR_SLUGS_IGNORED'],
    });
    expect(validate({ evaluatorIds: ['a', 'b'], evaluatorSlugs: ['a', 'b'] })).toEqual({
      given: { evaluatorIds: ['a', 'b'] },
      warnings: [],
    });
  });

  test('R6: ignored slugs must still be valid', () => {
    expect(validate({ evaluatorIds: ['a'], evaluatorSlugs: [''] })).toEqual({
      issues: ['input.evaluatorSlugs.0 TOO_SHORT'],
    });
  });
});

describe('R7: evaluators and evaluator workflows exclude each other', () => {
  test.each([
    [{ evaluatorIds: ['a'], evaluatorWorkflowIds: ['w'] }, toExclusiveIssues('evaluatorIds', 'evaluatorWorkflowIds')],
    [
      { evaluatorSlugs: ['a'], evaluatorWorkflowIds: ['w'] },
      toExclusiveIssues('evaluatorSlugs', 'evaluatorWorkflowIds'),
    ],
    [
      { evaluatorIds: null, evaluatorSlugs: ['a'], evaluatorWorkflowIds: ['w'] },
      toExclusiveIssues('evaluatorSlugs', 'evaluatorWorkflowIds'),
    ],
  ])('R7: evaluators and evaluator workflows exclude each other: %j', (input, expected) => {
    expect(validate(input)).toEqual(expected);
  });

  test('R7: empty lists exclude nothing, judged after evaluatorIds win over slugs (R6)', () => {
    expect(validate({ evaluatorIds: [], evaluatorWorkflowIds: ['w'] })).toMatchObject({ warnings: [] });
    expect(validate({ evaluatorIds: ['a'], evaluatorWorkflowIds: [] })).toMatchObject({ warnings: [] });
    expect(validate({ evaluatorIds: [], evaluatorSlugs: ['a'], evaluatorWorkflowIds: ['w'] })).toEqual({
      given: { evaluatorIds: [], evaluatorWorkflowIds: ['w'] },
      warnings: ['input.evaluatorSlugs EVALUATOR_SLUGS_IGNORED'],
    });
  });
});

describe('R8: experimentId repeats the id', () => {
  test('R8: experimentId must equal the id exactly', () => {
    expect(validate({ experimentId: 'exp' }, { expectedId: 'exp' })).toEqual({ given: {}, warnings: [] });
    for (const experimentId of ['Exp', 'exp ', 'é']) {
      expect(validate({ experimentId }, { expectedId: 'exp' })).toEqual({ issues: ['input.experimentId ID_MISMATCH'] });
    }
    expect(validate({ experimentId: 'e\u0301' }, { expectedId: '\u00e9' })).toEqual({
      issues: ['input.experimentId ID_MISMATCH'],
    });
  });

  test('R8: a create accepts any experimentId', () => {
    expect(validateInput({ experimentId: 'exp' })).toMatchObject({ kind: 'checked', experimentId: 'exp', given: {} });
  });
});

describe('R12: repeated entries', () => {
  test('R12: repeated entries are kept once, in order, with a warning for each list', () => {
    expect(validate({ evaluatorSlugs: ['b', 'a', 'b', 'A', 'a'] })).toEqual({
      given: { evaluatorIds: ['b', 'a', 'A'] },
      warnings: ['input.evaluatorSlugs DUPLICATES_REMOVED'],
    });
    expect(validate({ evaluatorWorkflowIds: ['w', 'w'], evaluatorIds: [] })).toEqual({
      given: { evaluatorIds: [], evaluatorWorkflowIds: ['w'] },
      warnings: ['input.evaluatorWorkflowIds DUPLICATES_REMOVED'],
    });
  });

  test('R12: entries are compared exactly, without Unicode normalization', () => {
    expect(validate({ evaluatorIds: ['\u00e9', 'e\u0301'] })).toEqual({
      given: { evaluatorIds: ['\u00e9', 'e\u0301'] },
      warnings: [],
    });
  });

  test('R12: repeated entries count towards the limit of a list (R10)', () => {
    expect(validate({ evaluatorIds: Array.from({ length: 101 }, () => 'a') })).toEqual({
      issues: ['input.evaluatorIds TOO_MANY'],
    });
  });

  test('R12: repeated tasks and tags are kept', () => {
    expect(validate({ workflow: [{}, {}], tags: [{ a: 1 }, { a: 1 }] })).toEqual({
      given: { workflow: [{}, {}], tags: [{ a: 1 }, { a: 1 }] },
      warnings: [],
    });
  });
});

describe('null in an update', () => {
  test('null in an update clears a field that may be empty', () => {
    const nulls = { description: null, datasetId: null, generationMethod: null, workflow: null, tags: null };
    const lists = { evaluatorIds: null, evaluatorWorkflowIds: null };
    expect(validate({ ...nulls, ...lists }, { nullMeans: 'cleared' })).toEqual({
      given: { ...nulls, ...lists },
      warnings: [],
    });
    expect(validate({ evaluatorSlugs: null }, { nullMeans: 'cleared' })).toEqual({
      given: { evaluatorIds: null },
      warnings: [],
    });
  });

  test('null in an update is an issue at every field that cannot be empty', () => {
    const fields = ['name', 'spanWorkflowName', 'enableTracing', 'batchSize', 'concurrency'];
    const input = Object.fromEntries(fields.map((field) => [field, null]));
    expect(validate(input, { nullMeans: 'cleared' })).toEqual({
      issues: fields.map((field) => `input.${field} REQUIRED`),
    });
  });

  test('R6: in an update a list wins over null under the other name', () => {
    const given = { given: { evaluatorIds: ['a'] }, warnings: [] };
    expect(validate({ evaluatorIds: null, evaluatorSlugs: ['a'] }, { nullMeans: 'cleared' })).toEqual(given);
    expect(validate({ evaluatorIds: ['a'], evaluatorSlugs: null }, { nullMeans: 'cleared' })).toEqual(given);
  });

  test('an update without fields changes nothing', () => {
    expect(validate({}, { nullMeans: 'cleared' })).toEqual({ given: {}, warnings: [] });
  });
});

test('R11: validation passes tasks on unchanged, with their exact text', () => {
  const task = parseJson('{"z":1.0,"10":null,"2":{"b":[],"a":-0},"unknown":"x"}');
  const checked = validateInput({ workflow: [task], tags: [task] });
  if (checked.kind === 'invalid') throw new Error(checked.message);
  const lists = [checked.given.workflow, checked.given.tags] as JsonList<JsonObject>[];
  for (const { text, values } of lists) {
    expect(text).toBe('[{"z":1.0,"10":null,"2":{"b":[],"a":-0},"unknown":"x"}]');
    expect(values[0]).toBe(task);
  }
});
