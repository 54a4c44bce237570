import { describe, expect, test } from 'vitest';
import { validateInput } from '../../../src/domain/experiment/input.ts';
import { findUndocumentedSettings } from '../../../src/domain/experiment/task-warnings.ts';
import { parseJson } from '../../../src/domain/json/exact-json.ts';

/** The paths of the settings with a warning. The input is always accepted. */
function findWarnedPaths(...workflow: unknown[]): string[] {
  const checked = validateInput({ workflow });
  if (checked.kind === 'invalid') throw new Error(JSON.stringify(checked.issues));
  expect(checked.given.workflow?.values).toEqual(workflow);
  for (const { code, message } of checked.warnings) {
    expect(code).toBe('UNDOCUMENTED_SETTING');
    expect(message).toMatch(/^\w+: .+ (documented|whole number|JSON object).*\.$/);
  }
  return checked.warnings.map(({ path }) => path.join('.').replace('input.workflow.', ''));
}
const findWarned = (type: unknown, config: unknown) => findWarnedPaths({ type, config });

describe('R11: settings of known tasks', () => {
  test.each(['completion', 'prompt'])(
    'R11: the limits of the documented ranges of a %s task yield no warning',
    (type) => {
      const lowest = { temperature: 0, max_tokens: 1, top_p: 0, frequency_penalty: -2, presence_penalty: -2 };
      const highest = { temperature: 2, max_tokens: 1e9, top_p: 1, frequency_penalty: 2, presence_penalty: 2 };
      expect(findWarned(type, lowest)).toEqual([]);
      expect(findWarned(type, highest)).toEqual([]);
    },
  );

  test.each(['completion', 'prompt'])(
    'R11: each setting of a %s task outside its documented range yields a warning with its path',
    (type) => {
      const settings = ['temperature', 'max_tokens', 'top_p', 'frequency_penalty', 'presence_penalty'];
      const all = settings.map((name) => `0.config.${name}`);
      const below = { temperature: -0.1, max_tokens: 0, top_p: -0.1, frequency_penalty: -2.1, presence_penalty: -2.1 };
      const above = { temperature: 2.1, max_tokens: 1.5, top_p: 1.1, frequency_penalty: 2.1, presence_penalty: 2.1 };
      expect(findWarned(type, below)).toEqual(all);
      expect(findWarned(type, above)).toEqual(all);
      for (const wrong of ['0.5', true, [], {}]) {
        expect(findWarned(type, Object.fromEntries(settings.map((name) => [name, wrong])))).toEqual(all);
      }
    },
  );

  test('R11: custom tasks have documented settings, duplicate and condition tasks have none', () => {
    expect(findWarned('custom', { allow_submission: true, timeout_hours: 24 })).toEqual([]);
    expect(findWarned('custom', { allow_submission: 'yes', timeout_hours: 0 })).toEqual([
      '0.config.allow_submission',
      '0.config.timeout_hours',
    ]);
    expect(findWarned('duplicate', { temperature: 99 })).toEqual([]);
    expect(findWarned('condition', { temperature: 99 })).toEqual([]);
  });

  test('R11: a number too large for JavaScript is outside every range', () => {
    const task = parseJson('{"type":"prompt","config":{"temperature":1e400}}');
    expect(findWarnedPaths(task)).toEqual(['0.config.temperature']);
  });

  test('R11: each task is checked by its own type', () => {
    const config = { temperature: 9 };
    const types = ['prompt', 'unknown', 'completion'];
    expect(findWarnedPaths(...types.map((type) => ({ type, config })))).toEqual([
      '0.config.temperature',
      '2.config.temperature',
    ]);
  });
});

describe('R11: a config is never an error', () => {
  test.each(['completion', 'prompt', 'custom', 'duplicate', 'condition'])(
    'R11: a config of a wrong type in a %s task is only a warning',
    (type) => {
      for (const config of ['text', '', 5, 0, true, false, [], [{}]])
        expect(findWarned(type, config)).toEqual(['0.config']);
    },
  );

  test.each(['completion', 'prompt', 'custom', 'duplicate', 'condition'])(
    'R11: an absent, null or empty config or an unknown setting of a %s task yields no warning',
    (type) => {
      expect(findWarnedPaths({ type }, { type, config: null }, { type, config: {} })).toEqual([]);
      expect(
        findWarnedPaths({ type, config: { temperature: null, timeout_hours: null, unknown: { deep: [1] } } }),
      ).toEqual([]);
    },
  );

  test.each([null, 5, true, [], {}, ['prompt'], { type: 'prompt' }])(
    'R11: a task whose type is %j yields no warning',
    (type) => {
      expect(findWarned(type, { temperature: 99 })).toEqual([]);
    },
  );

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'Prompt', 'prompt ', ''])(
    'R11: a task of the unknown type "%s" yields no warning',
    (type) => {
      expect(findWarned(type, { temperature: 99 })).toEqual([]);
      expect(findWarned(type, 'text')).toEqual([]);
    },
  );

  test.each([
    '{"type":"prompt","config":{"__proto__":{"temperature":99},"constructor":1,"toString":null}}',
    '{"type":"prompt","__proto__":{"config":{"temperature":99}}}',
    '{"__proto__":{"type":"prompt"},"config":{"temperature":99}}',
    '{"__proto__":null}',
    '{}',
  ])('R11: keys such as __proto__ yield no warning: %s', (text) => {
    expect(findUndocumentedSettings(JSON.parse(text))).toEqual([]);
  });

  test('R11: a type or config under __proto__ is ignored', () => {
    expect(
      findWarnedPaths(parseJson('{"type":"prompt","config":{"1":2.0,"__proto__":{"top_p":5}},"__proto__":5}')),
    ).toEqual([]);
  });
});
