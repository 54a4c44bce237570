import { describe, expect, test } from 'vitest';
import { answerText, createCalls } from '../support/gateway/calls.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';

const nothing = '\u0000';
const long = 'k'.repeat(100_000);

/** What is wrong in many places, far more of it than an answer may have. */
const inputs: [string, object][] = [
  ['a long key around many texts', { workflow: [{ [long]: Array.from({ length: 1_000 }, () => nothing) }] }],
  [
    'long keys all the way down',
    {
      workflow: [
        nested(
          30,
          '😀'.repeat(1_000),
          Array.from({ length: 60 }, () => nothing),
        ),
      ],
    },
  ],
  ['keys that need escapes', { workflow: [nested(30, '\u0001'.repeat(1_000), [nothing, nothing])] }],
  [
    'every field',
    { ...allWrong(), workflow: Array.from({ length: 100 }, () => ({ a: nothing, [long.slice(0, 10_000)]: nothing })) },
  ],
  [
    'ids',
    {
      evaluatorIds: Array.from({ length: 100 }, () => ''),
      evaluatorWorkflowIds: Array.from({ length: 100 }, () => ''),
    },
  ],
];

function nested(levels: number, key: string, value: unknown): unknown {
  return levels === 0 ? value : { [key]: nested(levels - 1, key, value) };
}

function allWrong() {
  return {
    name: '',
    description: 'x'.repeat(10_001),
    batchSize: 0,
    concurrency: 0,
    experimentId: nothing,
    datasetId: '',
  };
}

