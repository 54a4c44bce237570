import { describe, expect, test } from 'vitest';
import { answerText, createCalls, listIssues } from '../support/gateway/calls.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

const text = (length: number) => 'x'.repeat(length);
const ids = (count: number) => Array.from({ length: count }, (_, index) => `id-${index}`);
const tasks = (count: number) => Array.from({ length: count }, (_, index) => ({ index }));

/** Builds a JSON object of `levels` levels, counting itself. */
function nestObject(levels: number): object {
  return levels === 1 ? {} : { deeper: nestObject(levels - 1) };
}

/** Builds a workflow of exactly `bytes` bytes of JSON, with three-byte characters where they fit. */
function buildWorkflow(bytes: number): object[] {
  const rest = bytes - JSON.stringify([{ text: '' }]).length;
  return [{ text: '€'.repeat(Math.floor(rest / 3)) + text(rest % 3) }];
}

/** The smallest and largest valid values of each field. */
const accepted: [field: string, what: string, value: unknown][] = [
  ['name', '1 character', 'x'],
  ['name', '255 characters', text(255)],
  ['description', 'an empty text', ''],
  ['description', '10,000 characters', text(10_000)],
  ['description', '10,000 characters beyond the basic plane', '😀'.repeat(10_000)],
  ['spanWorkflowName', '1 character', 'x'],
  ['spanWorkflowName', '255 characters', text(255)],
  ['generationMethod', '1 character', 'x'],
  ['generationMethod', '255 characters', text(255)],
  ['datasetId', '1 character', 'x'],
  ['datasetId', '255 characters', text(255)],
  ['batchSize', '1', 1],
  ['batchSize', '10,000', 10_000],
  ['concurrency', '1', 1],
  ['concurrency', '1,000', 1_000],
  ['evaluatorIds', '100 entries', ids(100)],
  ['evaluatorIds', 'an entry of 255 characters', [text(255)]],
  ['evaluatorWorkflowIds', '100 entries', ids(100)],
  ['workflow', '100 tasks', tasks(100)],
  ['workflow', '1 MiB of JSON', buildWorkflow(1024 * 1024)],
  ['workflow', '32 levels', [nestObject(32)]],
];

/** Values just out of bounds, with the path below the input and the code of the issue. */
const refused: [field: string, what: string, value: unknown, path: string[], code: string][] = [
  ['description', '10,001 characters', text(10_001), [], 'TOO_LONG'],
  ['spanWorkflowName', 'an empty text', '', [], 'TOO_SHORT'],
  ['spanWorkflowName', '256 characters', text(256), [], 'TOO_LONG'],
  ['generationMethod', 'an empty text', '', [], 'TOO_SHORT'],
  ['generationMethod', '256 characters', text(256), [], 'TOO_LONG'],
  ['datasetId', 'an empty text', '', [], 'TOO_SHORT'],
  ['datasetId', '256 characters', text(256), [], 'TOO_LONG'],
  ['datasetId', 'a line break', 'a\nb', [], 'INVALID_TEXT'],
  ['datasetId', 'a C1 control character', 'a\u0085b', [], 'INVALID_TEXT'],
  ['datasetId', 'a delete character', 'a\u007fb', [], 'INVALID_TEXT'],
  ['batchSize', '0', 0, [], 'TOO_SMALL'],
  ['batchSize', 'a negative number', -1, [], 'TOO_SMALL'],
  ['batchSize', '10,001', 10_001, [], 'TOO_BIG'],
  ['concurrency', '0', 0, [], 'TOO_SMALL'],
  ['concurrency', '1,001', 1_001, [], 'TOO_BIG'],
  ['evaluatorIds', '101 entries', ids(101), [], 'TOO_MANY'],
  ['evaluatorIds', '101 equal entries', Array(101).fill('a'), [], 'TOO_MANY'],
  ['evaluatorIds', 'an empty entry', ['a', ''], ['1'], 'TOO_SHORT'],
  ['evaluatorIds', 'an entry of 256 characters', [text(256)], ['0'], 'TOO_LONG'],
  ['evaluatorIds', 'an entry with a tab', ['a', 'b', 'c\t'], ['2'], 'INVALID_TEXT'],
  ['evaluatorSlugs', '101 entries', ids(101), [], 'TOO_MANY'],
  ['evaluatorSlugs', 'an empty entry', [''], ['0'], 'TOO_SHORT'],
  ['evaluatorWorkflowIds', '101 entries', ids(101), [], 'TOO_MANY'],
  ['evaluatorWorkflowIds', 'an empty entry', [''], ['0'], 'TOO_SHORT'],
  ['workflow', '101 tasks', tasks(101), [], 'TOO_MANY'],
  ['workflow', '1 MiB and a byte of JSON', buildWorkflow(1024 * 1024 + 1), [], 'TOO_LARGE'],
  ['workflow', '33 levels', [{}, nestObject(33)], ['1'], 'TOO_DEEP'],
  ['workflow', '33 levels of lists', [{ list: JSON.parse('['.repeat(32) + ']'.repeat(32)) }], ['0'], 'TOO_DEEP'],
];

