import * as fc from 'fast-check';
import { documentedDefaults, type ExperimentContent } from '../../../src/domain/experiment/experiment.ts';

/**
 * Uses the same examples in each run, as many as CI has time for. In manual runs, GATEWAY_TEST_RUNS multiplies their
 * number and GATEWAY_TEST_SEED selects different ones.
 */
export function runs(numRuns: number): { numRuns: number; seed: number } {
  return {
    numRuns: Math.ceil(numRuns * Number(process.env.GATEWAY_TEST_RUNS ?? 1)),
    seed: Number(process.env.GATEWAY_TEST_SEED ?? 20_261_122),
  };
}

/** One JSON text, both with and without whitespace between its tokens. */
export interface JsonText {
  readonly spaced: string;
  readonly compact: string;
}

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 3 });

/** Numbers as a sender may write them. Most of them do not survive a round trip through a JavaScript number. */
export const numberTexts = fc.oneof(
  fc.constantFrom('1.0', '-0', '0', '0.0', '-0.0', '1e400', '1E5', '0.1', '100', '0.0000001', '0.000001', '5e-324'),
  fc.constantFrom('12345678901234567890', '9007199254740993', '123456789012345', '0.30000000000000004', '1e21'),
  fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9]\d{0,24}$/)),
      fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,20}$/)),
      fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][+-]?\d{1,3}$/)),
    )
    .map((parts) => parts.join('')),
);

/** Texts that a parser could mistake for structure or a number if it ignored quotes. */
const trickyTexts = fc.constantFrom('', ': 1.0', '[-0,', '"10":', '\\"', 'a\\', '{"1":2}', ' 1.50 ', '\u2028é😀');
const plainTexts = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), trickyTexts);

/** Strings as `JSON.stringify` writes them, with nothing that storage would reject. */
export const plainStrings = plainTexts.map((text) => JSON.stringify(text));

/** Strings in the other forms that a sender may use. */
export const escapedStrings = fc.oneof(
  plainStrings,
  fc.constantFrom('"\\/"', '"\\u00e9"', '"\\u0022:"', '"\\ud83d\\ude00"', '"\\u0031.0"', '"\\\\\\u0022"'),
);

/** Keys, including some that a JavaScript object reorders or treats specially. */
export const plainKeys = fc.oneof(
  fc.constantFrom('"10"', '"9"', '"0"', '"01"', '"-1"', '"1.0"', '"4294967295"', '"a"', '"b"', '""'),
  fc.constantFrom('"__proto__"', '"constructor"', '"toString"', '"toJSON"', '"length"', '"type"', '"config"'),
  plainStrings,
);

export const escapedKeys = fc.oneof(
  plainKeys,
  fc.constantFrom('"\\u0031"', '"1\\u0030"', '"\\u005f_proto__"', '"\\u0061"'),
);

interface JsonParts {
  readonly strings: fc.Arbitrary<string>;
  readonly keys: fc.Arbitrary<string>;
  /** Whether an object may repeat a key. */
  readonly repeatsKeys?: boolean;
}

function writeTexts(pick: 'object' | 'container', { strings, keys, repeatsKeys = false }: JsonParts) {
  const scalars = fc.oneof(numberTexts, strings, fc.constantFrom('null', 'true', 'false')).map((token) => [token]);
  const grammar = fc.letrec<Record<'value' | 'array' | 'object' | 'container', string[]>>((tie) => {
    const members = fc.tuple(keys, tie('value'));
    return {
      value: fc.oneof({ maxDepth: 4 }, scalars, tie('container')),
      container: fc.oneof(tie('array'), tie('object')),
      array: fc.array(tie('value'), { maxLength: 4 }).map((entries) => enclosed('[', entries, ']')),
      object: (repeatsKeys
        ? fc.array(members, { maxLength: 4 })
        : fc.uniqueArray(members, { maxLength: 4, selector: ([key]) => JSON.parse(key) as string })
      ).map((entries) =>
        enclosed(
          '{',
          entries.map(([key, value]) => [key, ':', ...value]),
          '}',
        ),
      ),
    };
  });
  return fc.tuple(grammar[pick], fc.array(space, { minLength: 1, maxLength: 5 })).map(
    ([tokens, spaces]): JsonText => ({
      spaced: tokens.map((token, at) => token + spaces[at % spaces.length]).join(''),
      compact: tokens.join(''),
    }),
  );
}

function enclosed(open: string, entries: string[][], close: string): string[] {
  return [open, ...entries.flatMap((entry, at) => (at === 0 ? entry : [',', ...entry])), close];
}

/** Texts of JSON objects. */
export const jsonObjectTexts = (parts: JsonParts): fc.Arbitrary<JsonText> => writeTexts('object', parts);

