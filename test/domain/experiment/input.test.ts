import { describe, expect, test } from 'vitest';
import { type ValidInput, validateInput } from '../../../src/domain/experiment/input.ts';
import type { UncheckedInput } from '../../../src/domain/experiment/input-shapes.ts';
import { parseJson } from '../../../src/domain/json/exact-json.ts';

/** What is wrong with an input: `path code` of each issue, sorted. */
function issues(input: UncheckedInput, options?: Parameters<typeof validateInput>[1]): string[] {
  const result = validateInput(input, options);
  if (result.kind === 'checked') return [];
  return result.issues.map(({ path, code }) => `${path.join('.')} ${code}`).toSorted();
}

function given(input: UncheckedInput, options?: Parameters<typeof validateInput>[1]): ValidInput['given'] {
  const result = validateInput(input, options);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues));
  return result.given;
}

/** A task of so many levels, itself the first. */
function taskOfLevels(levels: number): unknown {
  return JSON.parse(`{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`);
}

const entries = (count: number) => Array.from({ length: count }, (_, index) => `entry-${index}`);

describe('R10: texts are counted in characters, not in UTF-16 units', () => {
  test.each([
    ['name', 255],
    ['spanWorkflowName', 255],
    ['generationMethod', 255],
    ['datasetId', 255],
    ['experimentId', 255],
    ['description', 10_000],
  ] as const)('%s takes %i characters and no more', (field, most) => {
    for (const character of ['a', 'é', '😀', '\u{10ffff}']) {
      expect(issues({ [field]: character.repeat(most) })).toEqual([]);
      expect(issues({ [field]: character.repeat(most + 1) })).toEqual([`input.${field} TOO_LONG`]);
    }
  });

  test.each(['name', 'spanWorkflowName', 'generationMethod', 'datasetId', 'experimentId'] as const)(
    '%s is not empty',
    (field) => {
      expect(issues({ [field]: 'x' })).toEqual([]);
      expect(issues({ [field]: '' })).toEqual([`input.${field} TOO_SHORT`]);
    },
  );

  test('a description may be empty', () => {
    expect(given({ description: '' })).toEqual({ description: '' });
  });

  test('a name is trimmed before it is judged (R5), and nothing else is', () => {
    expect(given({ name: `\u00a0\n ${'😀'.repeat(255)}\t ` })).toEqual({ name: '😀'.repeat(255) });
    expect(issues({ name: ' \n\u00a0\ufeff ' })).toEqual(['input.name TOO_SHORT']);
    expect(given({ spanWorkflowName: ' ', generationMethod: ' x ' })).toEqual({
      spanWorkflowName: ' ',
      generationMethod: ' x ',
    });
  });
});

describe('R10: numbers', () => {
  test.each([
    ['batchSize', 10_000],
    ['concurrency', 1_000],
  ] as const)('%s is 1 to %i', (field, most) => {
    expect(given({ [field]: 1 })).toEqual({ [field]: 1 });
    expect(given({ [field]: most })).toEqual({ [field]: most });
    expect(issues({ [field]: 0 })).toEqual([`input.${field} TOO_SMALL`]);
    expect(issues({ [field]: -1 })).toEqual([`input.${field} TOO_SMALL`]);
    expect(issues({ [field]: most + 1 })).toEqual([`input.${field} TOO_BIG`]);
  });

  test.each([1.5, '100', true, Number.NaN, Number.POSITIVE_INFINITY, [1], {}])('%j is not a whole number', (value) => {
    expect(issues({ batchSize: value })).toEqual(['input.batchSize INVALID_TYPE']);
  });
});

describe('R10: lists', () => {
  test.each(['evaluatorIds', 'evaluatorSlugs', 'evaluatorWorkflowIds'] as const)('%s: at most 100 ids', (field) => {
    expect(issues({ [field]: entries(100) })).toEqual([]);
    expect(issues({ [field]: entries(101) })).toEqual([`input.${field} TOO_MANY`]);
    expect(issues({ [field]: ['', 'x'.repeat(256), 'a\tb'] })).toEqual([
      `input.${field}.0 TOO_SHORT`,
      `input.${field}.1 TOO_LONG`,
      `input.${field}.2 INVALID_TEXT`,
    ]);
  });

  test.each(['workflow', 'tags'] as const)('%s: at most 100 objects', (field) => {
    const objects = (count: number) => Array.from({ length: count }, () => ({}));
    expect(issues({ [field]: objects(100) })).toEqual([]);
    expect(issues({ [field]: objects(101) })).toEqual([`input.${field} TOO_MANY`]);
  });
});

