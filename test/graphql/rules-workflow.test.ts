import { describe, expect, test } from 'vitest';
import { answerText, createCalls } from '../support/gateway/calls.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

/** JSON that is easily changed in transit: order, digits, keys, characters. */
const texts = [
  '{"type":"custom","config":{"b":1,"a":{"d":null,"c":[true,false]}},"unknown":{"z":1,"a":2}}',
  '{"10":"ten","9":"nine","b":1,"1":"one","a":{"2":0,"1":0}}',
  '{"n":[1.0,12345678901234567890,0.10,1e2,1E+2,-0,0.1e-7,123456789.123456789123,-1.50]}',
  '{"huge":1e400,"tiny":1e-400}',
  '{"text":"é e\u0301 😀 \u2028 \\u0001 \\n \\" \\\\ /"}',
  '{"__proto__":{"a":1},"constructor":1,"toString":{},"hasOwnProperty":null}',
  '{"":"","a b":1,"a.b":2,"$ref":"#"}',
  '{"type":7,"config":"text"}',
  '{}',
];

const replaceText = (workflow: string) =>
  `{"query":${JSON.stringify(mutations.replace)},"variables":{"id":"a","input":{"workflow":${workflow}}}}`;

describe('tasks in variables', () => {
  const read = { query: '{ experiment(id: "a") { workflow revisions { edges { node { workflow } } } } }' };

  test.each(texts)('R11: the task %s is returned as it was sent', async (task) => {
    const gateway = await createTestGateway();
    await createCalls(gateway).created({ experimentId: 'a' });
    const workflow = `[${task},{"second":1}]`;
    const written = await answerText(gateway, replaceText(workflow));
    expect(written).toContain('"ReplaceExperimentSuccess"');
    expect(written).toContain(`"workflow":${workflow},`);
    expect(written).toContain(`"after":${workflow},`);
    const answer = await answerText(gateway, read);
    expect(answer).toContain(`"experiment":{"workflow":${workflow},`);
    expect(answer).toContain(`"edges":[{"node":{"workflow":${workflow}}}`);
  });

  test('R11: a workflow that is identical to the last digit is no change', async () => {
    const gateway = await createTestGateway();
    await createCalls(gateway).created({ experimentId: 'a' });
    await answerText(gateway, replaceText('[{"b":1.0,"a":[2]}]'));
    const same = JSON.parse(await answerText(gateway, replaceText('[ {"b" : 1.0,\n"a": [ 2 ]} ]')));
    expect(same.data.result).toMatchObject({ experiment: { revision: 2 }, changes: [] });
    const other = JSON.parse(await answerText(gateway, replaceText('[{"a":[2],"b":1.0}]')));
    expect(other.data.result).toMatchObject({ experiment: { revision: 3 }, changes: [{ field: 'workflow' }] });
  });
});

describe('tasks in literals', () => {
  async function createAndRead(gateway: TestGateway, literal: string, variables?: object) {
    const definition = variables ? '($given: JSON)' : '';
    const query = `mutation ${definition} { createExperiment(input: { experimentId: "a", workflow: ${literal}, tags: ${literal} }) { __typename } }`;
    expect(await answerText(gateway, { query, variables })).toBe(
      '{"data":{"createExperiment":{"__typename":"CreateExperimentSuccess"}}}',
    );
    return answerText(gateway, { query: '{ experiment(id: "a") { workflow tags } }' });
  }
  const holding = (json: string) => `{"data":{"experiment":{"workflow":${json},"tags":${json}}}}`;

  test.each([
    ['[{ b: 1, a: { d: 2, c: [3, null, true] } }]', '[{"b":1,"a":{"d":2,"c":[3,null,true]}}]'],
    [
      '[{ n: [1.0, 12345678901234567890, 0.10, 1e2, -0, 1.50] }]',
      '[{"n":[1.0,12345678901234567890,0.10,1e2,-0,1.50]}]',
    ],
    [
      '[{ text: "a\\u00e9\\n\\"", block: """"quoted" text""", word: custom }]',
      '[{"text":"aé\\n\\"","block":"\\"quoted\\" text","word":"custom"}]',
    ],
    ['{ single: {} }', '[{"single":{}}]'],
    ['[]', '[]'],
  ])('R11: the literal %s keeps its numbers and its order', async (literal, json) => {
    expect(await createAndRead(await createTestGateway(), literal)).toBe(holding(json));
  });

  test('R11: a variable inside a literal is stored as it was sent', async () => {
    const gateway = await createTestGateway();
    const answer = await createAndRead(gateway, '[{ b: $given, a: 1.0 }]', { given: { z: 1, a: [2] } });
    expect(answer).toBe(holding('[{"b":{"z":1,"a":[2]},"a":1.0}]'));
  });

  test.each(['["text"]', '[[]]', '[5]', '[null]', '"text"'])('R11: %s is refused as a workflow', async (workflow) => {
    const gateway = await createTestGateway();
    const create = (input: string, definition = '') => ({
      query: `mutation ${definition} { createExperiment(input: { experimentId: "a", workflow: ${input} }) { __typename } }`,
    });
    const literal = await answerText(gateway, create(workflow));
    const variables = { workflow: JSON.parse(workflow) };
    const variable = await answerText(gateway, { ...create('$workflow', '($workflow: [JSONObject!])'), variables });
    const refusal = { errors: [{ extensions: { code: 'BAD_USER_INPUT', status: 400 } }] };
    expect(JSON.parse(literal)).toMatchObject(refusal);
    expect(JSON.parse(variable)).toMatchObject(refusal);
    expect(await createCalls(gateway).stored('a')).toBeNull();
  });
});

