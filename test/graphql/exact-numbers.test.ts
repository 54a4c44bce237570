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

/** Sends a value as member `n` of a task. Without `accepts`, any JSON value can be sent. */
interface InputPath {
  readonly name: string;
  readonly send: (gateway: TestGateway, value: string) => Promise<string>;
  readonly accepts?: (value: string) => boolean;
}

const isNumber = (value: string) => /^[-\d]/.test(value);
const sendByVariables =
  (query: string, variables: (value: string) => string) => (gateway: TestGateway, value: string) =>
    answerText(gateway, `{"query":${JSON.stringify(query)},"variables":${variables(value)}}`);
const sendByLiteral = (definitions: string, workflow: string) => (gateway: TestGateway, value: string) => {
  const query = writeReplace(definitions, workflow).replace('VALUE', () => value);
  return answerText(gateway, { query: definitions ? query : query.replace('mutation ()', 'mutation') });
};

const inputPaths: readonly InputPath[] = [
  {
    name: 'inside an object',
    send: sendByVariables(writeReplace('$w: [JSONObject!]', '$w'), (value) => `{"w":[{"n":${value}}]}`),
  },
  {
    name: 'inside an input object',
    send: sendByVariables(
      `mutation ($i: ReplaceExperimentInput!) { replaceExperiment(id: "a", input: $i) { ${selection} } }`,
      (value) => `{"i":{"workflow":[{"n":${value}}]}}`,
    ),
  },
  {
    name: 'alone in a variable',
    send: sendByVariables(writeReplace('$n: JSON', '[{ n: $n }]'), (value) => `{"n":${value}}`),
  },
  {
    name: 'in a task that is a single value for a list',
    send: sendByVariables(writeReplace('$n: JSON!', '{ n: $n }'), (value) => `{"n":${value}}`),
  },
  { name: 'as a literal', send: sendByLiteral('', '[{ n: VALUE }]'), accepts: isNumber },
  { name: 'as a default', send: sendByLiteral('$n: JSON = VALUE', '[{ n: $n }]'), accepts: isNumber },
  { name: 'in a default', send: sendByLiteral('$t: JSONObject! = { n: VALUE }', '[$t]'), accepts: isNumber },
  {
    name: 'by REST',
    send: async (gateway, value) => (await callRest(gateway, 'PUT', 'a', `{"workflow":[{"n":${value}}]}`)).text,
  },
];

const inFloat: InputPath = {
  name: 'alone in a Float',
  send: sendByVariables(writeReplace('$n: Float', '[{ n: $n }]'), (value) => `{"n":${value}}`),
  accepts: (value) => isNumber(value) && Number.isFinite(Number(value)),
};

/** The workflow as returned by every read. */
async function readOutputs(gateway: TestGateway): Promise<Record<string, string | undefined>> {
  const query = '{ experiment(id: "a") { workflow revisions(first: 1) { nodes: edges { node { workflow } } } } }';
  const answer = await answerText(gateway, { query });
  const resource = await callRest(gateway, 'GET', 'a');
  return {
    query: /"experiment":\{"workflow":(.*),"revisions"/s.exec(answer)?.[1],
    revision: /"node":\{"workflow":(.*)\}\}\]\}\}\}\}$/s.exec(answer)?.[1],
    rest: /"workflow":(.*),"evaluator_ids"/s.exec(resource.text)?.[1],
  };
}

/** Sends a value. Returns the workflow in the answer of the write and in every read. */
async function sendAndRead(gateway: TestGateway, { send }: Pick<InputPath, 'send'>, value: string) {
  await callRest(gateway, 'PUT', 'a', { workflow: [] });
  const answer = await send(gateway, value);
  const written = /"after":(.*)\}\]\}\}\}$/s.exec(answer) ?? /"workflow":(.*),"evaluator_ids"/s.exec(answer);
  return { written: written?.[1], ...(await readOutputs(gateway)) };
}

/** The expected result of `sendAndRead`: the same value everywhere. */
function buildExpected(value: string) {
  const workflow = `[{"n":${value}}]`;
  return { written: workflow, query: workflow, revision: workflow, rest: workflow };
}

async function createGatewayWithExperiment() {
  const gateway = await createTestGateway();
  await createCalls(gateway).created({ experimentId: 'a' });
  return gateway;
}

describe('R11: every digit is kept', () => {
  async function expectEveryDigit(path: InputPath) {
    const gateway = await createGatewayWithExperiment();
    const numbers = ['12345678901234567890', '1.0', '-0', '1e400', '0.10', '1E5', '7'];
    for (const number of numbers.filter((each) => path.accepts?.(each) ?? true)) {
      expect(await sendAndRead(gateway, path, number)).toEqual(buildExpected(number));
    }
  }

  async function expectAnyValue(paths: readonly InputPath[]) {
    const gateway = await createGatewayWithExperiment();
    const values = fc.oneof(
      numberTexts.map((number) => ({ spaced: ` ${number}`, compact: number })),
      jsonContainerTexts({ strings: plainStrings, keys: plainKeys }),
    );
    await fc.assert(
      fc.asyncProperty(values, fc.constantFrom(...paths), async ({ spaced, compact }, path) => {
        fc.pre(path.accepts?.(compact) ?? true);
        expect(await sendAndRead(gateway, path, spaced)).toEqual(buildExpected(compact));
      }),
      runs(60),
    );
  }

  test.each(inputPaths)('R11: every digit is kept of a number sent $name', expectEveryDigit);
  test.skipIf(lacks.digitsOfAnyVariable)('R11: every digit is kept of a number sent alone in a Float', () =>
    expectEveryDigit(inFloat),
  );
  test('R11: random JSON is returned exactly, however it is sent and read', () =>
    expectAnyValue(lacks.digitsOfAnyVariable ? inputPaths : [...inputPaths, inFloat]));

  const listTypes = ['[JSON]', '[JSON!]!'];
  test.skipIf(lacks.digitsOfAnyVariable).each(listTypes)(
    'R11: every digit is kept of the numbers in a variable of type %s',
    async (type) => {
      const gateway = await createGatewayWithExperiment();
      const send = sendByVariables(writeReplace(`$n: ${type}`, '[{ n: $n }]'), (value) => `{"n":${value}}`);
      const list = '[1.0,12345678901234567890,[1e400,[-0]],{"2":1,"1":0.10}]';
      expect(await sendAndRead(gateway, { send }, list)).toEqual(buildExpected(list));
    },
  );

  test('R11: every digit is kept in tags', async () => {
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

test('numeric fields accept any JSON spelling of a whole number', async () => {
  const gateway = await createGatewayWithExperiment();
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

test('an unset variable inside a task omits its key', async () => {
  const gateway = await createGatewayWithExperiment();
  const query = writeReplace('$n: JSON', '[{ a: 1.0, n: $n, l: [$n] }]');
  expect(await answerText(gateway, { query })).toContain('"after":[{"a":1.0,"l":[null]}]');
});