/** Texts of JSON objects and arrays. */
export const jsonContainerTexts = (parts: JsonParts): fc.Arbitrary<JsonText> => writeTexts('container', parts);

/** Values of a nullable field, from a small set, so that two inputs often match. */
const orNull = <Value>(...values: Value[]): fc.Arbitrary<Value | null> => fc.constantFrom(...values, null);

const idLists = fc.option(fc.array(fc.constantFrom('quality', 'tone', 'länge', '😀'), { maxLength: 4 }));

const tasks = fc.oneof(
  fc.record({
    type: fc.constantFrom('prompt', 'completion', 'custom', 'unknown'),
    config: fc.constantFrom({ temperature: 0.5 }, { temperature: 9, max_tokens: 0 }, {}, null, 'text', [1]),
  }),
  fc.dictionary(
    fc.constantFrom('b', 'a', '2', '1', '__proto__'),
    fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }),
    { maxKeys: 3 },
  ),
);
const objectLists = fc.option(fc.array(tasks, { maxLength: 3 }));

const contentFields = {
  name: fc.oneof(orNull('One', ' padded ', '\u00a0Two\n', '😀'.repeat(255))),
  description: orNull('', 'What it is for', 'd'.repeat(10_000)),
  datasetId: orNull('set-1', 'set 2'),
  workflow: objectLists,
  spanWorkflowName: orNull('workflow', 'span', ' '),
  enableTracing: orNull(true, false),
  batchSize: orNull(1, 100, 10_000),
  concurrency: orNull(1, 15, 1_000),
  generationMethod: orNull('fast', 'thorough'),
} satisfies Record<Exclude<keyof ExperimentContent, `evaluator${string}`>, fc.Arbitrary<unknown>>;
const evaluators = fc.oneof(
  fc.record({ evaluatorIds: idLists, evaluatorSlugs: idLists }, { requiredKeys: [] }),
  fc.record({ evaluatorWorkflowIds: idLists, evaluatorIds: fc.constant([]) }, { requiredKeys: [] }),
);

export type Input = Readonly<Record<string, unknown>>;

function merged(parts: readonly Input[]): Input {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

/** Valid inputs for a replace. */
export const replaceInputs: fc.Arbitrary<Input> = fc
  .tuple(fc.record(contentFields, { requiredKeys: [] }), evaluators)
  .map((parts) => merged(parts));

/** Valid inputs for a create; the test chooses the id. */
export const createInputs: fc.Arbitrary<Input> = fc
  .tuple(replaceInputs, fc.record({ tags: objectLists }, { requiredKeys: [] }))
  .map((parts) => merged(parts));

const neverNull = new Set(['name', ...Object.keys(documentedDefaults)]);
const evaluatorFields = ['evaluatorIds', 'evaluatorSlugs', 'evaluatorWorkflowIds'];

/** Inputs that update some fields, with null only where allowed. Stored values may still conflict with them (R7). */
export const updateInputs: fc.Arbitrary<Input> = fc
  .tuple(createInputs, fc.subarray([...Object.keys(contentFields), ...evaluatorFields, 'tags']))
  .map(([input, present]) => {
    const entries = Object.entries(input).filter(([field, value]) => value !== null || !neverNull.has(field));
    return Object.fromEntries(entries.filter(([field]) => present.includes(field)));
  });

const flaws: fc.Arbitrary<Input> = fc.constantFrom<Input[]>(
  { batchSize: 0, concurrency: 1_001 },
  { name: ' ', description: 'NUL \0' },
  { evaluatorSlugs: ['quality'], evaluatorIds: null, evaluatorWorkflowIds: ['flow'] },
  { datasetId: '' },
  { workflow: [{ text: '\0' }] },
);

/** Inputs that contain something invalid. */
export const refusedInputs = (inputs: fc.Arbitrary<Input>): fc.Arbitrary<Input> =>
  fc.tuple(inputs, flaws).map((parts) => merged(parts));

/** One write to an existing experiment. */
export type Write =
  | { readonly operation: 'replace' | 'update'; readonly input: Input }
  | { readonly operation: 'restore'; readonly revision: number };

/** Writes that may be rejected: null in a required field, evaluators with evaluator workflows, a missing revision. */
export const writes: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ operation: fc.constant('replace' as const), input: replaceInputs }),
  fc.record({ operation: fc.constant('update' as const), input: updateInputs }),
  fc.record({ operation: fc.constantFrom('replace', 'update'), input: refusedInputs(replaceInputs) }),
  fc.record({ operation: fc.constant('update' as const), input: createInputs }),
  fc.record({ operation: fc.constant('restore' as const), revision: fc.integer({ min: 1, max: 4 }) }),
);