describe('known task types', () => {
  const outside: [type: string, config: object, setting: string][] = [
    ['completion', { temperature: 2.5 }, 'temperature'],
    ['completion', { temperature: 'hot' }, 'temperature'],
    ['completion', { max_tokens: 0 }, 'max_tokens'],
    ['prompt', { top_p: 1.5 }, 'top_p'],
    ['prompt', { frequency_penalty: -3 }, 'frequency_penalty'],
    ['prompt', { presence_penalty: 3 }, 'presence_penalty'],
    ['custom', { timeout_hours: -1 }, 'timeout_hours'],
    ['custom', { allow_submission: 'yes' }, 'allow_submission'],
  ];

  async function createAndReplace(workflow: unknown[]) {
    const calls = createCalls(await createTestGateway());
    await calls.created({ experimentId: 'a' });
    return calls.replace({ id: 'a', input: { workflow } });
  }

  test.each(outside)('R11: a %s task with %j is stored, with a warning', async (type, config, setting) => {
    const workflow = [{ type: 'other' }, { type, config: { unknown: 1, ...config } }];
    const { experiment, warnings } = await createAndReplace(workflow);
    expect(experiment.workflow).toEqual(workflow);
    expect(warnings).toEqual([
      {
        code: 'UNDOCUMENTED_SETTING',
        message: expect.any(String),
        path: ['input', 'workflow', '1', 'config', setting],
      },
    ]);
  });

  test.each([
    [{ type: 'completion', config: { temperature: 2, max_tokens: 1, top_p: 0, unknown: { deep: true } } }],
    [{ type: 'prompt', config: { temperature: 0, frequency_penalty: -2, presence_penalty: 2 } }],
    [{ type: 'custom', config: { allow_submission: true, timeout_hours: 0.5 } }],
    [{ type: 'duplicate', config: { anything: 1 } }],
    [{ type: 'condition', config: {} }],
    [{ type: 'completion' }],
    [{ type: 'completion', config: null }],
    [{ type: 'unheard-of', config: { temperature: 99 } }],
    [{ type: 'Completion', config: { temperature: 99 } }],
    [{ type: 'toString', config: { temperature: 99 } }],
    [{ type: ['completion'], config: { temperature: 99 } }],
    [{ config: { temperature: 99 } }],
  ])('R11: %j is stored without a warning', async (task) => {
    expect(await createAndReplace([task])).toMatchObject({ experiment: { workflow: [task] }, warnings: [] });
  });

  test.each([5, 'text', [], true])('R11: a config that is %j is stored', async (config) => {
    const workflow = [{ type: 'completion', config }];
    expect(await createAndReplace(workflow)).toMatchObject({
      __typename: 'ReplaceExperimentSuccess',
      experiment: { workflow },
      warnings: [{ code: 'UNDOCUMENTED_SETTING' }],
    });
  });
});
