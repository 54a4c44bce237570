import { describe, expect, test } from 'vitest';
import { validateInput } from '../../../src/domain/experiment/input.ts';
import { findUndocumentedSettings } from '../../../src/domain/experiment/task-warnings.ts';
import { parseJson } from '../../../src/domain/json/exact-json.ts';

/** The settings of tasks that yield a warning, as paths; the input is accepted whatever it holds. */
function findWarnedPaths(...workflow: unknown[]): string[] {
  const checked = validateInput({ workflow });
  if (checked.kind === 'invalid') throw new Error(JSON.stringify(checked.issues));
  expect(checked.given.workflow?.values).toEqual(workflow);
  for (const { code, message } of checked.warnings) {
    expect(code).toBe('UNDOCUMENTED_SETTING');
    expect(message).toMatch(/^Outside the documented config of an? \w+ task: .+\.$/);
  }
  return checked.warnings.map(({ path }) => path.join('.').replace('input.workflow.', ''));
}
const warned = (type: unknown, config: unknown) => findWarnedPaths({ type, config });

describe('R11: settings of known tasks', () => {
  test.each(['completion', 'prompt'])('%s: the edges of the documented ranges are inside them', (type) => {
    const lowest = { temperature: 0, max_tokens: 1, top_p: 0, frequency_penalty: -2, presence_penalty: -2 };
    const highest = { temperature: 2, max_tokens: 1e9, top_p: 1, frequency_penalty: 2, presence_penalty: 2 };
    expect(warned(type, lowest)).toEqual([]);
    expect(warned(type, highest)).toEqual([]);
  });

  test.each(['completion', 'prompt'])('%s: what is beyond them is warned of, each setting by its path', (type) => {
    const settings = ['temperature', 'max_tokens', 'top_p', 'frequency_penalty', 'presence_penalty'];
    const all = settings.map((name) => `0.config.${name}`);
    const below = { temperature: -0.1, max_tokens: 0, top_p: -0.1, frequency_penalty: -2.1, presence_penalty: -2.1 };
    const above = { temperature: 2.1, max_tokens: 1.5, top_p: 1.1, frequency_penalty: 2.1, presence_penalty: 2.1 };
    expect(warned(type, below)).toEqual(all);
    expect(warned(type, above)).toEqual(all);
    for (const wrong of ['0.5', true, [], {}]) {
      expect(warned(type, Object.fromEntries(settings.map((name) => [name, wrong])))).toEqual(all);
    }
  });

  test('of other types', () => {
    expect(warned('custom', { allow_submission: true, timeout_hours: 24 })).toEqual([]);
    expect(warned('custom', { allow_submission: 'yes', timeout_hours: 0 })).toEqual([
      '0.config.allow_submission',
      '0.config.timeout_hours',
    ]);
    expect(warned('duplicate', { temperature: 99 })).toEqual([]);
    expect(warned('condition', { temperature: 99 })).toEqual([]);
  });

  test('a number too large for JavaScript is outside, and stays as it is', () => {
    const task = parseJson('{"type":"prompt","config":{"temperature":1e400}}');
    expect(findWarnedPaths(task)).toEqual(['0.config.temperature']);
  });

  test('each task is judged by its own type', () => {
    const config = { temperature: 9 };
    const types = ['prompt', 'unknown', 'completion'];
    expect(findWarnedPaths(...types.map((type) => ({ type, config })))).toEqual([
      '0.config.temperature',
      '2.config.temperature',
    ]);
  });
});

describe('R11: a config is never an error', () => {
  test.each(['completion', 'prompt', 'custom', 'duplicate', 'condition'])('%s: of a wrong type', (type) => {
    for (const config of ['text', '', 5, 0, true, false, [], [{}]]) expect(warned(type, config)).toEqual(['0.config']);
  });

  test.each(['completion', 'prompt', 'custom', 'duplicate', 'condition'])(
    '%s: absent, null, empty, unknown',
    (type) => {
      expect(findWarnedPaths({ type }, { type, config: null }, { type, config: {} })).toEqual([]);
      expect(
        findWarnedPaths({ type, config: { temperature: null, timeout_hours: null, unknown: { deep: [1] } } }),
      ).toEqual([]);
    },
  );

  test.each([null, 5, true, [], {}, ['prompt'], { type: 'prompt' }])('a type that is %j', (type) => {
    expect(warned(type, { temperature: 99 })).toEqual([]);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'Prompt', 'prompt ', ''])(
    'a type that is "%s"',
    (type) => {
      expect(warned(type, { temperature: 99 })).toEqual([]);
      expect(warned(type, 'text')).toEqual([]);
    },
  );

  test.each([
    '{"type":"prompt","config":{"__proto__":{"temperature":99},"constructor":1,"toString":null}}',
    '{"type":"prompt","__proto__":{"config":{"temperature":99}}}',
    '{"__proto__":{"type":"prompt"},"config":{"temperature":99}}',
    '{"__proto__":null}',
    '{}',
  ])('keys that mean something to JavaScript: %s', (text) => {
    expect(findUndocumentedSettings(JSON.parse(text))).toEqual([]);
  });

  test('an inherited type or config does not count', () => {
    expect(
      findWarnedPaths(parseJson('{"type":"prompt","config":{"1":2.0,"__proto__":{"top_p":5}},"__proto__":5}')),
    ).toEqual([]);
  });
});
