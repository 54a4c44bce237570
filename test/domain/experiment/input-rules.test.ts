import { describe, expect, test } from 'vitest';
import { validateInput } from '../../../src/domain/experiment/input.ts';
import type { UncheckedInput } from '../../../src/domain/experiment/input-shapes.ts';
import { type JsonObject, parseJson } from '../../../src/domain/json/exact-json.ts';
import { JsonList } from '../../../src/domain/json/json-list.ts';

/** The outcome of a check: what was given, with lists as their values, and the warnings as `path code`; or the issues. */
function outcome(input: UncheckedInput, options?: Parameters<typeof validateInput>[1]) {
  const result = validateInput(input, options);
  const briefly = ({ path, code }: { path: readonly string[]; code: string }) => `${path.join('.')} ${code}`;
  if (result.kind === 'invalid') return { issues: result.issues.map(briefly) };
  const values = Object.entries(result.given).map(([field, value]) => [
    field,
    value instanceof JsonList ? value.values : value,
  ]);
  return { given: Object.fromEntries(values), warnings: result.warnings.map(briefly) };
}
const exclusive = (...fields: string[]) => ({ issues: fields.map((field) => `input.${field} MUTUALLY_EXCLUSIVE`) });

describe('R2: what is given', () => {
  test('omitted, undefined and null are the same', () => {
    expect(outcome({})).toEqual({ given: {}, warnings: [] });
    expect(outcome({ name: undefined, workflow: undefined, batchSize: undefined })).toEqual(outcome({}));
    expect(outcome({ name: null, workflow: null, evaluatorIds: null, experimentId: null, tags: null })).toEqual(
      outcome({}),
    );
  });

  test('fields that no input has are not taken over', () => {
    const input = { status: 'COMPLETED', progress: 5, id: 'x', batchSize: 7 };
    expect(outcome(input as UncheckedInput)).toEqual({ given: { batchSize: 7 }, warnings: [] });
  });
});

describe('R6: evaluatorIds and evaluatorSlugs are one field', () => {
  test('either is taken', () => {
    expect(outcome({ evaluatorIds: ['a'] })).toEqual({ given: { evaluatorIds: ['a'] }, warnings: [] });
    expect(outcome({ evaluatorSlugs: ['a'] })).toEqual({ given: { evaluatorIds: ['a'] }, warnings: [] });
    expect(outcome({ evaluatorSlugs: ['a'], evaluatorIds: null })).toEqual(outcome({ evaluatorIds: ['a'] }));
    expect(outcome({ evaluatorSlugs: null, evaluatorIds: ['a'] })).toEqual(outcome({ evaluatorIds: ['a'] }));
  });

  test('evaluatorIds win, with a warning when they differ, in order as well', () => {
    for (const evaluatorSlugs of [['b'], ['b', 'a'], []]) {
      expect(outcome({ evaluatorIds: ['a', 'b'], evaluatorSlugs })).toEqual({
        given: { evaluatorIds: ['a', 'b'] },
        warnings: ['input.evaluatorSlugs EVALUATOR_SLUGS_IGNORED'],
      });
    }
    expect(outcome({ evaluatorIds: [], evaluatorSlugs: ['b'] })).toEqual({
      given: { evaluatorIds: [] },
      warnings: ['input.evaluatorSlugs EVALUATOR_SLUGS_IGNORED'],
    });
    expect(outcome({ evaluatorIds: ['a', 'b'], evaluatorSlugs: ['a', 'b'] })).toEqual({
      given: { evaluatorIds: ['a', 'b'] },
      warnings: [],
    });
  });

  test('slugs that are ignored must be valid all the same', () => {
    expect(outcome({ evaluatorIds: ['a'], evaluatorSlugs: [''] })).toEqual({
      issues: ['input.evaluatorSlugs.0 TOO_SHORT'],
    });
  });
});

describe('R7: evaluators and evaluator workflows exclude each other', () => {
  test.each([
    [{ evaluatorIds: ['a'], evaluatorWorkflowIds: ['w'] }, exclusive('evaluatorIds', 'evaluatorWorkflowIds')],
    [{ evaluatorSlugs: ['a'], evaluatorWorkflowIds: ['w'] }, exclusive('evaluatorSlugs', 'evaluatorWorkflowIds')],
    [
      { evaluatorIds: null, evaluatorSlugs: ['a'], evaluatorWorkflowIds: ['w'] },
      exclusive('evaluatorSlugs', 'evaluatorWorkflowIds'),
    ],
  ])('%j', (input, expected) => {
    expect(outcome(input)).toEqual(expected);
  });

  test('empty lists exclude nothing, and evaluatorIds win over slugs before that is judged (R6)', () => {
    expect(outcome({ evaluatorIds: [], evaluatorWorkflowIds: ['w'] })).toMatchObject({ warnings: [] });
    expect(outcome({ evaluatorIds: ['a'], evaluatorWorkflowIds: [] })).toMatchObject({ warnings: [] });
    expect(outcome({ evaluatorIds: [], evaluatorSlugs: ['a'], evaluatorWorkflowIds: ['w'] })).toEqual({
      given: { evaluatorIds: [], evaluatorWorkflowIds: ['w'] },
      warnings: ['input.evaluatorSlugs EVALUATOR_SLUGS_IGNORED'],
    });
  });
});

