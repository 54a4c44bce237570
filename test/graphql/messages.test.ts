import { describe, expect, test } from 'vitest';
import { answerText, createCalls } from '../support/gateway/calls.ts';
import { mutations, steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';

interface Told {
  readonly path: string[];
  readonly code: string;
  readonly message: string;
}

const toMessages = (told: readonly Told[]) => told.map(({ message }) => message);

/** The words of libraries, which must not reach a caller. */
const foreignWords = /\b(expected|received|invalid input|too (big|small)|zod|nan|undefined|infinity)\b/i;

async function createGatewayWithExperiment(input: object = {}): Promise<TestGateway> {
  const gateway = await createTestGateway();
  await createCalls(gateway).created({ experimentId: 'a', ...input });
  return gateway;
}

/** Each input with the messages of its issues. */
const inputs: [input: object, messages: string[]][] = [
  [{ name: ' ' }, ['name: the text is empty; 1 to 255 characters are accepted.']],
  [{ name: 'x'.repeat(256) }, ['name: the text has 256 characters; 1 to 255 are accepted.']],
  [{ description: '😀'.repeat(10_001) }, ['description: the text has 10001 characters; at most 10000 are accepted.']],
  [
    { spanWorkflowName: 'a\0"b' },
    ['spanWorkflowName: "a\\u0000\\"b" contains NUL or a lone surrogate, which cannot be stored.'],
  ],
  [{ datasetId: 'a\nb' }, ['datasetId: "a\\nb" contains control characters, which an id must not have.']],
  [
    { datasetId: `\t${'x'.repeat(99)}` },
    [`datasetId: "\\t${'x'.repeat(38)}…" contains control characters, which an id must not have.`],
  ],
  [{ batchSize: 0 }, ['batchSize: 0 is outside the range 1 to 10000.']],
  [{ concurrency: 1_001 }, ['concurrency: 1001 is outside the range 1 to 1000.']],
  [{ evaluatorIds: ['a', ''] }, ['evaluatorIds.1: the text is empty; 1 to 255 characters are accepted.']],
  [
    { evaluatorWorkflowIds: Array.from({ length: 101 }, () => 'a') },
    ['evaluatorWorkflowIds: the list has 101 entries; at most 100 are accepted.'],
  ],
  [
    { evaluatorSlugs: ['a'], evaluatorWorkflowIds: ['evaluatorIds'] },
    [
      'evaluatorSlugs: cannot be combined with evaluatorWorkflowIds; send only one of them.',
      'evaluatorWorkflowIds: cannot be combined with evaluatorSlugs; send only one of them.',
    ],
  ],
  [
    { experimentId: 'evaluatorIds' },
    ['experimentId: "evaluatorIds" is not the id of the experiment; send "a" or omit the field.'],
  ],
  [
    { workflow: [JSON.parse(`{"batchSize":${'['.repeat(40)}${']'.repeat(40)}}`)] },
    ['workflow.0: the JSON is nested deeper than 32 levels.'],
  ],
  [
    { workflow: [{ batchSize: ['\0'] }] },
    ['workflow.0.batchSize.0: "\\u0000" contains NUL or a lone surrogate, which cannot be stored.'],
  ],
  [
    { workflow: [{ ['k'.repeat(50)]: { inner: { ['l'.repeat(50)]: '\0' } } }] },
    [`workflow.0.….${'l'.repeat(29)}…: "\\u0000" contains NUL or a lone surrogate, which cannot be stored.`],
  ],
  [
    { workflow: [{ text: 'x'.repeat(1024 * 1024) }] },
    ['workflow: the JSON has 1048589 bytes; at most 1048576 are accepted.'],
  ],
];

const spell = (found: string) => (found.startsWith('"') ? found : toSnakeCase(found));
const toSnakeCase = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('messages of issues', () => {
  test.each(inputs)('R10: a message names the field, the value, and what is accepted: %#', async (input, messages) => {
    const gateway = await createGatewayWithExperiment();
    const { issues } = await createCalls(gateway).replace({ id: 'a', input });
    expect(toMessages(issues)).toEqual(messages);
  });

  test.each(inputs)('REST spells the fields of a message as documented, and no value: %#', async (input, messages) => {
    const gateway = await createGatewayWithExperiment();
    const body = Object.fromEntries(Object.entries(input).map(([field, value]) => [toSnakeCase(field), value]));
    const { body: answer } = await callRest(gateway, 'PUT', 'a', body);
    const spelled = messages.map((message) =>
      message.startsWith('workflow') ? message : message.replace(/"[^"]*"|\b[a-z]+[A-Z]\w*/g, spell),
    );
    expect(Object.values(answer.errors).flat()).toEqual(spelled);
  });

  test('REST says in its own words that a value has the wrong type', async () => {
    const gateway = await createGatewayWithExperiment();
    const body = `{"name":5,"description":["x"],"dataset_id":true,"batch_size":"5","concurrency":1.5,"enable_tracing":"yes",
      "span_workflow_name":{},"evaluator_ids":"a","evaluator_workflow_ids":[7],"workflow":[1.50,"text",null,[]]}`;
    const { body: answer } = await callRest(gateway, 'PUT', 'a', body);
    expect(answer.errors).toEqual({
      name: ['name: 5 is not a string.'],
      description: ['description: a list is not a string.'],
      dataset_id: ['dataset_id: true is not a string.'],
      batch_size: ['batch_size: "5" is not a number.'],
      concurrency: ['concurrency: 1.5 is not a whole number.'],
      enable_tracing: ['enable_tracing: "yes" is not true or false.'],
      span_workflow_name: ['span_workflow_name: an object is not a string.'],
      evaluator_ids: ['evaluator_ids: "a" is not a list.'],
      evaluator_workflow_ids: ['evaluator_workflow_ids.0: 7 is not a string.'],
      workflow: [
        'workflow.0: 1.5 is not a JSON object.',
        'workflow.1: "text" is not a JSON object.',
        'workflow.2: null is not a JSON object.',
        'workflow.3: a list is not a JSON object.',
      ],
    });
  });

  test.each([
    ['1e20', 'batch_size: 100000000000000000000 is outside the range 1 to 10000.'],
    ['-1e300', 'batch_size: -1e+300 is outside the range 1 to 10000.'],
    ['1e400', 'batch_size: the number is too large.'],
  ])('a batch size of %s is refused without a word about the limits of a parser', async (number, message) => {
    const gateway = await createGatewayWithExperiment();
    const { body } = await callRest(gateway, 'PUT', 'a', `{"batch_size":${number}}`);
    expect(body.errors).toEqual({ batch_size: [message] });
  });

  test('null where an update cannot clear a field is refused with what to do instead', async () => {
    const gateway = await createGatewayWithExperiment();
    const { issues } = await createCalls(gateway).update({ id: 'a', input: { batchSize: null } });
    expect(toMessages(issues)).toEqual(['batchSize: null is not accepted; omit the field to leave it unchanged.']);
    const { body } = await callRest(gateway, 'PATCH', 'a', { batch_size: null });
    expect(body.errors.batch_size).toEqual(['batch_size: null is not accepted; omit the field to leave it unchanged.']);
  });

  test('an id that no experiment can have is named by GraphQL and REST', async () => {
    const gateway = await createTestGateway();
    const { issues } = await createCalls(gateway).delete({ id: 'a\tb' });
    expect(toMessages(issues)).toEqual(['id: "a\\tb" contains control characters, which an id must not have.']);
    const { body } = await callRest(gateway, 'DELETE', 'a%09b');
    expect(body.errors).toEqual({
      experiment_id: ['experiment_id: "a\\tb" contains control characters, which an id must not have.'],
    });
  });

  test.each([
    ['experiments(first: 0)', ['first: 0 is outside the range 1 to 100.']],
    ['experiments(last: 101)', ['last: 101 is outside the range 1 to 100.']],
    [
      'datasets(first: 1, last: 1)',
      [
        'first: cannot be combined with last; send only one of them.',
        'last: cannot be combined with first; send only one of them.',
      ],
    ],
    [
      'experiments(after: "x")',
      ['after: the cursor does not come from this list in this order; take one from a page of it.'],
    ],
    [
      'experiments(filter: { nameContains: "\\u0000" })',
      ['filter: a text contains NUL or a lone surrogate, which no stored text has.'],
    ],
  ])('the messages of %s name the argument', async (field, messages) => {
    const { body } = await (await createTestGateway()).graphql(`{ ${field} { totalCount } }`);
    expect(toMessages(body.errors[0].extensions.issues)).toEqual(messages);
  });

  test('the arguments of a run and of a restore are named with their bounds', async () => {
    const gateway = await createGatewayWithExperiment();
    const { result: reported } = await gateway.data(steps.reportProgress, { id: 'a', progress: 100.5 });
    expect(toMessages(reported.issues)).toEqual(['progress: 100.5 is outside the range 0 to 100.']);
    const { result: failed } = await gateway.data(steps.fail, { id: 'a', errorMessage: '' });
    expect(toMessages(failed.issues)).toEqual(['errorMessage: the text is empty; 1 to 10000 characters are accepted.']);
    const { result: restored } = await gateway.data(mutations.restore, { id: 'a', revision: 0 });
    expect(toMessages(restored.issues)).toEqual(['revision: 0 is not accepted; revisions start at 1.']);
  });

  test('a document with too many tokens is told to send values as variables', async () => {
    const values = Array.from({ length: 2_000 }, (_, index) => `"e${index}"`).join();
    const query = `mutation { updateExperiment(id: "a", input: { evaluatorIds: [${values}] }) { __typename } }`;
    const { errors } = JSON.parse(await answerText(await createTestGateway(), { query }));
    expect(errors[0].message).toBe('The document has more than 2000 tokens: send values as variables.');
  });
});

describe('messages of warnings', () => {
  const configs: [type: string, config: string, messages: string[]][] = [
    ['completion', '{"temperature":2.5}', ['temperature: 2.5 is outside the documented range 0 to 2.']],
    ['prompt', '{"top_p":1.10}', ['top_p: 1.10 is outside the documented range 0 to 1.']],
    ['prompt', '{"presence_penalty":-3}', ['presence_penalty: -3 is outside the documented range -2 to 2.']],
    ['prompt', '{"temperature":"0.5"}', ['temperature: "0.5" is not a number; the documented range is 0 to 2.']],
    ['prompt', '{"temperature":1e400}', ['temperature: 1e400 is outside the documented range 0 to 2.']],
    ['prompt', '{"max_tokens":0}', ['max_tokens: 0 is outside the documented range 1 or more.']],
    ['prompt', '{"max_tokens":1.5}', ['max_tokens: 1.5 is not a whole number; the documented range is 1 or more.']],
    ['prompt', '{"max_tokens":-1e400}', ['max_tokens: -1e400 is outside the documented range 1 or more.']],
    ['prompt', '{"max_tokens":9007199254740993}', []],
    ['prompt', '{"max_tokens":1e300}', []],
    ['prompt', '{"max_tokens":1e400}', []],
    [
      'custom',
      '{"allow_submission":"yes","timeout_hours":0.0}',
      [
        'allow_submission: "yes" is not true or false, which are the documented values.',
        'timeout_hours: 0.0 is outside the documented range above 0.',
      ],
    ],
    ['custom', '["x"]', ['config: a list is not a JSON object, which is the documented form.']],
    [
      'prompt',
      `"${'x'.repeat(100)}"`,
      [`config: "${'x'.repeat(39)}…" is not a JSON object, which is the documented form.`],
    ],
  ];

  test.each(configs)('R11: a %s task with the config %s has these warnings', async (type, config, messages) => {
    const gateway = await createGatewayWithExperiment();
    const query = JSON.stringify(mutations.replace);
    const input = `{"workflow":[{"type":"${type}","config":${config}}]}`;
    const text = await answerText(gateway, `{"query":${query},"variables":{"id":"a","input":${input}}}`);
    const { warnings } = JSON.parse(text).data.result;
    expect(toMessages(warnings)).toEqual(messages);
  });

  test('R6: a warning says that evaluatorSlugs were not used, and R12 how many entries were repeated', async () => {
    const gateway = await createGatewayWithExperiment();
    const input = { evaluatorIds: ['a', 'b', 'a'], evaluatorSlugs: ['c'] };
    const { warnings } = await createCalls(gateway).replace({ id: 'a', input });
    expect(toMessages(warnings)).toEqual([
      'evaluatorIds: repeated entries are kept once; 3 were sent, 2 are kept.',
      'evaluatorSlugs: the list differs from evaluatorIds, which is used instead.',
    ]);
    const one = await createCalls(gateway).replace({ id: 'a', input: { evaluatorIds: ['a', 'a'] } });
    expect(toMessages(one.warnings)).toEqual(['evaluatorIds: repeated entries are kept once; 2 were sent, 1 is kept.']);
  });
});

test('every message of an issue or a warning is a sentence about a place, in no words of a library', async () => {
  const gateway = await createGatewayWithExperiment({ evaluatorIds: ['e'] });
  const calls = createCalls(gateway);
  const results = [
    ...(await Promise.all(inputs.map(([input]) => calls.replace({ id: 'a', input, dryRun: true })))),
    await calls.update({ id: 'a', input: { evaluatorWorkflowIds: ['w'] } }),
    await calls.create({
      input: { experimentId: 'list', tags: [Object.fromEntries(Array.from({ length: 1_001 }, (_, key) => [key, 1]))] },
    }),
    await calls.replace({
      id: 'a',
      input: { workflow: [{ type: 'prompt', config: { top_p: 'x', max_tokens: 0.5 } }] },
    }),
  ];
  const messages = results.flatMap(({ issues = [], warnings = [] }) => toMessages([...issues, ...warnings]));
  expect(messages.length).toBeGreaterThan(20);
  for (const message of messages) {
    expect(message).toMatch(/^[\w.…]+: \S.*\.$/);
    expect(message).not.toMatch(foreignWords);
    expect(message.length).toBeLessThan(250);
  }
});
