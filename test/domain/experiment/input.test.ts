import { describe, expect, test } from 'vitest';
import { type ValidInput, validateInput } from '../../../src/domain/experiment/input.ts';
import type { UncheckedInput } from '../../../src/domain/experiment/input-shapes.ts';
import { parseJson } from '../../../src/domain/json/exact-json.ts';

/** The issues of an input, each as `path code`, sorted. */
function findIssues(input: UncheckedInput, options?: Parameters<typeof validateInput>[1]): string[] {
  const result = validateInput(input, options);
  if (result.kind === 'checked') return [];
  return result.issues.map(({ path, code }) => `${path.join('.')} ${code}`).toSorted();
}

function readGiven(input: UncheckedInput, options?: Parameters<typeof validateInput>[1]): ValidInput['given'] {
  const result = validateInput(input, options);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues));
  return result.given;
}

/** A task of `levels` levels, counting itself. */
function taskOfLevels(levels: number): unknown {
  return JSON.parse(`{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`);
}

const entries = (count: number) => Array.from({ length: count }, (_, index) => `entry-${index}`);

describe('R10: texts', () => {
  test.each([
    ['name', 255],
    ['spanWorkflowName', 255],
    ['generationMethod', 255],
    ['datasetId', 255],
    ['experimentId', 255],
    ['description', 10_000],
  ] as const)('R10: %s has at most %i characters, counted as code points', (field, most) => {
    for (const character of ['a', 'é', '😀', '\u{10ffff}']) {
      expect(findIssues({ [field]: character.repeat(most) })).toEqual([]);
      expect(findIssues({ [field]: character.repeat(most + 1) })).toEqual([`input.${field} TOO_LONG`]);
    }
  });

  test.each(['name', 'spanWorkflowName', 'generationMethod', 'datasetId', 'experimentId'] as const)(
    'R10: %s must not be empty',
    (field) => {
      expect(findIssues({ [field]: 'x' })).toEqual([]);
      expect(findIssues({ [field]: '' })).toEqual([`input.${field} TOO_SHORT`]);
    },
  );

  test('R10: a description may be empty', () => {
    expect(readGiven({ description: '' })).toEqual({ description: '' });
  });

  test('R5: only a name is trimmed, before it is validated', () => {
    expect(readGiven({ name: `\u00a0\n ${'😀'.repeat(255)}\t ` })).toEqual({ name: '😀'.repeat(255) });
    expect(findIssues({ name: ' \n\u00a0\ufeff ' })).toEqual(['input.name TOO_SHORT']);
    expect(readGiven({ spanWorkflowName: ' ', generationMethod: ' x ' })).toEqual({
      spanWorkflowName: ' ',
      generationMethod: ' x ',
    });
  });
});

describe('R10: numbers', () => {
  test.each([
    ['batchSize', 10_000],
    ['concurrency', 1_000],
  ] as const)('R10: %s is 1 to %i', (field, most) => {
    expect(readGiven({ [field]: 1 })).toEqual({ [field]: 1 });
    expect(readGiven({ [field]: most })).toEqual({ [field]: most });
    expect(findIssues({ [field]: 0 })).toEqual([`input.${field} TOO_SMALL`]);
    expect(findIssues({ [field]: -1 })).toEqual([`input.${field} TOO_SMALL`]);
    expect(findIssues({ [field]: most + 1 })).toEqual([`input.${field} TOO_BIG`]);
  });

  test.each([1.5, '100', true, Number.NaN, Number.POSITIVE_INFINITY, [1], {}])(
    'R10: %j is not a whole number',
    (value) => {
      expect(findIssues({ batchSize: value })).toEqual(['input.batchSize INVALID_TYPE']);
    },
  );
});

describe('R10: lists', () => {
  test.each(['evaluatorIds', 'evaluatorSlugs', 'evaluatorWorkflowIds'] as const)(
    'R10: %s has at most 100 ids',
    (field) => {
      expect(findIssues({ [field]: entries(100) })).toEqual([]);
      expect(findIssues({ [field]: entries(101) })).toEqual([`input.${field} TOO_MANY`]);
      expect(findIssues({ [field]: ['', 'x'.repeat(256), 'a\tb'] })).toEqual([
        `input.${field}.0 TOO_SHORT`,
        `input.${field}.1 TOO_LONG`,
        `input.${field}.2 INVALID_TEXT`,
      ]);
    },
  );

  test.each(['workflow', 'tags'] as const)('R10: %s has at most 100 objects', (field) => {
    const objects = (count: number) => Array.from({ length: count }, () => ({}));
    expect(findIssues({ [field]: objects(100) })).toEqual([]);
    expect(findIssues({ [field]: objects(101) })).toEqual([`input.${field} TOO_MANY`]);
  });
});