describe('R10: JSON', () => {
  test('a task has at most 32 levels', () => {
    expect(issues({ workflow: [taskOfLevels(32)] })).toEqual([]);
    expect(issues({ workflow: [{}, taskOfLevels(33)] })).toEqual(['input.workflow.1 TOO_DEEP']);
  });

  test('a task of 200,000 levels is an issue like any other', () => {
    const task = `{"n":1.0,"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(issues({ workflow: [parseJson(task)] })).toEqual(['input.workflow.0 TOO_DEEP']);
    expect(issues({ tags: [taskOfLevels(200_000)] })).toEqual(['input.tags.0 TOO_DEEP']);
  });

  test('a workflow has at most 1 MiB, in bytes of UTF-8', () => {
    const around = Buffer.byteLength('[{"a":""}]');
    const ofBytes = (bytes: number) => [{ a: `${'é'.repeat((bytes - around) >> 1)}${bytes % 2 ? 'x' : ''}` }];
    expect(Buffer.byteLength(JSON.stringify(ofBytes(1024 * 1024)))).toBe(1024 * 1024);
    expect(issues({ workflow: ofBytes(1024 * 1024) })).toEqual([]);
    expect(issues({ workflow: ofBytes(1024 * 1024 + 1) })).toEqual(['input.workflow TOO_LARGE']);
  });

  test('a workflow has at most 10,000 objects and arrays, itself among them', () => {
    const ofContainers = (count: number) => [{ a: Array.from({ length: count - 3 }, () => ({})) }];
    expect(issues({ workflow: ofContainers(10_000) })).toEqual([]);
    expect(issues({ workflow: ofContainers(10_001) })).toEqual(['input.workflow TOO_MANY']);
    expect(issues({ tags: ofContainers(10_001) })).toEqual(['input.tags TOO_MANY']);
  });

  test('white space around the tokens does not count, and long numbers do', () => {
    const spaces = ' '.repeat(1024 * 1024);
    expect(issues({ workflow: [parseJson(`{"a":${spaces}1.0}`)] })).toEqual([]);
    const digits = '1'.repeat(1024 * 1024);
    expect(issues({ workflow: [parseJson(`{"a":${digits}}`)] })).toEqual(['input.workflow TOO_LARGE']);
  });
});

describe('every issue is reported at once', () => {
  test('of all fields', () => {
    const input = {
      name: ' ',
      description: 5,
      datasetId: 'a\u0085b',
      workflow: [[], { ok: true }, 'text', null],
      evaluatorIds: ['', ...entries(100)],
      evaluatorWorkflowIds: 'flow',
      experimentId: 'other',
      spanWorkflowName: 's'.repeat(256),
      enableTracing: 'true',
      batchSize: 0,
      concurrency: 1_001,
      generationMethod: '\0',
      tags: {},
    };
    expect(issues(input, { expectedId: 'exp' })).toEqual([
      'input.batchSize TOO_SMALL',
      'input.concurrency TOO_BIG',
      'input.datasetId INVALID_TEXT',
      'input.description INVALID_TYPE',
      'input.enableTracing INVALID_TYPE',
      'input.evaluatorIds TOO_MANY',
      'input.evaluatorIds.0 TOO_SHORT',
      'input.evaluatorWorkflowIds INVALID_TYPE',
      'input.experimentId ID_MISMATCH',
      'input.generationMethod INVALID_TEXT',
      'input.name TOO_SHORT',
      'input.spanWorkflowName TOO_LONG',
      'input.tags INVALID_TYPE',
      'input.workflow.0 INVALID_TYPE',
      'input.workflow.2 INVALID_TYPE',
      'input.workflow.3 INVALID_TYPE',
    ]);
  });

  test('of one text', () => {
    expect(issues({ datasetId: `\0\u0001${'x'.repeat(254)}` })).toEqual([
      'input.datasetId INVALID_TEXT',
      'input.datasetId INVALID_TEXT',
      'input.datasetId TOO_LONG',
    ]);
  });

  test('of the tasks of one workflow, whatever their kind', () => {
    const tasks = [5, { a: '\0' }, taskOfLevels(33)];
    expect(issues({ workflow: tasks })).toEqual([
      'input.workflow.0 INVALID_TYPE',
      'input.workflow.1.a INVALID_TEXT',
      'input.workflow.2 TOO_DEEP',
    ]);
  });

  test('of one list, entries of a wrong type among them', () => {
    expect(issues({ evaluatorIds: [5, '', ...entries(100)] })).toEqual([
      'input.evaluatorIds TOO_MANY',
      'input.evaluatorIds.0 INVALID_TYPE',
      'input.evaluatorIds.1 TOO_SHORT',
    ]);
  });

  test('of evaluators that exclude each other, whatever else is wrong with them (R7)', () => {
    expect(issues({ evaluatorSlugs: [''], evaluatorWorkflowIds: ['flow'], batchSize: 0 })).toEqual([
      'input.batchSize TOO_SMALL',
      'input.evaluatorSlugs MUTUALLY_EXCLUSIVE',
      'input.evaluatorSlugs.0 TOO_SHORT',
      'input.evaluatorWorkflowIds MUTUALLY_EXCLUSIVE',
    ]);
  });

  test('of an experimentId that is neither an id nor the right one (R8)', () => {
    expect(issues({ experimentId: '' }, { expectedId: 'exp' })).toEqual([
      'input.experimentId ID_MISMATCH',
      'input.experimentId TOO_SHORT',
    ]);
  });

  test('of the id and the input together', () => {
    expect(issues({ batchSize: 0, experimentId: 'a\nb' }, { expectedId: 'a\nb' })).toEqual([
      'id INVALID_TEXT',
      'input.batchSize TOO_SMALL',
      'input.experimentId INVALID_TEXT',
    ]);
  });

  test.each<[string, UncheckedInput]>([
    ['ids', { evaluatorIds: Array.from({ length: 500_000 }, () => '') }],
    ['ids of a wrong type', { evaluatorSlugs: Array.from({ length: 500_000 }, () => 5) }],
    ['tasks', { workflow: Array.from({ length: 200_000 }, () => ({ a: '\0' })) }],
    ['tasks of a wrong type', { workflow: Array.from({ length: 500_000 }, () => 5) }],
    ['texts in one task', { tags: [{ a: Array.from({ length: 200_000 }, () => '\0') }] }],
  ])('but for those that no answer could hold: as many bad %s as a body of 2 MiB has', (_, input) => {
    const result = validateInput(input);
    expect(result.kind === 'invalid' && result.issues.length).toBe(50);
  });

  test('and the message names each field once', () => {
    expect(validateInput({ evaluatorIds: ['', ''], name: '' })).toMatchObject({
      kind: 'invalid',
      message: 'The input is not valid: input.name, input.evaluatorIds.',
    });
  });
});