const snakeCase = (input: object) =>
  Object.fromEntries(
    Object.entries(input).map(([field, value]) => [
      field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );

async function replace(gateway: TestGateway, input: object) {
  const query = mutations.replace;
  const text = await answerText(gateway, { query, variables: { id: 'a', input } });
  return { text, result: JSON.parse(text).data.result };
}

async function gatewayWithExperiment() {
  const gateway = await createTestGateway();
  await createCalls(gateway).created({ experimentId: 'a' });
  return gateway;
}

describe('R10: what is wrong with an input takes little room', () => {
  test.each(inputs)('%s', async (_, input) => {
    const gateway = await gatewayWithExperiment();
    const { text, result } = await replace(gateway, input);
    expect(result.__typename).toBe('ValidationError');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(16 * 1024);
    expect(result.issues.length).toBeGreaterThan(0);
    expect(result.issues.length).toBeLessThanOrEqual(50);
    const entries: string[] = result.issues.flatMap(({ path }: { path: string[] }) => path);
    for (const entry of entries) expect(Array.from(entry).length).toBeLessThanOrEqual(100);

    const answer = await callRest(gateway, 'PUT', 'a', snakeCase(input));
    expect(answer.status).toBe(400);
    expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(16 * 1024);
  });

  test('issues in one place of a long path are all named, up to 50', async () => {
    const { result } = await replace(await gatewayWithExperiment(), inputs[0]?.[1] ?? {});
    const key = `${'k'.repeat(99)}…`;
    expect(result.issues.map(({ path }: { path: string[] }) => path)).toEqual(
      Array.from({ length: 50 }, (_, index) => ['input', 'workflow', '0', key, String(index)]),
    );
  });

  test('a path holds whole characters: none is cut in half, and halves that were sent are replaced', async () => {
    const half = '\ud83d';
    const workflow = [{ ['😀'.repeat(200)]: nothing, [`a${half}`]: { b: nothing }, ['😀'.repeat(100)]: nothing }];
    const { result } = await replace(await gatewayWithExperiment(), { workflow });
    expect(result.issues.map(({ path }: { path: string[] }) => path.slice(3))).toEqual([
      [`${'😀'.repeat(99)}…`],
      [],
      ['a\ufffd', 'b'],
      ['😀'.repeat(100)],
    ]);
  });

  test('of 500 settings outside the documented ranges, 50 are warned of', async () => {
    const config = { temperature: 9, max_tokens: 0, top_p: 9, frequency_penalty: 9, presence_penalty: 9 };
    const workflow = Array.from({ length: 100 }, () => ({ type: 'prompt', config }));
    const { result } = await replace(await gatewayWithExperiment(), { workflow, evaluatorIds: ['a', 'a'] });
    const codes: string[] = result.warnings.map(({ code }: { code: string }) => code);
    expect(codes.filter((code) => code === 'UNDOCUMENTED_SETTING')).toHaveLength(50);
    expect(codes).toContain('DUPLICATES_REMOVED');
  });
});

describe('R10: the structure of JSON is bounded', () => {
  const issues: [string, object, object[]][] = [
    [
      'tags of more than 64 KiB',
      { tags: [{ a: 'é'.repeat(32 * 1024) }] },
      [{ path: ['input', 'tags'], code: 'TOO_LARGE' }],
    ],
    [
      'tags with more than 1,000 keys in all',
      { tags: [0, 1].map((tag) => Object.fromEntries(Array.from({ length: 501 }, (_, key) => [`${tag}.${key}`, 1]))) },
      [{ path: ['input', 'tags'], code: 'TOO_MANY' }],
    ],
  ];

  test.each(issues)('%s are refused, by both doors', async (_, input, expected) => {
    const gateway = await gatewayWithExperiment();
    const calls = createCalls(gateway);
    const result = await calls.writingNothing(() => calls.update({ id: 'a', input }));
    expect(result).toMatchObject({ __typename: 'ValidationError', issues: expected });
    const answer = await callRest(gateway, 'PATCH', 'a', input);
    expect(answer).toMatchObject({ status: 400, body: { errors: { tags: [expect.any(String)] } } });
  });

  test('tags of 64 KiB with 1,000 keys are stored', async () => {
    const tag = Object.fromEntries(Array.from({ length: 1_000 }, (_, key) => [`key-${key}`, 'x'.repeat(40)]));
    const tags = [{ ...tag, 'key-0': '' }];
    tags[0] = { ...tags[0], 'key-0': 'x'.repeat(64 * 1024 - JSON.stringify(tags).length) };
    expect(JSON.stringify(tags)).toHaveLength(64 * 1024);
    const gateway = await gatewayWithExperiment();
    const result = await createCalls(gateway).update({ id: 'a', input: { tags } });
    expect(result).toMatchObject({ __typename: 'UpdateExperimentSuccess', experiment: { tags } });
  });

  test('a workflow of more than 10,000 objects and arrays is refused, also one that a document puts together', async () => {
    const gateway = await gatewayWithExperiment();
    const uses = Array.from({ length: 3 }, () => '{ a: $x }').join();
    const query = `mutation ($x: JSON) { replaceExperiment(id: "a", input: { workflow: [${uses}] }) {
      ... on ValidationError { issues { path code } } } }`;
    const x = Array.from({ length: 4_000 }, () => ({}));
    const answer = await answerText(gateway, { query, variables: { x } });
    expect(JSON.parse(answer).data.replaceExperiment).toEqual({
      issues: [{ path: ['input', 'workflow'], code: 'TOO_MANY' }],
    });
    const allowed = await answerText(gateway, { query: query.replace(uses, '{ a: $x }'), variables: { x } });
    expect(JSON.parse(allowed).data.replaceExperiment).toEqual({});
  });

  const contents: [string, number, number][] = [
    ['9,990', 9_990, 200],
    ['10,010', 10_010, 400],
    ['690,000', 690_000, 400],
  ];
  test.each(contents)(
    'a body with %s more objects and arrays is answered by both doors alike',
    async (_, count, status) => {
      const gateway = await gatewayWithExperiment();
      const lists = `[${'[],'.repeat(count - 1)}1.0]`;
      const body = `{"query":"{ __typename }","variables":{"x":${lists}}}`;
      const response = await gateway.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}` },
        body,
      });
      expect(response.status).toBe(status);
      expect((await callRest(gateway, 'PUT', 'a', `{"unknown":${lists}}`)).status).toBe(status);
    },
  );
});