describe('R10: JSON', () => {
  test('R10: a task has at most 32 levels', () => {
    expect(findIssues({ workflow: [taskOfLevels(32)] })).toEqual([]);
    expect(findIssues({ workflow: [{}, taskOfLevels(33)] })).toEqual(['input.workflow.1 TOO_DEEP']);
  });

  test('R10: a task of 200,000 levels is an ordinary issue', () => {
    const task = `{"n":1.0,"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(findIssues({ workflow: [parseJson(task)] })).toEqual(['input.workflow.0 TOO_DEEP']);
    expect(findIssues({ tags: [taskOfLevels(200_000)] })).toEqual(['input.tags.0 TOO_DEEP']);
  });

  test('R10: a workflow has at most 1 MiB in UTF-8', () => {
    const around = Buffer.byteLength('[{"a":""}]');
    const ofBytes = (bytes: number) => [{ a: `${'é'.repeat((bytes - around) >> 1)}${bytes % 2 ? 'x' : ''}` }];
    expect(Buffer.byteLength(JSON.stringify(ofBytes(1024 * 1024)))).toBe(1024 * 1024);
    expect(findIssues({ workflow: ofBytes(1024 * 1024) })).toEqual([]);
    expect(findIssues({ workflow: ofBytes(1024 * 1024 + 1) })).toEqual(['input.workflow TOO_LARGE']);
  });

  test('R10: a workflow has at most 10,000 objects and arrays, counting itself', () => {
    const ofContainers = (count: number) => [{ a: Array.from({ length: count - 3 }, () => ({})) }];
    expect(findIssues({ workflow: ofContainers(10_000) })).toEqual([]);
    expect(findIssues({ workflow: ofContainers(10_001) })).toEqual(['input.workflow TOO_MANY']);
    expect(findIssues({ tags: ofContainers(10_001) })).toEqual(['input.tags TOO_MANY']);
  });

  test('R10: the size of a workflow includes long numbers but not white space', () => {
    const spaces = ' '.repeat(1024 * 1024);
    expect(findIssues({ workflow: [parseJson(`{"a":${spaces}1.0}`)] })).toEqual([]);
    const digits = '1'.repeat(1024 * 1024);
    expect(findIssues({ workflow: [parseJson(`{"a":${digits}}`)] })).toEqual(['input.workflow TOO_LARGE']);
  });
});

describe('R10: issues are reported at once', () => {
  test('R10: the issues of all fields are reported at once', () => {
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
    expect(findIssues(input, { expectedId: 'exp' })).toEqual([
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

  test('R10: all issues of one text are reported', () => {
    expect(findIssues({ datasetId: `\0\u0001${'x'.repeat(254)}` })).toEqual([
      'input.datasetId INVALID_TEXT',
      'input.datasetId INVALID_TEXT',
      'input.datasetId TOO_LONG',
    ]);
  });

  test('R10: different issues of the tasks of one workflow are all reported', () => {
    const tasks = [5, { a: '\0' }, taskOfLevels(33)];
    expect(findIssues({ workflow: tasks })).toEqual([
      'input.workflow.0 INVALID_TYPE',
      'input.workflow.1.a INVALID_TEXT',
      'input.workflow.2 TOO_DEEP',
    ]);
  });

  test('R10: all issues of one list are reported, entries of a wrong type included', () => {
    expect(findIssues({ evaluatorIds: [5, '', ...entries(100)] })).toEqual([
      'input.evaluatorIds TOO_MANY',
      'input.evaluatorIds.0 INVALID_TYPE',
      'input.evaluatorIds.1 TOO_SHORT',
    ]);
  });

  test('R7: evaluators that exclude each other are reported beside other issues', () => {
    expect(findIssues({ evaluatorSlugs: [''], evaluatorWorkflowIds: ['flow'], batchSize: 0 })).toEqual([
      'input.batchSize TOO_SMALL',
      'input.evaluatorSlugs MUTUALLY_EXCLUSIVE',
      'input.evaluatorSlugs.0 TOO_SHORT',
      'input.evaluatorWorkflowIds MUTUALLY_EXCLUSIVE',
    ]);
  });

  test('R8: an experimentId that is invalid and does not match has both issues', () => {
    expect(findIssues({ experimentId: '' }, { expectedId: 'exp' })).toEqual([
      'input.experimentId ID_MISMATCH',
      'input.experimentId TOO_SHORT',
    ]);
  });

  test('R10: issues of the id and of the input are reported together', () => {
    expect(findIssues({ batchSize: 0, experimentId: 'a\nb' }, { expectedId: 'a\nb' })).toEqual([
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
  ])('R10: at most 50 issues are reported for a body of 2 MiB full of invalid %s', (_, input) => {
    const result = validateInput(input);
    expect(result.kind === 'invalid' && result.issues.length).toBe(50);
  });

  test('the message of a validation error names each field once', () => {
    expect(validateInput({ evaluatorIds: ['', ''], name: '' })).toMatchObject({
      kind: 'invalid',
      message: 'The input is not valid: input.name, input.evaluatorIds.',
    });
  });
});
