import { describe, expect, test } from 'vitest';
import { answerText, createCalls } from '../support/gateway/calls.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';

const invalidText = '\u0000';
const long = 'k'.repeat(100_000);

/** Inputs with far more issues than an answer may contain. */
const inputs: [string, object][] = [
  ['many invalid texts below a long key', { workflow: [{ [long]: Array.from({ length: 1_000 }, () => invalidText) }] }],
  [
    'long keys at every level',
    {
      workflow: [
        nestValue(
          30,
          '😀'.repeat(1_000),
          Array.from({ length: 60 }, () => invalidText),
        ),
      ],
    },
  ],
  ['keys that need escaping', { workflow: [nestValue(30, '\u0001'.repeat(1_000), [invalidText, invalidText])] }],
  [
    'issues in every field',
    {
      ...buildInvalidFields(),
      workflow: Array.from({ length: 100 }, () => ({ a: invalidText, [long.slice(0, 10_000)]: invalidText })),
    },
  ],
  [
    'many invalid ids',
    {
      evaluatorIds: Array.from({ length: 100 }, () => ''),
      evaluatorWorkflowIds: Array.from({ length: 100 }, () => ''),
    },
  ],
];

function nestValue(levels: number, key: string, value: unknown): unknown {
  return levels === 0 ? value : { [key]: nestValue(levels - 1, key, value) };
}

function buildInvalidFields() {
  return {
    name: '',
    description: 'x'.repeat(10_001),
    batchSize: 0,
    concurrency: 0,
    experimentId: invalidText,
    datasetId: '',
  };
}

const toSnakeCase = (input: object) =>
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

async function createGatewayWithExperiment() {
  const gateway = await createTestGateway();
  await createCalls(gateway).created({ experimentId: 'a' });
  return gateway;
}

describe('R10: the size of issues', () => {
  test.each(inputs)('R10: the answer to an input with %s has at most 16 KiB', async (_, input) => {
    const gateway = await createGatewayWithExperiment();
    const { text, result } = await replace(gateway, input);
    expect(result.__typename).toBe('ValidationError');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(16 * 1024);
    expect(result.issues.length).toBeGreaterThan(0);
    expect(result.issues.length).toBeLessThanOrEqual(50);
    const entries: string[] = result.issues.flatMap(({ path }: { path: string[] }) => path);
    for (const entry of entries) expect(Array.from(entry).length).toBeLessThanOrEqual(100);

    const answer = await callRest(gateway, 'PUT', 'a', toSnakeCase(input));
    expect(answer.status).toBe(400);
    expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(16 * 1024);
  });

  test('R10: up to 50 issues below one long path are reported', async () => {
    const { result } = await replace(await createGatewayWithExperiment(), inputs[0]?.[1] ?? {});
    const key = `${'k'.repeat(99)}…`;
    expect(result.issues.map(({ path }: { path: string[] }) => path)).toEqual(
      Array.from({ length: 50 }, (_, index) => ['input', 'workflow', '0', key, String(index)]),
    );
  });

  test('R10: a path never splits a character, and lone surrogates in it are replaced', async () => {
    const half = '\ud83d';
    const workflow = [
      { ['😀'.repeat(200)]: invalidText, [`a${half}`]: { b: invalidText }, ['😀'.repeat(100)]: invalidText },
    ];
    const { result } = await replace(await createGatewayWithExperiment(), { workflow });
    expect(result.issues.map(({ path }: { path: string[] }) => path.slice(3))).toEqual([
      [`${'😀'.repeat(99)}…`],
      [],
      ['a\ufffd', 'b'],
      ['😀'.repeat(100)],
    ]);
  });

  test('R10: at most 50 warnings are returned for 500 undocumented settings', async () => {
    const config = { temperature: 9, max_tokens: 0, top_p: 9, frequency_penalty: 9, presence_penalty: 9 };
    const workflow = Array.from({ length: 100 }, () => ({ type: 'prompt', config }));
    const { result } = await replace(await createGatewayWithExperiment(), { workflow, evaluatorIds: ['a', 'a'] });
    const codes: string[] = result.warnings.map(({ code }: { code: string }) => code);
    expect(codes.filter((code) => code === 'UNDOCUMENTED_SETTING')).toHaveLength(50);
    expect(codes).toContain('DUPLICATES_REMOVED');
  });
});

describe('R10: bounds of JSON structure', () => {
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

  test.each(issues)('R10: %s are refused by GraphQL and REST', async (_, input, expected) => {
    const gateway = await createGatewayWithExperiment();
    const calls = createCalls(gateway);
    const result = await calls.writingNothing(() => calls.update({ id: 'a', input }));
    expect(result).toMatchObject({ __typename: 'ValidationError', issues: expected });
    const answer = await callRest(gateway, 'PATCH', 'a', input);
    expect(answer).toMatchObject({ status: 400, body: { errors: { tags: [expect.any(String)] } } });
  });

  test('R10: tags of 64 KiB with 1,000 keys are stored', async () => {
    const tag = Object.fromEntries(Array.from({ length: 1_000 }, (_, key) => [`key-${key}`, 'x'.repeat(40)]));
    const tags = [{ ...tag, 'key-0': '' }];
    tags[0] = { ...tags[0], 'key-0': 'x'.repeat(64 * 1024 - JSON.stringify(tags).length) };
    expect(JSON.stringify(tags)).toHaveLength(64 * 1024);
    const gateway = await createGatewayWithExperiment();
    const result = await createCalls(gateway).update({ id: 'a', input: { tags } });
    expect(result).toMatchObject({ __typename: 'UpdateExperimentSuccess', experiment: { tags } });
  });

  test('R10: a workflow of over 10,000 objects and arrays is refused, even if variables expand to it', async () => {
    const gateway = await createGatewayWithExperiment();
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
    'R10: GraphQL and REST treat a body with %s more objects and arrays alike',
    async (_, count, status) => {
      const gateway = await createGatewayWithExperiment();
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
