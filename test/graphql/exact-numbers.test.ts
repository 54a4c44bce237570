import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lacks } from '../support/executor/executor.ts';
import { jsonContainerTexts, numberTexts, plainKeys, plainStrings, runs } from '../support/gateway/arbitraries.ts';
import { answerText, createCalls } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';

const selection = `... on ReplaceExperimentSuccess { changes { after } } ... on MutationError { message }`;
const writeReplace = (definitions: string, workflow: string) =>
  `mutation (${definitions}) { replaceExperiment(id: "a", input: { workflow: ${workflow} }) { ${selection} } }`;

/** Sends a value as member `n` of a task. A way without `takes` is for any JSON value. */
interface WayIn {
  readonly name: string;
  readonly send: (gateway: TestGateway, value: string) => Promise<string>;
  readonly takes?: (value: string) => boolean;
}

const isNumber = (value: string) => /^[-\d]/.test(value);
const byGraphql = (query: string, variables: (value: string) => string) => (gateway: TestGateway, value: string) =>
  answerText(gateway, `{"query":${JSON.stringify(query)},"variables":${variables(value)}}`);
const byLiteral = (definitions: string, workflow: string) => (gateway: TestGateway, value: string) => {
  const query = writeReplace(definitions, workflow).replace('VALUE', () => value);
  return answerText(gateway, { query: definitions ? query : query.replace('mutation ()', 'mutation') });
};

const waysIn: readonly WayIn[] = [
  {
    name: 'inside an object',
    send: byGraphql(writeReplace('$w: [JSONObject!]', '$w'), (value) => `{"w":[{"n":${value}}]}`),
  },
  {
    name: 'inside an input object',
    send: byGraphql(
      `mutation ($i: ReplaceExperimentInput!) { replaceExperiment(id: "a", input: $i) { ${selection} } }`,
      (value) => `{"i":{"workflow":[{"n":${value}}]}}`,
    ),
  },
  {
    name: 'alone in a variable',
    send: byGraphql(writeReplace('$n: JSON', '[{ n: $n }]'), (value) => `{"n":${value}}`),
  },
  {
    name: 'in a task that is a single value for a list',
    send: byGraphql(writeReplace('$n: JSON!', '{ n: $n }'), (value) => `{"n":${value}}`),
  },
  { name: 'as a literal', send: byLiteral('', '[{ n: VALUE }]'), takes: isNumber },
  { name: 'as a default', send: byLiteral('$n: JSON = VALUE', '[{ n: $n }]'), takes: isNumber },
  { name: 'in a default', send: byLiteral('$t: JSONObject! = { n: VALUE }', '[$t]'), takes: isNumber },
  {
    name: 'by REST',
    send: async (gateway, value) => (await callRest(gateway, 'PUT', 'a', `{"workflow":[{"n":${value}}]}`)).text,
  },
];

const inFloat: WayIn = {
  name: 'alone in a Float',
  send: byGraphql(writeReplace('$n: Float', '[{ n: $n }]'), (value) => `{"n":${value}}`),
  takes: (value) => isNumber(value) && Number.isFinite(Number(value)),
};

/** Every way in which a value comes out, and the workflow that each of them has. */
async function waysOut(gateway: TestGateway): Promise<Record<string, string | undefined>> {
  const query = '{ experiment(id: "a") { workflow revisions(first: 1) { nodes: edges { node { workflow } } } } }';
  const answer = await answerText(gateway, { query });
  const resource = await callRest(gateway, 'GET', 'a');
  return {
    query: /"experiment":\{"workflow":(.*),"revisions"/s.exec(answer)?.[1],
    revision: /"node":\{"workflow":(.*)\}\}\]\}\}\}\}$/s.exec(answer)?.[1],
    rest: /"workflow":(.*),"evaluator_ids"/s.exec(resource.text)?.[1],
  };
}

/** The workflow that every way out has, and the answer of the write itself, once a value has come in. */
async function readEverywhere(gateway: TestGateway, { send }: Pick<WayIn, 'send'>, value: string) {
  await callRest(gateway, 'PUT', 'a', { workflow: [] });
  const answer = await send(gateway, value);
  const written = /"after":(.*)\}\]\}\}\}$/s.exec(answer) ?? /"workflow":(.*),"evaluator_ids"/s.exec(answer);
  return { written: written?.[1], ...(await waysOut(gateway)) };
}

