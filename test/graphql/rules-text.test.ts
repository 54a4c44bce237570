import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, listIssues } from '../support/gateway/calls.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

const unstorable = [
  ['NUL', 'a\0b'],
  ['a lone high surrogate', 'a\ud800b'],
  ['a lone low surrogate', 'a\udc00'],
  ['surrogates in the wrong order', '\udc00\ud800'],
] as const;

/** Every place of a replace that accepts text, with the path of its issue. */
const places: [place: string, input: (text: string) => object, path: string[]][] = [
  ['name', (text) => ({ name: text }), ['name']],
  ['description', (text) => ({ description: text }), ['description']],
  ['datasetId', (text) => ({ datasetId: text }), ['datasetId']],
  ['spanWorkflowName', (text) => ({ spanWorkflowName: text }), ['spanWorkflowName']],
  ['generationMethod', (text) => ({ generationMethod: text }), ['generationMethod']],
  ['evaluatorIds', (text) => ({ evaluatorIds: ['a', text] }), ['evaluatorIds', '1']],
  ['evaluatorSlugs', (text) => ({ evaluatorSlugs: [text] }), ['evaluatorSlugs', '0']],
  ['evaluatorWorkflowIds', (text) => ({ evaluatorWorkflowIds: [text] }), ['evaluatorWorkflowIds', '0']],
  ['a value in a task', (text) => ({ workflow: [{}, { a: [1, text] }] }), ['workflow', '1', 'a', '1']],
  ['a key in a task', (text) => ({ workflow: [{ a: { [text]: 1 } }] }), ['workflow', '0', 'a']],
  [
    'a value beside a long number',
    (text) => ({ workflow: [{ n: 12345678.12345678, t: text }] }),
    ['workflow', '0', 't'],
  ],
];

describe.each(unstorable)('R16: text with %s', (what, text) => {
  test.each(places)(`R16: ${what} in %s is an issue, and nothing is written`, async (_place, input, path) => {
    const calls = createCalls(await createTestGateway());
    await calls.created(fullInput);
    const result = await calls.writingNothing(() => calls.replace({ id: 'exp-full', input: input(text) }));
    expect(result).toMatchObject({ __typename: 'ValidationError', code: 'BAD_USER_INPUT', status: 400 });
    expect(result.issues).toEqual([
      { path: ['input', ...path], code: 'INVALID_TEXT', message: expect.stringMatching(/NUL/) },
    ]);
  });

  test(`R16: ${what} in experimentId or the id is an issue`, async () => {
    const calls = createCalls(await createTestGateway());
    const result = await calls.replace({ id: text, input: { experimentId: text } });
    expect(listIssues(result)).toEqual(['id INVALID_TEXT', 'input.experimentId INVALID_TEXT']);
  });

  test(`R16: ${what} in the tags or the id of a new experiment is an issue`, async () => {
    const calls = createCalls(await createTestGateway());
    const input = { experimentId: text, tags: [{ [text]: 1 }, { a: text }] };
    const result = await calls.writingNothing(() => calls.create({ input }));
    expect(listIssues(result)).toEqual([
      'input.experimentId INVALID_TEXT',
      'input.tags.0 INVALID_TEXT',
      'input.tags.1.a INVALID_TEXT',
    ]);
  });

  test(`R16: an id with ${what} matches no experiment in a query`, async () => {
    const gateway = await createTestGateway();
    const query = 'query ($id: ID!) { experiment(id: $id) { id } node(id: $id) { id } }';
    expect(await gateway.data(query, { id: text })).toEqual({ experiment: null, node: null });
  });
});

test('R16: all other text is stored exactly', async () => {
  const calls = createCalls(await createTestGateway());
  await calls.created({ experimentId: 'a' });
  const text = '\u0001\u007f\ufeff\uffff \u202e 😀 e\u0301 é \\u0000 \r\n\'"--;%_${}';
  const input = {
    name: `x${text}x`,
    description: ` ${text} `,
    spanWorkflowName: ` ${text} `,
    generationMethod: ` ${text} `,
    workflow: [{ [text]: text }],
    evaluatorIds: [" 'quoted' -- ", '😀', 'e\u0301', 'é'],
    datasetId: ' " ',
  };
  expect(await calls.replace({ id: 'a', input })).toMatchObject({ experiment: input, warnings: [] });
  expect(await calls.stored('a')).toMatchObject(input);
});