describe('R8: experimentId repeats the id', () => {
  test('exactly', () => {
    expect(outcome({ experimentId: 'exp' }, { expectedId: 'exp' })).toEqual({ given: {}, warnings: [] });
    for (const experimentId of ['Exp', 'exp ', 'é']) {
      expect(outcome({ experimentId }, { expectedId: 'exp' })).toEqual({ issues: ['input.experimentId ID_MISMATCH'] });
    }
    expect(outcome({ experimentId: 'e\u0301' }, { expectedId: '\u00e9' })).toEqual({
      issues: ['input.experimentId ID_MISMATCH'],
    });
  });

  test('a create takes any', () => {
    expect(validateInput({ experimentId: 'exp' })).toMatchObject({ kind: 'checked', experimentId: 'exp', given: {} });
  });
});

describe('R12: repeated entries', () => {
  test('are kept once, in order, with a warning for each list', () => {
    expect(outcome({ evaluatorSlugs: ['b', 'a', 'b', 'A', 'a'] })).toEqual({
      given: { evaluatorIds: ['b', 'a', 'A'] },
      warnings: ['input.evaluatorSlugs DUPLICATES_REMOVED'],
    });
    expect(outcome({ evaluatorWorkflowIds: ['w', 'w'], evaluatorIds: [] })).toEqual({
      given: { evaluatorIds: [], evaluatorWorkflowIds: ['w'] },
      warnings: ['input.evaluatorWorkflowIds DUPLICATES_REMOVED'],
    });
  });

  test('are compared exactly: letters of another composition are another entry', () => {
    expect(outcome({ evaluatorIds: ['\u00e9', 'e\u0301'] })).toEqual({
      given: { evaluatorIds: ['\u00e9', 'e\u0301'] },
      warnings: [],
    });
  });

  test('count before they are removed (R10)', () => {
    expect(outcome({ evaluatorIds: Array.from({ length: 101 }, () => 'a') })).toEqual({
      issues: ['input.evaluatorIds TOO_MANY'],
    });
  });

  test('of tasks and tags stay', () => {
    expect(outcome({ workflow: [{}, {}], tags: [{ a: 1 }, { a: 1 }] })).toEqual({
      given: { workflow: [{}, {}], tags: [{ a: 1 }, { a: 1 }] },
      warnings: [],
    });
  });
});

describe('an update', () => {
  test('clears what may be empty with null', () => {
    const nulls = { description: null, datasetId: null, generationMethod: null, workflow: null, tags: null };
    const lists = { evaluatorIds: null, evaluatorWorkflowIds: null };
    expect(outcome({ ...nulls, ...lists }, { nullMeans: 'cleared' })).toEqual({
      given: { ...nulls, ...lists },
      warnings: [],
    });
    expect(outcome({ evaluatorSlugs: null }, { nullMeans: 'cleared' })).toEqual({
      given: { evaluatorIds: null },
      warnings: [],
    });
  });

  test('refuses null for what may not, all at once', () => {
    const fields = ['name', 'spanWorkflowName', 'enableTracing', 'batchSize', 'concurrency'];
    const input = Object.fromEntries(fields.map((field) => [field, null]));
    expect(outcome(input, { nullMeans: 'cleared' })).toEqual({
      issues: fields.map((field) => `input.${field} REQUIRED`),
    });
  });

  test('takes a list over a null under the other name (R6)', () => {
    const given = { given: { evaluatorIds: ['a'] }, warnings: [] };
    expect(outcome({ evaluatorIds: null, evaluatorSlugs: ['a'] }, { nullMeans: 'cleared' })).toEqual(given);
    expect(outcome({ evaluatorIds: ['a'], evaluatorSlugs: null }, { nullMeans: 'cleared' })).toEqual(given);
  });

  test('changes nothing when nothing is present', () => {
    expect(outcome({}, { nullMeans: 'cleared' })).toEqual({ given: {}, warnings: [] });
  });
});

test('R11: tasks are handed on as they are, exact text included', () => {
  const task = parseJson('{"z":1.0,"10":null,"2":{"b":[],"a":-0},"unknown":"x"}');
  const checked = validateInput({ workflow: [task], tags: [task] });
  if (checked.kind === 'invalid') throw new Error(checked.message);
  const lists = [checked.given.workflow, checked.given.tags] as JsonList<JsonObject>[];
  for (const { text, values } of lists) {
    expect(text).toBe('[{"z":1.0,"10":null,"2":{"b":[],"a":-0},"unknown":"x"}]');
    expect(values[0]).toBe(task);
  }
});