/** The same value everywhere. */
function everywhere(value: string) {
  const workflow = `[{"n":${value}}]`;
  return { written: workflow, query: workflow, revision: workflow, rest: workflow };
}

async function gatewayWithExperiment() {
  const gateway = await createTestGateway();
  await createCalls(gateway).created({ experimentId: 'a' });
  return gateway;
}

describe('R11: every digit is kept', () => {
  async function expectEveryDigit(way: WayIn) {
    const gateway = await gatewayWithExperiment();
    const numbers = ['12345678901234567890', '1.0', '-0', '1e400', '0.10', '1E5', '7'];
    for (const number of numbers.filter((each) => way.takes?.(each) ?? true)) {
      expect(await readEverywhere(gateway, way, number)).toEqual(everywhere(number));
    }
  }

  async function expectAnyValue(ways: readonly WayIn[]) {
    const gateway = await gatewayWithExperiment();
    const values = fc.oneof(
      numberTexts.map((number) => ({ spaced: ` ${number}`, compact: number })),
      jsonContainerTexts({ strings: plainStrings, keys: plainKeys }),
    );
    await fc.assert(
      fc.asyncProperty(values, fc.constantFrom(...ways), async ({ spaced, compact }, way) => {
        fc.pre(way.takes?.(compact) ?? true);
        expect(await readEverywhere(gateway, way, spaced)).toEqual(everywhere(compact));
      }),
      runs(60),
    );
  }

  test.each(waysIn)('of a number that comes $name', expectEveryDigit);
  test.skipIf(lacks.digitsOfAnyVariable)('of a number that comes alone in a Float', () => expectEveryDigit(inFloat));
  test('however any JSON value comes in and goes out', () =>
    expectAnyValue(lacks.digitsOfAnyVariable ? waysIn : [...waysIn, inFloat]));

  const listTypes = ['[JSON]', '[JSON!]!'];
  test.skipIf(lacks.digitsOfAnyVariable).each(listTypes)('of the numbers in a variable of type %s', async (type) => {
    const gateway = await gatewayWithExperiment();
    const send = byGraphql(writeReplace(`$n: ${type}`, '[{ n: $n }]'), (value) => `{"n":${value}}`);
    const list = '[1.0,12345678901234567890,[1e400,[-0]],{"2":1,"1":0.10}]';
    expect(await readEverywhere(gateway, { send }, list)).toEqual(everywhere(list));
  });

  test('of tags too', async () => {
    const gateway = await createTestGateway();
    const query = `mutation ($n: JSON) { createExperiment(input: { experimentId: "a", tags: [{ seed: $n }] }) {
      ... on CreateExperimentSuccess { experiment { tags } changes { after } }
    } }`;
    const answer = await answerText(
      gateway,
      `{"query":${JSON.stringify(query)},"variables":{"n":18446744073709551615}}`,
    );
    const tags = '[{"seed":18446744073709551615}]';
    expect(answer).toBe(`{"data":{"createExperiment":{"experiment":{"tags":${tags}},"changes":[{"after":${tags}}]}}}`);
  });
});

test('a number that JavaScript spells differently is still a number for the fields that take one', async () => {
  const gateway = await gatewayWithExperiment();
  const query = `mutation ($size: Int, $input: UpdateExperimentInput!) {
    one: replaceExperiment(id: "a", input: { batchSize: $size }) { ... on ReplaceExperimentSuccess { experiment { batchSize } } }
    two: updateExperiment(id: "a", input: $input) { ... on UpdateExperimentSuccess { changes { before after } } }
  }`;
  const variables = '{"size":50.0,"input":{"batchSize":1e2,"concurrency":1.50e1}}';
  expect(await answerText(gateway, `{"query":${JSON.stringify(query)},"variables":${variables}}`)).toBe(
    '{"data":{"one":{"experiment":{"batchSize":50}},"two":{"changes":[{"before":50,"after":100}]}}}',
  );
  const resource = await callRest(gateway, 'PUT', 'a', '{"batch_size":2.0e1,"concurrency":10.0}');
  expect(resource.body).toMatchObject({ batch_size: 20, concurrency: 10 });
});

test('an unset variable inside a task leaves its key out', async () => {
  const gateway = await gatewayWithExperiment();
  const query = writeReplace('$n: JSON', '[{ a: 1.0, n: $n, l: [$n] }]');
  expect(await answerText(gateway, { query })).toContain('"after":[{"a":1.0,"l":[null]}]');
});