describe('bounds', () => {
  test.each(accepted)('R10: %s accepts %s', async (field, _what, value) => {
    const calls = createCalls(await createTestGateway());
    await calls.created({ experimentId: 'a' });
    const { experiment } = await calls.replace({ id: 'a', input: { [field]: value } });
    expect(experiment[field]).toEqual(value);
    expect((await calls.stored('a'))[field]).toEqual(value);
  });

  test.each(refused)('R10: %s refuses %s', async (field, _what, value, path, code) => {
    const calls = createCalls(await createTestGateway());
    await calls.created({ experimentId: 'a' });
    const result = await calls.writingNothing(() => calls.replace({ id: 'a', input: { [field]: value } }));
    expect(result).toMatchObject({ __typename: 'ValidationError', code: 'BAD_USER_INPUT', status: 400 });
    expect(result.issues).toEqual([{ path: ['input', field, ...path], code, message: expect.any(String) }]);
  });

  test('R10: a repeated key cannot hide a value that is too deep', async () => {
    const gateway = await createTestGateway();
    const deep = '['.repeat(60) + ']'.repeat(60);
    const variables = `{"input":{"experimentId":"a","workflow":[{"a":${deep},"a":1.0}]}}`;
    await answerText(gateway, `{"query":${JSON.stringify(mutations.create)},"variables":${variables}}`);
    const query = '{ experiments { edges { node { id workflow revisions { edges { node { workflow } } } } } } }';
    expect(await answerText(gateway, { query })).not.toContain('['.repeat(33));
  });

  test('R10: white space between the tokens of a workflow does not count', async () => {
    const gateway = await createTestGateway();
    await createCalls(gateway).created({ experimentId: 'a' });
    const workflow = JSON.stringify(buildWorkflow(1024 * 1024)).replace(':', `${' '.repeat(1000)}:`);
    const variables = `{"id":"a","input":{"workflow":${workflow}}}`;
    const answer = await answerText(gateway, `{"query":${JSON.stringify(mutations.replace)},"variables":${variables}}`);
    expect(JSON.parse(answer).data.result.__typename).toBe('ReplaceExperimentSuccess');
  });
});

describe('inputs with many issues', () => {
  const input = {
    name: ' ',
    description: text(10_001),
    datasetId: 'a\u0001',
    workflow: [{}, nestObject(33), { text: '\0' }],
    evaluatorIds: ['', 'a', text(256)],
    evaluatorWorkflowIds: ids(101),
    experimentId: 'another',
    spanWorkflowName: '',
    batchSize: 0,
    concurrency: 5_000,
    generationMethod: '',
  };
  const issues = [
    'input.batchSize TOO_SMALL',
    'input.concurrency TOO_BIG',
    'input.datasetId INVALID_TEXT',
    'input.description TOO_LONG',
    'input.evaluatorIds MUTUALLY_EXCLUSIVE',
    'input.evaluatorIds.0 TOO_SHORT',
    'input.evaluatorIds.2 TOO_LONG',
    'input.evaluatorWorkflowIds MUTUALLY_EXCLUSIVE',
    'input.evaluatorWorkflowIds TOO_MANY',
    'input.experimentId ID_MISMATCH',
    'input.generationMethod TOO_SHORT',
    'input.name TOO_SHORT',
    'input.spanWorkflowName TOO_SHORT',
    'input.workflow.1 TOO_DEEP',
    'input.workflow.2.text INVALID_TEXT',
  ];

  test('R10: every issue of an input is reported at once', async () => {
    const calls = createCalls(await createTestGateway());
    await calls.created({ experimentId: 'a' });
    const result = await calls.writingNothing(() => calls.replace({ id: 'a', input }));
    expect(listIssues(result)).toEqual(issues);
  });

  test('R10: issues of the id and of the input are reported together', async () => {
    const calls = createCalls(await createTestGateway());
    const result = await calls.replace({ id: `a\n${text(256)}`, input });
    expect(listIssues(result)).toEqual(['id INVALID_TEXT', 'id TOO_LONG', ...issues]);
  });

  test.each(['', text(256), 'a\tb', 'a\u009fb'])('R10: the invalid id %j is refused', async (id) => {
    const calls = createCalls(await createTestGateway());
    const result = await calls.replace({ id, input: {} });
    expect(result).toMatchObject({ __typename: 'ValidationError', issues: [{ path: ['id'] }] });
  });
});

describe('experimentId', () => {
  test('R8: an experimentId that equals the id changes nothing', async () => {
    const calls = createCalls(await createTestGateway());
    const before = await calls.created({ experimentId: 'a', name: 'A' });
    const result = await calls.replace({ id: 'a', input: { experimentId: 'a' } });
    expect(result).toEqual({ __typename: 'ReplaceExperimentSuccess', experiment: before, changes: [], warnings: [] });
  });

  test.each([
    ['another id', 'b'],
    ['the id of an experiment that exists', 'other'],
    ['the id in another case', 'A'],
    ['the id with a trailing space', 'a '],
  ])('R8: %s as experimentId is refused and renames nothing', async (_case, experimentId) => {
    const calls = createCalls(await createTestGateway());
    await calls.created({ experimentId: 'a' });
    await calls.created({ experimentId: 'other' });
    const input = { experimentId, name: 'New' };
    const { issues } = await calls.writingNothing(() => calls.replace({ id: 'a', input }));
    expect(issues).toEqual([{ path: ['input', 'experimentId'], code: 'ID_MISMATCH', message: expect.any(String) }]);
  });
});
