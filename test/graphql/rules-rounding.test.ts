import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numberTexts, runs } from '../support/gateway/arbitraries.ts';
import { answerText, createCalls } from '../support/gateway/calls.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const task = '{"type":"completion","config":{"seed":6687881544318117707,"n":1.0,"ids":[1,9007199254740993]}}';

/** Calls a mutation whose input is JSON text, with the digits that it has. */
async function send(gateway: TestGateway, name: 'replace' | 'update', input: string, dryRun = false) {
  const variables = `{"id":"a","dryRun":${dryRun},"input":${input}}`;
  const text = await answerText(gateway, `{"query":${JSON.stringify(mutations[name])},"variables":${variables}}`);
  return { text, result: JSON.parse(text).data.result };
}

/** A gateway with the experiment `a` that has this workflow and these tags. */
async function createGatewayWith(workflow: string, tags = '[]'): Promise<TestGateway> {
  const gateway = await createTestGateway();
  await createCalls(gateway).created({ experimentId: 'a' });
  await send(gateway, 'update', `{"workflow":${workflow},"tags":${tags}}`);
  return gateway;
}

/** The text that a JavaScript client sends back. */
const roundTrip = (text: string) => JSON.stringify(JSON.parse(text));

const listPlaces = ({ warnings }: { warnings: { code: string; path: string[] }[] }) =>
  warnings.filter(({ code }) => code === 'NUMBER_ROUNDED').map(({ path }) => path.join('.'));

describe('R17: rounding by a client', () => {
  test.each(['replace', 'update'] as const)(
    'R17: the warnings of %s name each number that came back rounded',
    async (name) => {
      const gateway = await createGatewayWith(`[{},${task}]`);
      const { text, result } = await send(gateway, name, `{"workflow":${roundTrip(`[{},${task}]`)}}`);
      expect(result.warnings).toEqual([
        {
          code: 'NUMBER_ROUNDED',
          message:
            'seed: 6687881544318118000 is the stored 6687881544318117707, rounded by the client. It is stored as sent; to keep the number, send all its digits.',
          path: ['input', 'workflow', '1', 'config', 'seed'],
        },
        {
          code: 'NUMBER_ROUNDED',
          message: expect.stringMatching(/^ids\.1: 9007199254740992 is the stored 9007199254740993, /),
          path: ['input', 'workflow', '1', 'config', 'ids', '1'],
        },
      ]);
      expect(text).toContain('"seed":6687881544318118000,');
      expect(await answerText(gateway, { query: '{ experiment(id: "a") { workflow } }' })).toContain(
        '"seed":6687881544318118000,',
      );
    },
  );

  test('R17: an update names the rounded numbers of tags, as a replace cannot', async () => {
    const tags = '[{"run":12345678901234567890,"input":{"10":[0.1000000000000000055]}}]';
    const gateway = await createGatewayWith('[]', tags);
    const { result } = await send(gateway, 'update', `{"tags":${roundTrip(tags)}}`);
    expect(result.warnings[1].message).toMatch(/^input\.10\.0: 0\.1 is the stored 0\.1000000000000000055, /);
    expect(listPlaces(result).toSorted()).toEqual(['input.tags.0.input.10.0', 'input.tags.0.run']);
  });

  test('R17: a dry run has the same warnings and leaves the number as it is', async () => {
    const gateway = await createGatewayWith(`[${task}]`);
    for (const name of ['replace', 'update'] as const) {
      const { result } = await send(gateway, name, `{"workflow":${roundTrip(`[${task}]`)}}`, true);
      expect(listPlaces(result)).toEqual(['input.workflow.0.config.seed', 'input.workflow.0.config.ids.1']);
    }
    expect(await answerText(gateway, { query: '{ experiment(id: "a") { workflow } }' })).toContain(task);
  });

  test.each([
    ['the stored numbers', `[${task}]`],
    ['other numbers', `[${task.replaceAll('7707', '7708').replace('0993', '0995')}]`],
    ['other spellings of the same numbers', `[${task.replace('1.0', '1').replace('7707', '7707.0')}]`],
    ['rounded numbers at another place', `[{},${roundTrip(task)}]`],
    ['numbers as text', `[${task.replace('6687881544318117707', '"6687881544318117707"').replace('0993', '0991')}]`],
  ])('R17: %s are not taken for rounded numbers', async (_, workflow) => {
    const gateway = await createGatewayWith(`[${task}]`);
    const { result } = await send(gateway, 'replace', `{"workflow":${workflow}}`);
    expect([result.__typename, listPlaces(result)]).toEqual(['ReplaceExperimentSuccess', []]);
  });

  test('R17: neither a create nor a restored revision yields a warning', async () => {
    const gateway = await createGatewayWith(roundTrip(`[${task}]`));
    await send(gateway, 'update', `{"workflow":[${task}]}`);
    const calls = createCalls(gateway);
    const restored = await calls.restore({ id: 'a', revision: 2 });
    expect([restored.experiment.revision, restored.warnings]).toEqual([4, []]);
    expect(await calls.create({ input: { workflow: JSON.parse(`[${task}]`) } })).toMatchObject({ warnings: [] });
  });

  test('R17: at most 50 places are named, and each entry of a path has at most 100 characters', async () => {
    const seeds = Array.from({ length: 40 }, (_, index) => `1234567890123456${7_001 + index}`).join();
    const [workflow, tags] = [`[{"${'😀'.repeat(200)}":[${seeds}]}]`, `[{"seeds":[${seeds}]}]`];
    const gateway = await createGatewayWith(workflow, tags);
    const { result } = await send(gateway, 'update', `{"workflow":${roundTrip(workflow)},"tags":${roundTrip(tags)}}`);
    expect(listPlaces(result)).toHaveLength(50);
    expect(result.warnings[0].path).toEqual(['input', 'workflow', '0', `${'😀'.repeat(99)}…`, '0']);
    expect(result.warnings[0].message.length).toBeLessThan(300);
    expect(result.warnings[49].path).toEqual(['input', 'tags', '0', 'seeds', '9']);
  });

  test('R17: random numbers are named exactly when a JavaScript client loses digits of them', async () => {
    const gateway = await createGatewayWith('[]');
    await fc.assert(
      fc.asyncProperty(fc.array(numberTexts, { minLength: 1, maxLength: 8 }), async (numbers) => {
        const workflow = `[{"n":[${numbers.join()}]}]`;
        await send(gateway, 'replace', `{"workflow":${workflow}}`);
        const { result } = await send(gateway, 'replace', `{"workflow":${roundTrip(workflow)}}`);
        const lost = numbers.flatMap((text, index) => (losesDigits(text) ? [`input.workflow.0.n.${index}`] : []));
        expect(listPlaces(result)).toEqual(lost);
      }),
      runs(40),
    );
  });
});

/** Whether a number has another value after a round trip through a double. One that becomes null is no number. */
function losesDigits(text: string): boolean {
  const double = Number(text);
  return Number.isFinite(double) && toDecimal(text) !== toDecimal(String(double));
}

/** A number without an exponent: its digits, scaled so that all numbers of these tests are whole. */
function toDecimal(text: string): bigint {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', decimals = ''] = mantissa.split('.');
  return BigInt(whole + decimals) * 10n ** BigInt(2_000 + Number(exponent) - decimals.length);
}
